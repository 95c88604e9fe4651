"""Convert the events of a subagent into one step of a playbook. Pure."""

from collections.abc import Sequence
from typing import Any

from sigmic_conformance.mock_server.recording.event_reader import SeenEvent

_REASONS = frozenset({"GOAL", "TIMEOUT", "MAX_TURNS", "ABORTED", "ERROR"})


def of_subagent(name: str, events: Sequence[SeenEvent]) -> list[SeenEvent]:
    """Return the events of the subagent with this name, up to its end."""
    mine = []
    for event in events:
        if event.name.startswith("subagent_") and event.field("agentName") == name:
            mine.append(event)
            if event.name == "subagent_end":
                break
    return mine


def is_plain(mine: Sequence[SeenEvent]) -> bool:
    """True if the step `subagent` reproduces these events exactly: thoughts, and an end that it supports.

    False if tools were used: the stream does not contain their arguments, so the step cannot call them.
    """
    if not mine or mine[-1].name != "subagent_end" or mine[-1].field("terminateReason") not in _REASONS:
        return False
    return all(each.name == "subagent_thought" and each.field("text") for each in mine[:-1])


def delegation(start: SeenEvent, mine: Sequence[SeenEvent]) -> dict[str, Any]:
    """Return the step for a subagent whose events are plain; `mine` are those after its start."""
    *thoughts, end = mine
    step: dict[str, Any] = {
        "name": start.field("agentName"),
        "display_name": start.field("displayName"),
        "description": start.field("description"),
        "objective": start.field("objective"),
    }
    if thoughts:
        step["steps"] = [{"think": each.field("text")} for each in thoughts]
    return step | {"result": end.field("result"), "reason": end.field("terminateReason")}
