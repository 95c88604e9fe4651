"""Strangers with a valid key, and commands that look for their neighbours."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Labels, ProbeName, TaskLabel, TaskLabels

Reading = Literal["get_task", "get_task_history", "list_artifacts", "stream_task"]
Strange = Literal[
    "get_task",
    "get_task_history",
    "list_artifacts",
    "stream_task",
    "download_artifact",
    "send_message",
    "approve_tool_call",
    "cancel_task",
    "cancel running",
]


class OtherKey:
    """What `other_key` records."""

    PROBE = ProbeName("other_key")

    MINE = TaskLabel(PROBE, "mine")
    TWIN = Labels[Reading](PROBE, "twin: {}")
    STRANGER = Labels[Strange](PROBE, "stranger: {}")


class Neighbours:
    """What `neighbours` records."""

    PROBE = ProbeName("neighbours")

    MINE = TaskLabels[int](PROBE, "mine {}")
    SEARCH = TaskLabels[int](PROBE, "search {}")

    MADE = TaskLabelFact(PROBE, "mine")
    SEARCHED = TaskLabelFact(PROBE, "search")
    WORD = Fact[str](PROBE, "word")
