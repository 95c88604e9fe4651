"""Turns of a task's life: pending, followed up while slow, failing, delegating to a subagent."""

from sigmic_conformance.conformance.transcript.fact import LabelFact
from sigmic_conformance.conformance.transcript.label import Labels, ProbeName, TaskLabels


class PendingTask:
    """What `pending_task` records."""

    PROBE = ProbeName("pending_task")

    CREATE_TASK = Labels[int](PROBE, "attempt {}: create_task")
    RIGHT_AFTER_THE_CREATION = Labels[int](PROBE, "attempt {}: right after the creation")


class SlowFollowUp:
    """What `slow_follow_up` records."""

    PROBE = ProbeName("slow_follow_up")

    FIRST = TaskLabels[int](PROBE, "first {}")
    FIELD = Labels[str](PROBE, "field: {}")
    RUN_WITH = Labels[str](PROBE, "run with {}")


class Subagents:
    """What `subagents` records."""

    PROBE = ProbeName("subagents")

    DELEGATING = TaskLabels[int](PROBE, "delegating {}")

    STREAM = LabelFact(PROBE, "stream")
