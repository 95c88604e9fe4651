"""A key that may only read, at every operation that would change something."""

from typing import Literal

from sigmic_conformance.conformance.transcript.label import Labels, ProbeName

Reading = Literal["get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks"]
Change = Literal["create_task", "send_message", "cancel_task", "approve_tool_call"]


class Viewer:
    """What `viewer` records."""

    PROBE = ProbeName("viewer")

    READS = Labels[Reading](PROBE, "reads: {}")
    CHANGES = Labels[Change](PROBE, "changes: {}")
