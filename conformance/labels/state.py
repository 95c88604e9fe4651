"""Turns of a task's life: pending, followed up while slow, failing, delegating to a subagent."""

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels


class PendingTask:
    """What `pending_task` records."""

    PROBE = ProbeName("pending_task")

    CREATE_TASK = Labels[int](PROBE, "attempt {}: create_task")
    RIGHT_AFTER_THE_CREATION = Labels[int](PROBE, "attempt {}: right after the creation")
    RUN = Label(PROBE, "run")
    FINISHED = Label(PROBE, "finished")

    NUMBER = Fact[int](PROBE, "number")
    TASK = Fact[str](PROBE, "task")


class SlowFollowUp:
    """What `slow_follow_up` records."""

    PROBE = ProbeName("slow_follow_up")

    FIRST = TaskLabels[int](PROBE, "first {}")
    FIELD = Labels[str](PROBE, "field: {}")
    RUN_WITH = Labels[str](PROBE, "run with {}")
    AFTER = Label(PROBE, "after")
    AT_THE_END = Label(PROBE, "at the end")
    HISTORY_AFTER = Label(PROBE, "history after")
    BEFORE = Label(PROBE, "before")
    HISTORY_BEFORE = Label(PROBE, "history before")
    HISTORY_AFTER_FIELDS = Label(PROBE, "history after fields")
    BEFORE_THE_FOLLOW_UP = Label(PROBE, "before the follow-up")
    RIGHT_AFTER = Label(PROBE, "right after")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    MEANWHILE = Label(PROBE, "meanwhile")
    FOLLOW_UP = Label(PROBE, "follow-up")

    SECONDS = Fact[int](PROBE, "seconds")
    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")


class FailingTask:
    """What `failing_task` records."""

    PROBE = ProbeName("failing_task")

    RUN = Label(PROBE, "run")
    FAILED = Label(PROBE, "failed")
    HISTORY = Label(PROBE, "history")
    FOLLOW_UP = Label(PROBE, "follow-up")
    RUN_OF_FOLLOW_UP = Label(PROBE, "run of follow-up")
    AFTER = Label(PROBE, "after")
    CREATE_TASK = Label(PROBE, "create_task")

    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")
    STATUS = Fact[str](PROBE, "status")


class Subagents:
    """What `subagents` records."""

    PROBE = ProbeName("subagents")

    DELEGATING = TaskLabels[int](PROBE, "delegating {}")

    STREAM = LabelFact(PROBE, "stream")
