"""Strangers with a valid key, and commands that look for their neighbours."""

from typing import Literal

from sigmic_conformance.conformance.transcript.fact import Fact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabel, TaskLabels

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
    BEFORE = Label(PROBE, "before")
    HISTORY_BEFORE = Label(PROBE, "history before")
    STRANGERS_LIST = Label(PROBE, "stranger's list")
    LIST = Label(PROBE, "list")
    RUNNING = Label(PROBE, "running")
    RUNNING_STREAM = Label(PROBE, "running: stream")
    RUNNING_AFTER = Label(PROBE, "running after")
    AFTER = Label(PROBE, "after")
    HISTORY_AFTER = Label(PROBE, "history after")
    FILES = Label(PROBE, "files")
    STRANGER_CREATES = Label(PROBE, "other caller creates")

    WORD = Fact[str](PROBE, "word")
    TASK = Fact[str](PROBE, "task")
    STRANGERS_TASK = Fact[str](PROBE, "stranger's task")


class Neighbours:
    """What `neighbours` records."""

    PROBE = ProbeName("neighbours")

    MINE = TaskLabels[int](PROBE, "mine {}")
    SEARCH = TaskLabels[int](PROBE, "search {}")

    MADE = TaskLabelFact(PROBE, "mine")
    SEARCHED = TaskLabelFact(PROBE, "search")
    WORD = Fact[str](PROBE, "word")
