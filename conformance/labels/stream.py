"""Readers that differ: slow, leaving, compressed, cut off by the hundred, with foreign event ids."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Reader = Literal["quick", "pausing", "gzip", "leaving"]


class ManyEvents:
    """What `many_events` records."""

    PROBE = ProbeName("many_events")

    CREATE = Labels[int](PROBE, "create {}")
    REPLAY = Labels[int](PROBE, "{}: replay")
    READER = Labels[int, Reader](PROBE, "{}: {}")
    FINISHED = Label(PROBE, "finished")

    RESUMED_AT = Fact[int](PROBE, "resumed at")
    ATTEMPT = Fact[int](PROBE, "attempt")


class LargeEvent:
    """What `large_event` records."""

    PROBE = ProbeName("large_event")

    PAUSING = Label(PROBE, "pausing")
    QUICK = Label(PROBE, "quick")
    HISTORY = Label(PROBE, "history")


class ConnectionStorm:
    """What `connection_storm` records."""

    PROBE = ProbeName("connection_storm")

    BEFORE = Label(PROBE, "before")
    AFTER = Label(PROBE, "after")


class ForeignEventIds:
    """What `foreign_event_ids` records."""

    PROBE = ProbeName("foreign_event_ids")

    FINISHED = Labels[int](PROBE, "finished {}")
    OTHER = Label(PROBE, "other")
    HISTORY = Label(PROBE, "history")

    OTHER_WORD = Fact[str](PROBE, "other")
    OTHER_TASK = Fact[str](PROBE, "other task")


class TokenEndsWhileStreaming:
    """What `token_ends_while_streaming` records."""

    PROBE = ProbeName("token_ends_while_streaming")

    TOKEN = Labels[int](PROBE, "token {}")
    CREATE = Labels[int](PROBE, "create {}")
    ATTEMPT = Labels[int](PROBE, "stream {}")
    EXPIRED = Labels[int](PROBE, "expired {}")

    SECONDS = Fact[int](PROBE, "seconds")
    STREAM = LabelFact(PROBE, "stream")
