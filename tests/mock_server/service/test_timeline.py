"""Timelines: how they describe events, and how their size is bounded."""

import pytest

from sigmic_mock.domain.events import (
    Content,
    Event,
    Status,
    SubagentTool,
    ToolCallEvent,
    ToolResult,
)
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.service.timeline import Timelines, about


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (Status("processing", "with secret words"), {"status": "processing"}),
        (
            ToolCallEvent("c", "tool", ToolStatus.EXECUTING, {"a": "secret"}),
            {"call": "c", "tool": "tool", "status": "executing"},
        ),
        (ToolResult("c", ToolStatus.ERROR, "secret"), {"call": "c", "status": "error"}),
        (
            SubagentTool(agent_name="a", status="end", tool_name="tool", output="secret"),
            {"tool": "tool", "status": "end"},
        ),
        (Content("secret", is_partial=True), {}),
    ],
)
def test_an_event_is_named_by_its_call_and_status_and_never_by_its_content(
    event: Event, told: dict[str, str]
) -> None:
    assert about(event) == told


def test_a_timeline_keeps_the_newest_entries_and_counts_what_it_dropped() -> None:
    timelines = Timelines()
    for at in range(1_002):
        timelines.note("task", at, "event")

    timeline = timelines.of("task")
    assert ([timeline.entries[0].at, timeline.entries[-1].at], timeline.dropped) == ([2, 1_001], 2)


def test_the_task_to_which_nothing_happened_for_longest_is_forgotten() -> None:
    timelines = Timelines()
    for number in range(2_000):
        timelines.note(str(number), 0, "event")
    timelines.note("0", 1, "event")
    timelines.note("one more", 1, "event")

    assert [len(timelines.of(task).entries) for task in ("0", "1", "one more")] == [2, 0, 1]
