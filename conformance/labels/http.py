"""Requests that no client library makes: several on one connection, two lengths, HTTP/1.0, half a request."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName
from sigmic_conformance.conformance.transcript.spelling import Spelling


class OneConnection:
    """What `one_connection` records."""

    PROBE = ProbeName("one_connection")

    FIRST = Label(PROBE, "first")
    SECOND = Label(PROBE, "second")
    THIRD = Label(PROBE, "third")
    WITH_BODY = Labels[str](PROBE, "then {}")
    """A request with a body of this form, which is refused: nobody made the task."""
    BEHIND = Labels[str](PROBE, "then a list behind {}")
    """What is asked next on the same connection. It may be asked again, so that no answer says more."""
    BY_NOBODY = Label(PROBE, "then a list without credentials")
    """The same connection, and no credential: what it was opened with counts for nothing (AUTH-004)."""


class TwoLengths:
    """What `two_lengths` records."""

    PROBE = ProbeName("two_lengths")

    ONE_LENGTH = Label(PROBE, "one length")
    CHUNKS_AND_A_LENGTH = Label(PROBE, "chunks and a length")
    NOTHING_THEN_A_LENGTH = Label(PROBE, "nothing, then a length")
    A_LENGTH_THEN_NOTHING = Label(PROBE, "a length, then nothing")
    MORE = Labels[Label](PROBE, "{}: more")


class OldClient:
    """What `old_client` records."""

    PROBE = ProbeName("old_client")

    OLD_STREAM = Label(PROBE, "old stream")


class Expecting:
    """What `expecting` records."""

    PROBE = ProbeName("expecting")

    BEFORE_THE_BODY = Label(PROBE, "before the body")
    FINAL = Label(PROBE, "final")


class IdleClients:
    """What `idle_clients` records."""

    PROBE = ProbeName("idle_clients")

    ALONE = Label(PROBE, "alone")
    BESIDE_IDLE_CLIENTS = Label(PROBE, "beside idle clients")


class CutUploads:
    """What `cut_uploads` records."""

    PROBE = ProbeName("cut_uploads")

    HISTORY_BEFORE = Label(PROBE, "history before")
    LIST = Label(PROBE, "list")
    HISTORY_AFTER = Label(PROBE, "history after")
    FILES_AFTER = Label(PROBE, "files after")

    MARK = Fact[str](PROBE, "mark")


class EncodedIds:
    """What `encoded_ids` records."""

    PROBE = ProbeName("encoded_ids")

    TWIN = Label(PROBE, "twin")
    TWIN_HISTORY = Label(PROBE, "twin: history")
    ENCODED = Label(PROBE, "encoded")


class Spellings:
    """What `spellings` records."""

    PROBE = ProbeName("spellings")

    PLAIN = Labels[str](PROBE, "{}, plain")
    WRITTEN = Labels[str, Spelling](PROBE, "{}, with {}")
