"""What a subagent did as one step of a playbook. Pure.

A subagent's tool calls carry no arguments on the wire. Where a playbook can send raw events these say it to
the letter; otherwise what can be told from the output is told.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from mock_server.recording.event_reader import SeenEvent
from mock_server.recording.means import Means

Step = dict[str, Any]

_REASONS = frozenset({"GOAL", "TIMEOUT", "MAX_TURNS", "ABORTED", "ERROR"})
_WROTE = re.compile(r"Wrote (\d+) bytes? to (\S.*)")
_LISTINGS = frozenset({"list_directory", "list_files"})
_LARGEST_FILLER = 64 << 10


def is_plain(mine: Sequence[SeenEvent]) -> bool:
    """True when the step `subagent` gives these events to the letter: thoughts, and an end that it knows."""
    return bool(mine) and all(
        each.name == "subagent_thought"
        or (each.name == "subagent_end" and each.field("terminateReason") in _REASONS)
        for each in mine
    )


def delegation(
    start: SeenEvent, mine: Sequence[SeenEvent], means: Means, note: Callable[[str], None]
) -> Step:
    """Return the step for the events of one subagent; `mine` are those after its start."""
    step: Step = {
        "name": start.field("agentName") or "subagent",
        "display_name": start.field("displayName"),
        "description": start.field("description"),
        "objective": start.field("objective"),
    }
    inner: list[Step] = []
    for event in mine:
        if event.name == "subagent_thought" and event.field("text"):
            inner.append({"think": event.field("text")})
        elif event.name == "subagent_tool" and event.field("status") == "end":
            inner += _tool(event, means, note)
    if inner:
        step["steps"] = inner
    end = next((event for event in mine if event.name == "subagent_end"), None)
    if end is None:
        note(f"the end of the subagent `{step['name']}` was not seen")
        return step
    step["result"] = end.field("result")
    reason = end.field("terminateReason")
    if reason in _REASONS:
        step["reason"] = reason
    else:
        note(f"the reason `{reason[:40]}` is not one that a playbook can give; it is GOAL")
    return step


def _tool(event: SeenEvent, means: Means, note: Callable[[str], None]) -> list[Step]:
    name, output = event.field("toolName"), event.field("output")
    if name in _LISTINGS:
        return [{"tool": {"name": name}}]
    wrote = _WROTE.fullmatch(output) if name == "write_file" else None
    if wrote is None or int(wrote[1]) > _LARGEST_FILLER:
        note(f"a subagent's call of `{name}` was left out: the wire does not tell its arguments")
        return []
    size, path = int(wrote[1]), wrote[2]
    content = means.contents.get(path)
    if content is None or len(content.encode()) != size:
        note(f"the content of `{path}` was not seen; it is filled up to its size")
        content = "x" * size
    return [{"tool": {"name": name, "args": {"path": path, "content": content}}}]
