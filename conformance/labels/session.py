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
    BEFORE = Label(PROBE, "before")
    AFTER = Label(PROBE, "after")

    READ_STREAM = LabelFact(PROBE, "read")
    WORD = Fact[str](PROBE, "word")
