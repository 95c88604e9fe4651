"""Convert recorded events to the playbook steps that reproduce them. Pure.

Some things are not in the stream, or cannot be expressed in a playbook, so they are not reproduced exactly.
Each such place becomes a note, which is a comment in the playbook.
"""

import itertools
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sigmic_mock.recording.exchange import SeenEvent

Step = dict[str, Any]
_Call = tuple[dict[str, Any], str | None]
"""A step `tool`, and the key of the steps to run instead of the rest if it was refused or failed."""

_UNTIL_CANCELLED = "1h"
_LEAST_WAIT = 0.2
"""Seconds. The network causes shorter gaps, not the agent."""
_LONGEST_WAIT = 3600.0
_MOST_AT_ONCE = 20
_LEAST_PACE = 0.005
"""Seconds. The network causes shorter gaps, not the agent."""
_OPENING = ("connecting", "processing")
_STATUSES = frozenset({"connecting", "processing", "retrying"})
_CODE = re.compile(r"\w{1,60}", re.ASCII)
_EVENT = re.compile(r"[a-z][a-z_]{0,99}", re.ASCII)


def duration(seconds: float) -> str | None:
    """Return a pause as written in a playbook; None if it is too short."""
    return None if seconds < _LEAST_WAIT else f"{min(seconds, _LONGEST_WAIT) * 1000:.0f}ms"


@dataclass(slots=True)
class Script:
    """The steps of one turn. `tail` is the list in which the turn ends: a branch if a call was refused."""

    steps: list[Step] = field(default_factory=list)
    tail: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def script(events: Sequence[SeenEvent], *, was_cancelled: bool = False, auto_execute: bool = True) -> Script:
    """Return the steps that reproduce these events: those of one turn, in order, secrets masked.

    `auto_execute` is the task's setting. If it is false, the calls ask for approval without a step.
    """
    is_cancelled = any(each.name == "error" and each.field("code") == "CANCELLED" for each in events)
    calls = _Calls(events, auto_execute=auto_execute, ends_cancelled=was_cancelled or is_cancelled)
    return _Writer(calls).write(events)


def _opening(events: Sequence[SeenEvent]) -> int:
    """Return how many statuses the mock sends itself at the start of every turn."""
    at = 0
    for status in _OPENING:
        at += at < len(events) and events[at].name == "status" and events[at].field("status") == status
    return at


def _runs_of(pieces: Sequence[SeenEvent], pace: float) -> list[list[SeenEvent]]:
    """Split text where the agent paused for much longer than its pace."""
    runs: list[list[SeenEvent]] = []
    for piece in pieces:
        if not runs or piece.at - runs[-1][-1].at >= max(4 * pace, _LEAST_WAIT):
            runs.append([])
        runs[-1].append(piece)
    return runs


class _Calls:
    """The calls of one turn, reconstructed from its events."""

    def __init__(self, events: Sequence[SeenEvent], *, auto_execute: bool, ends_cancelled: bool) -> None:
        self._auto_execute = auto_execute
        self.ends_cancelled = ends_cancelled
        self._results = {each.field("callId"): each for each in events if each.name == "tool_result"}
        self._asked, self._begun = dict[str, SeenEvent](), dict[str, SeenEvent]()
        for each in events:
            if each.name == "tool_call":
                calls = self._asked if each.field("status") == "awaiting_approval" else self._begun
                calls[each.field("callId")] = each
        self._converted: set[str] = set()

    def opened_with(self, events: Sequence[SeenEvent]) -> list[_Call]:
        """Return the calls that were open at the same time as the first; none for a later event of a call."""
        if events[0].field("callId") in self._converted or not events[0].field("toolName"):
            return []
        group: dict[str, SeenEvent] = {}
        for each in events:
            if each.name != "tool_call" or len(group) >= _MOST_AT_ONCE:
                break
            if each.field("toolName"):
                group.setdefault(each.field("callId"), each)
        self._converted |= group.keys()
        return [self._call(call_id, each) for call_id, each in group.items()]

    def _call(self, call_id: str, event: SeenEvent) -> _Call:
        args = event.data.get("args")
        tool: dict[str, Any] = {"name": event.field("toolName")}
        if isinstance(args, dict) and args:
            tool["args"] = args
        if self._auto_execute and call_id in self._asked:
            tool["ask"] = True
        result = self._results.get(call_id)
        status = result.field("status") if result is not None else "cancelled"
        if result is None or (status == "cancelled" and self.ends_cancelled):
            return tool | {"takes": _UNTIL_CANCELLED, "result": ""}, None
        if status == "cancelled":
            return tool, "on_cancel"
        takes = duration(result.at - self._begun.get(call_id, result).at)
        if takes is not None:
            tool["takes"] = takes
        if status == "error":
            return tool | {"result": {"output": result.field("output"), "status": "error"}}, "on_error"
        return tool | {"result": result.field("output")}, None


