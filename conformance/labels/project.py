"""A key that may only read, at every operation that would change something."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

Reading = Literal["get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks"]
Change = Literal["create_task", "send_message", "cancel_task", "approve_tool_call"]


class Viewer:
    """What `viewer` records."""

    PROBE = ProbeName("viewer")

    READS = Labels[Reading](PROBE, "reads: {}")
    CHANGES = Labels[Change](PROBE, "changes: {}")
    MINE = Label(PROBE, "mine")
    RUN = Label(PROBE, "run")
    BEFORE = Label(PROBE, "before")
    HISTORY_BEFORE = Label(PROBE, "history before")
    AFTER = Label(PROBE, "after")
    HISTORY_AFTER = Label(PROBE, "history after")
    LIST = Label(PROBE, "list")

    MARK = Fact[str](PROBE, "mark")
    TASK = Fact[str](PROBE, "task")
