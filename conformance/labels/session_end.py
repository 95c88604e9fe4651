"""What an expiry ends and what it does not: secrets, approvals for good, processes, and a task at work."""

from collections.abc import Mapping
from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, FollowUpLabelFact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import (
    FollowUpLabel,
    FollowUpLabels,
    Label,
    Labels,
    ProbeName,
    TaskLabel,
    TaskLabels,
)

Which = Literal["one", "two"]


class SecretsRestored:
    """What `secrets_restored` records."""

    PROBE = ProbeName("secrets_restored")

    FIRST = TaskLabels[Which, int](PROBE, "{}: first {}")
    SOON = FollowUpLabel(PROBE, "one: soon")
    RESTORED = FollowUpLabels[Which, int](PROBE, "{}: restored {}")
    BEFORE = Labels[Which](PROBE, "{}: before")
    AFTER = Labels[Which](PROBE, "{}: after")
    BEAT_AT_FIRST = Label(PROBE, "beat at first")
    BEAT_EXPIRED = Label(PROBE, "beat expired")
    BEAT_STILL_EXPIRED = Label(PROBE, "beat still expired")

    FIRST_OF: Mapping[Which, Fact[TaskLabel]] = {
        "one": TaskLabelFact(PROBE, "one: first"),
        "two": TaskLabelFact(PROBE, "two: first"),
    }
    RESTORED_OF: Mapping[Which, Fact[FollowUpLabel]] = {
        "one": FollowUpLabelFact(PROBE, "one: restored"),
        "two": FollowUpLabelFact(PROBE, "two: restored"),
    }
    KEPT = Fact[str](PROBE, "kept")
    GONE = Fact[str](PROBE, "gone")


class ApprovalRestored:
    """What `approval_restored` records."""

    PROBE = ProbeName("approval_restored")

    ALWAYS = TaskLabel(PROBE, "always")
    RESTORED = FollowUpLabel(PROBE, "restored")
