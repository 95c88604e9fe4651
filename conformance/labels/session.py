"""Expiry and restore: what was told and made before is known and there afterwards."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import (
    FollowUpLabel,
    FollowUpLabels,
    Label,
    ProbeName,
    TaskLabel,
)


class Restore:
    """What `restore` records."""

    PROBE = ProbeName("restore")

    FIRST = TaskLabel(PROBE, "first")
    MAKE = FollowUpLabels[int](PROBE, "make {}")
    RESTORED = FollowUpLabel(PROBE, "restored")
    READ = FollowUpLabels[int](PROBE, "read {}")
    AGAIN = FollowUpLabels[int](PROBE, "again {}")
    FIRST_TASK = Label(PROBE, "first: task")
    DOWNLOAD_BEFORE = Label(PROBE, "download before")
    HISTORY_BEFORE = Label(PROBE, "history before")
    BEFORE = Label(PROBE, "before")
    EXPIRED = Label(PROBE, "expired")
    HISTORY_EXPIRED = Label(PROBE, "history expired")
    STREAM_EXPIRED = Label(PROBE, "stream expired")
    FILES_EXPIRED = Label(PROBE, "files expired")
    DOWNLOAD_EXPIRED = Label(PROBE, "download expired")
    STILL_EXPIRED = Label(PROBE, "still expired")
    AFTER = Label(PROBE, "after")
    HISTORY_AFTER = Label(PROBE, "history after")
    FILES_AFTER = Label(PROBE, "files after")
    DOWNLOAD_AFTER = Label(PROBE, "download after")
    FILES_BEFORE = Label(PROBE, "files before")

    READ_STREAM = LabelFact(PROBE, "read")
    PATH = Fact[str](PROBE, "path")
    WORD = Fact[str](PROBE, "word")
    CONTENT = Fact[str](PROBE, "content")
