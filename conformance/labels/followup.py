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
    BEFORE = Label(PROBE, "before")
    HISTORY_BEFORE = Label(PROBE, "history before")
    BAD_NO_MESSAGE = Label(PROBE, "bad: no message")
    BAD_EMPTY = Label(PROBE, "bad: empty")
    BAD_FILES_ONLY = Label(PROBE, "bad: files only")
    HISTORY_AFTER_REFUSALS = Label(PROBE, "history after refusals")
    AFTER_REFUSALS = Label(PROBE, "after refusals")
    YOUNGER = Label(PROBE, "younger")
    RUN_OF_YOUNGER = Label(PROBE, "run of younger")
    FOLLOW_UP = Label(PROBE, "follow-up")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    AFTER = Label(PROBE, "after")
    HISTORY_AFTER = Label(PROBE, "history after")
    LIST = Label(PROBE, "list")

    YOUNGER_TASK = Fact[str](PROBE, "younger")
    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")


class FollowUpFiles:
    """What `follow_up_files` records."""

    PROBE = ProbeName("follow_up_files")

    AGAIN = FollowUpLabels[int](PROBE, "again {}")
    READ = FollowUpLabels[int](PROBE, "read {}")
    CREATE = Label(PROBE, "create")
    RUN = Label(PROBE, "run")
    FOLLOW_UP = Label(PROBE, "follow-up")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    FILES = Label(PROBE, "files")
    HISTORY = Label(PROBE, "history")

    READ_STREAM = LabelFact(PROBE, "read")
    WORD = Fact[str](PROBE, "word")
    NAME = Fact[str](PROBE, "name")
    MESSAGE = Fact[str](PROBE, "message")
    FOLLOW_UP_MESSAGE = Fact[str](PROBE, "follow-up message")


class LongConversation:
    """What `long_conversation` records."""

    PROBE = ProbeName("long_conversation")

    FIRST = TaskLabel(PROBE, "first")
    NEXT = FollowUpLabels[int](PROBE, "turn {}")
    DONE = Labels[int](PROBE, "turn {}: done")
    HALF = Label(PROBE, "half of the history")
    WHOLE = Label(PROBE, "history")
    REPLAY = Label(PROBE, "replay")
    LIST = Label(PROBE, "list")

    TAKEN = Fact[list[str]](PROBE, "taken")
    """The messages that were taken, in order."""


class FollowUpEarly:
    """What `follow_up_early` records."""

    PROBE = ProbeName("follow_up_early")

    EARLY_FOLLOW_UP = Label(PROBE, "early follow-up")
    AFTERWARDS = Label(PROBE, "afterwards")
    FINISHED = Label(PROBE, "finished")
    HISTORY = Label(PROBE, "history")
    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")

    WORD = Fact[str](PROBE, "word")
    MESSAGE = Fact[str](PROBE, "message")
