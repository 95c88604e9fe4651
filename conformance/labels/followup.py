"""Follow-up messages with and without files, memory, and what is refused."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import (
    FollowUpLabels,
    Label,
    Labels,
    ProbeName,
    TaskLabel,
)


class FollowUp:
    """What `follow_up` records."""

    PROBE = ProbeName("follow_up")

    FIRST = TaskLabel(PROBE, "first")
    AGAIN = FollowUpLabels[int](PROBE, "again {}")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    AFTER = Label(PROBE, "after")
    HISTORY_AFTER = Label(PROBE, "history after")

    WORD = Fact[str](PROBE, "word")


class FollowUpFiles:
    """What `follow_up_files` records."""

    PROBE = ProbeName("follow_up_files")

    AGAIN = FollowUpLabels[int](PROBE, "again {}")
    READ = FollowUpLabels[int](PROBE, "read {}")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")

    READ_STREAM = LabelFact(PROBE, "read")
    NAME = Fact[str](PROBE, "name")


class LongConversation:
    """What `long_conversation` records."""

    PROBE = ProbeName("long_conversation")

    FIRST = TaskLabel(PROBE, "first")
    NEXT = FollowUpLabels[int](PROBE, "turn {}")
    DONE = Labels[int](PROBE, "turn {}: done")
