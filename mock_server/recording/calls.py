"""Convert tool calls to playbook steps with their recorded outcome: nothing is known of what ran. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.timing import duration

UNTIL_CANCELLED = "1h"
_MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `branch` is the key of the steps to run instead of the rest if it was refused or failed."""

    tool: dict[str, Any]
    branch: str | None = None


class Calls:
    """The calls of one turn, reconstructed from its events."""

    def __init__(self, events: Sequence[SeenEvent], *, auto_execute: bool, ends_cancelled: bool) -> None:
        self._auto_execute = auto_execute
        self._ends_cancelled = ends_cancelled
        calls = [each for each in events if each.name == "tool_call"]
        self._results = {each.field("callId"): each for each in events if each.name == "tool_result"}
        self._asked = {each.field("callId") for each in calls if _is_asking(each)}
        self._begun = {each.field("callId"): each.at for each in calls if not _is_asking(each)}

    def at_once(self, events: Sequence[SeenEvent]) -> list[SeenEvent]:
        """Return the first events of the calls that were open at the same time as the first of `events`."""
        group: dict[str, SeenEvent] = {}
        for event in events:
            if event.name != "tool_call" or len(group) >= _MOST_AT_ONCE:
                break
            group.setdefault(event.field("callId"), event)
        return list(group.values())

    def call(self, event: SeenEvent) -> Call:
        """Return a call, given its first event."""
        call_id = event.field("callId")
        args = event.data.get("args")
        tool: dict[str, Any] = {"name": event.field("toolName")}
        if isinstance(args, dict) and args:
            tool["args"] = args
        if self._auto_execute and call_id in self._asked:
            tool["ask"] = True
        return self._concluded(tool, call_id, self._results.get(call_id))

    def _concluded(self, tool: dict[str, Any], call_id: str, result: SeenEvent | None) -> Call:
        status = result.field("status") if result is not None else "cancelled"
        if result is None or (status == "cancelled" and self._ends_cancelled):
            return Call(tool | {"takes": UNTIL_CANCELLED, "result": ""})
        if status == "cancelled":
            return Call(tool, "on_cancel")
        takes = duration(result.at - self._begun.get(call_id, result.at))
        if takes is not None:
            tool["takes"] = takes
        if status == "error":
            return Call(tool | {"result": {"output": result.field("output"), "status": "error"}}, "on_error")
        return Call(tool | {"result": result.field("output")})


def written_file(tool: dict[str, Any]) -> tuple[str, str] | None:
    """Return path and text of the file that a successful call wrote, if they can be derived from it."""
    args = tool.get("args", {})
    path, text = args.get("path", args.get("file_path")), args.get("content")
    is_success = isinstance(tool.get("result"), str) and tool.get("takes") != UNTIL_CANCELLED
    if (
        tool["name"] != "write_file"
        or not is_success
        or not isinstance(path, str)
        or not isinstance(text, str)
    ):
        return None
    return (path.removeprefix("/workspace/").removeprefix("./"), text) if path else None


def _is_asking(event: SeenEvent) -> bool:
    return event.field("status") == "awaiting_approval"