def written_files(events: Sequence[SeenEvent]) -> Iterator[tuple[str, str]]:
    """Yield path and text of the files that successful calls wrote, if they can be derived from them."""
    succeeded = {
        each.field("callId")
        for each in events
        if each.name == "tool_result" and each.field("status") == "success"
    }
    for each in events:
        if each.name == "tool_call" and each.field("toolName") == "write_file":
            args = each.data.get("args")
            args = args if isinstance(args, dict) else {}
            path, text = args.get("path", args.get("file_path")), args.get("content")
            if each.field("callId") in succeeded and isinstance(path, str) and isinstance(text, str):
                yield path.removeprefix("/workspace/").removeprefix("./"), text


class _Writer:
    """One pass over the events of a turn."""

    def __init__(self, calls: _Calls) -> None:
        self._script = Script()
        self._script.tail = self._script.steps
        self._calls = calls
        self._last: SeenEvent | None = None

    def write(self, events: Sequence[SeenEvent]) -> Script:
        opening = _opening(events)
        # The wait before the first step counts from the end of the opening.
        self._last = events[opening - 1] if opening else None
        for is_text, group in itertools.groupby(events[opening:], key=lambda event: event.name == "content"):
            if is_text:
                self._text([each for each in group if each.field("text")])
            else:
                self._others(list(group))
        last = events[-1] if events else None
        if last is None or last.name not in {"done", "error"}:
            self._note("the recording ended before this turn did")
        elif last.name == "done" and not any(
            each.name == "content" and each.field("text").strip() for each in events
        ):
            self._note("the answer has no text; the mock never ends without one and says `Done.`")
        if not self._script.tail:
            self._add({"wait": 0})
        return self._script

    def _text(self, pieces: Sequence[SeenEvent]) -> None:
        gaps = [after.at - before.at for before, after in itertools.pairwise(pieces)]
        pace = statistics.median(gaps) if gaps else 0.0
        for run in _runs_of(pieces, pace):
            self._wait(run[0])
            say: Step = {"chunks": [piece.field("text") for piece in run]}
            if len(run) > 1 and pace >= _LEAST_PACE:
                say["pace"] = f"{pace * 1000:.0f}ms"
            self._add({"say": say})
            self._last = run[-1]

    def _others(self, events: Sequence[SeenEvent]) -> None:
        for at, event in enumerate(events):
            match event.name:
                case "tool_call":
                    self._call(events[at:])
                case "error":
                    self._error(event)
                case "done" | "tool_result":
                    pass
                case _:
                    self._step(event)
            self._last = event

    def _step(self, event: SeenEvent) -> None:
        """Add the step that sends an event."""
        if event.name == "thought":
            step: Step = {
                "think": {"subject": event.field("subject"), "description": event.field("description")}
            }
        elif event.name == "status" and event.field("status") in _STATUSES:
            step = {"status": {name: text for name in ("status", "message") if (text := event.field(name))}}
        elif _EVENT.fullmatch(event.name) and isinstance(event.data, dict):
            step = {"event": {"name": event.name, "data": event.data}}
        else:
            self._note(f"an event `{event.name[:40]}` was left out: a playbook can't send it")
            return
        self._wait(event)
        self._add(step)

    def _call(self, events: Sequence[SeenEvent]) -> None:
        calls = self._calls.opened_with(events)
        if not calls:
            return
        self._wait(events[0])
        steps = [{"tool": tool} for tool, _ in calls]
        self._add(steps[0] if len(steps) == 1 else {"parallel": steps})
        # The rest of the turn is in the branch of the first call that was refused or failed.
        branches = [tool.setdefault(branch, []) for tool, branch in calls if branch is not None]
        for other in branches[1:]:
            other.append({"wait": 0})
        self._script.tail = branches[0] if branches else self._script.tail

    def _error(self, event: SeenEvent) -> None:
        if self._calls.ends_cancelled:
            self._note("the client cancelled here; the mock waits so that it can again")
            self._add({"wait": _UNTIL_CANCELLED})
            return
        self._wait(event)
        failure = {"message": event.field("message") or "The task failed"}
        code = event.field("code")
        if _CODE.fullmatch(code):
            failure["code"] = code
        elif code:
            self._note(f"the error code `{code[:40]}` is not one that a playbook can give")
        self._add({"fail": failure})

    def _add(self, step: Step) -> None:
        self._script.tail.append(step)

    def _note(self, text: str) -> None:
        if text not in self._script.notes:
            self._script.notes.append(text)

    def _wait(self, event: SeenEvent) -> None:
        """Add the wait before an event, unless a tool or a person caused it."""
        last = self._last
        if last is not None and last.name != "tool_call":
            wait = duration(event.at - last.at)
            if wait is not None:
                self._add({"wait": wait})
