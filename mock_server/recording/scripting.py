"""Turns events that were seen into the steps of a playbook that gives them again. Pure.

What the wire does not tell cannot be replayed to the letter: each such place becomes a note, which goes into
the playbook as a comment.
"""

import itertools
import json
import re
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_server.recording.event_reader import SeenEvent

Step = dict[str, Any]

_OPENING = ("connecting", "processing")
_REASONS = frozenset({"GOAL", "TIMEOUT", "MAX_TURNS", "ABORTED", "ERROR"})
_STATUSES = frozenset({"connecting", "processing", "retrying"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_WROTE = re.compile(r"Wrote (\d+) bytes? to (\S.*)")
_LISTINGS = frozenset({"list_directory", "list_files"})
_LEAST_PACE = 0.005
_LEAST_WAIT = 0.2
_LONGEST_WAIT = 3600.0
_LARGEST_FILLER = 64 << 10
_UNTIL_CANCELLED = "1h"


@dataclass(slots=True)
class Script:
    """The steps of one turn. `tail` is the list in which the turn ends: a branch when a call was refused."""

    steps: list[Step] = field(default_factory=list)
    tail: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a playbook can use: the tools that the mock has, and files whose content is known."""

    tools: Collection[str]
    contents: Mapping[str, str]


def script(events: Sequence[SeenEvent], means: Means, *, was_cancelled: bool = False) -> Script:
    """Return the steps that give these events again; they are of one turn, in order, secrets masked."""
    return _Writer(means, was_cancelled=was_cancelled).write(_without_opening(events))


def _without_opening(events: Sequence[SeenEvent]) -> list[SeenEvent]:
    """Leave out the two statuses with which the mock begins every turn itself."""
    rest = list(events)
    began = None
    for status in _OPENING:
        if rest and rest[0].name == "status" and rest[0].field("status") == status:
            began = rest.pop(0)
    # Its time is kept: the first step came so long after it.
    return rest if began is None else [SeenEvent(began.at, "began", "", {}), *rest]


class _Writer:
    """One pass over the events of a turn."""

    def __init__(self, means: Means, *, was_cancelled: bool) -> None:
        self._means = means
        self._script = Script()
        self._was_cancelled = was_cancelled
        self._events: list[SeenEvent] = []
        self._results: dict[str, SeenEvent] = {}
        self._called: set[str] = set()
        self._last: SeenEvent | None = None

    def write(self, events: list[SeenEvent]) -> Script:
        self._events = events
        self._results = {each.field("callId"): each for each in events if each.name == "tool_result"}
        steps = self._script.steps = self._script.tail = []
        at = 0
        while at < len(self._events):
            at = self._event(at)
        if not events or events[-1].name not in {"done", "error"}:
            self._note("the recording ended before this turn did")
        self._close(steps)
        return self._script

    def _close(self, steps: list[Step]) -> None:
        if not self._script.tail and self._script.tail is not steps:
            self._script.tail.append({"wait": 0})
        if not steps:
            steps.append({"wait": 0})
        said = any(each.name == "content" and each.field("text").strip() for each in self._events)
        failed = any(each.name == "error" for each in self._events)
        if not said and not failed:
            self._note("the answer has no text; the mock never ends without one and says `Done.`")

    def _event(self, at: int) -> int:
        """Write the steps of the event at `at`; return where to go on."""
        event = self._events[at]
        match event.name:
            case "content":
                return self._content(at)
            case "thought":
                self._wait(event)
                thought = {"subject": event.field("subject"), "description": event.field("description")}
                self._add({"think": thought})
            case "status":
                return self._status(at)
            case "tool_call":
                self._call(event)
            case "subagent_start":
                return self._subagent(at)
            case "error":
                self._error(event)
            case "done" | "tool_result" | "began":
                pass
            case name:
                self._note(f"the event {name} was left out: a playbook has no step for it here")
        self._last = event
        return at + 1

    # --- text --------------------------------------------------------------------------------------------

    def _content(self, at: int) -> int:
        end = at
        while end < len(self._events) and self._events[end].name == "content":
            end += 1
        pieces = [each for each in self._events[at:end] if each.field("text")]
        self._wait(self._events[at])
        pace = _pace([piece.at for piece in pieces])
        for number, run in enumerate(_runs(pieces, pace)):
            if number:
                self._wait(run[0])
            self._add({"say": _say([piece.field("text") for piece in run], pace)})
            self._last = run[-1]
        self._last = self._events[end - 1]
        return end

    def _status(self, at: int) -> int:
        event = self._events[at]
        self._wait(event)
        self._last = event
        status, message = event.field("status"), event.field("message")
        if status == "retrying" and message and self._resumes(at + 1):
            self._add({"retry": message})
            self._last = self._events[at + 1]
            return at + 2
        if status in _STATUSES:
            self._add({"status": {"status": status} | ({"message": message} if message else {})})
        else:
            self._note(f"a status `{status[:40]}` was left out: the mock does not know it")
        return at + 1

    def _resumes(self, at: int) -> bool:
        """True when the event at `at` is the plain `processing` that the step `retry` ends with."""
        if at >= len(self._events) or self._events[at].name != "status":
            return False
        return self._events[at].field("status") == "processing" and not self._events[at].field("message")

    # --- tools -------------------------------------------------------------------------------------------

    def _call(self, event: SeenEvent) -> None:
        call_id, name = event.field("callId"), event.field("toolName")
        if call_id in self._called or not name:
            return
        self._called.add(call_id)
        self._wait(event)
        result = self._results.get(call_id)
        status = result.field("status") if result is not None else ""
        args = event.data.get("args") if isinstance(event.data, dict) else None
        tool: Step = {"name": name} | ({"args": args} if isinstance(args, dict) and args else {})
        self._add({"tool": tool})
        if name not in self._means.tools:
            self._note(f"the mock has no tool `{name}`: its call fails here, then it goes on as recorded")
            self._branch(tool, "on_error")
        elif status == "error":
            self._note(f"`{name}` failed when it was recorded; it really runs, and may succeed here")
            self._branch(tool, "on_error")
        elif status == "cancelled" and not self._ends_cancelled:
            self._branch(tool, "on_cancel")
        else:
            self._note(f"`{name}` really runs with these arguments; its output is not dictated")

    def _branch(self, tool: Step, name: str) -> None:
        """Let the rest of the turn be what happens after a call that was refused or failed."""
        tool[name] = self._script.tail = []

    @property
    def _ends_cancelled(self) -> bool:
        last = self._events[-1]
        return self._was_cancelled or (last.name == "error" and last.field("code") == "CANCELLED")

    # --- subagents ---------------------------------------------------------------------------------------

    def _subagent(self, at: int) -> int:
        start = self._events[at]
        self._wait(start)
        name = start.field("agentName") or "subagent"
        end, mine = at + 1, []
        while end < len(self._events):
            event = self._events[end]
            if event.name.startswith("subagent_") and event.field("agentName") == name:
                mine.append(event)
                if event.name == "subagent_end":
                    break
            end += 1
        is_whole = bool(mine) and mine[-1].name == "subagent_end"
        taken = {id(event) for event in mine}
        self._events[at + 1 :] = [event for event in self._events[at + 1 :] if id(event) not in taken]
        self._add({"subagent": self._delegation(start, name, mine)})
        if not is_whole:
            self._note(f"the end of the subagent `{name}` was not seen")
        self._last = mine[-1] if mine else start
        return at + 1

    def _delegation(self, start: SeenEvent, name: str, mine: Sequence[SeenEvent]) -> Step:
        step: Step = {
            "name": name,
            "display_name": start.field("displayName"),
            "description": start.field("description"),
            "objective": start.field("objective"),
        }
        inner: list[Step] = []
        for event in mine:
            if event.name == "subagent_thought" and event.field("text"):
                inner.append({"think": event.field("text")})
            elif event.name == "subagent_tool" and event.field("status") == "end":
                inner += self._subagent_tool(event)
        if inner:
            step["steps"] = inner
        for event in mine:
            if event.name == "subagent_end":
                step["result"] = event.field("result")
                reason = event.field("terminateReason")
                if reason in _REASONS:
                    step["reason"] = reason
                else:
                    self._note(f"the reason `{reason[:40]}` is not one that a playbook can give; it is GOAL")
        return step

    def _subagent_tool(self, event: SeenEvent) -> list[Step]:
        """A subagent's calls carry no arguments on the wire: what can be told from their output is."""
        name, output = event.field("toolName"), event.field("output")
        if name in _LISTINGS:
            return [{"tool": {"name": name}}]
        wrote = _WROTE.fullmatch(output) if name == "write_file" else None
        if wrote is not None and int(wrote[1]) <= _LARGEST_FILLER:
            size, path = int(wrote[1]), wrote[2]
            content = self._means.contents.get(path)
            if content is None or len(content.encode()) != size:
                self._note(f"the content of `{path}` was not seen; it is filled up to its size")
                content = "x" * size
            return [{"tool": {"name": name, "args": {"path": path, "content": content}}}]
        self._note(f"a subagent's call of `{name}` was left out: the wire does not tell its arguments")
        return []

    # --- the end -----------------------------------------------------------------------------------------

    def _error(self, event: SeenEvent) -> None:
        if self._ends_cancelled:
            self._note("the client cancelled here; the mock waits so that it can again")
            self._add({"wait": _UNTIL_CANCELLED})
            return
        self._wait(event)
        message, code = event.field("message"), event.field("code")
        failure = {"message": message or "The task failed"}
        if _CODE.fullmatch(code):
            failure["code"] = code
        elif code:
            self._note(f"the error code `{code[:40]}` is not one that a playbook can give")
        self._add({"fail": failure})

    # --- how ---------------------------------------------------------------------------------------------

    def _add(self, step: Step) -> None:
        self._script.tail.append(step)

    def _note(self, text: str) -> None:
        if text not in self._script.notes:
            self._script.notes.append(text)

    def _wait(self, event: SeenEvent) -> None:
        """Let time pass as it did, unless a tool or a person took it."""
        last = self._last
        if last is None or (last.name == "tool_call" and last.field("status") == "awaiting_approval"):
            return
        if last.name == "tool_call" and last.field("callId") in self._results:
            return
        seconds = min(event.at - last.at, _LONGEST_WAIT)
        if seconds >= _LEAST_WAIT:
            self._add({"wait": f"{seconds * 1000:.0f}ms"})


def _pace(times: Sequence[float]) -> float:
    gaps = [after - before for before, after in itertools.pairwise(times)]
    return statistics.median(gaps) if gaps else 0.0


def _runs(pieces: list[SeenEvent], pace: float) -> list[list[SeenEvent]]:
    """Cut where the agent paused: much longer than its pace."""
    if not pieces:
        return []
    runs = [[pieces[0]]]
    for before, piece in itertools.pairwise(pieces):
        if piece.at - before.at >= max(4 * pace, _LEAST_WAIT):
            runs.append([])
        runs[-1].append(piece)
    return runs


def _say(texts: list[str], pace: float) -> Any:
    say: Step = {"chunks": texts}
    if len(texts) > 1 and pace >= _LEAST_PACE:
        say["pace"] = f"{pace * 1000:.0f}ms"
    return say


def files_to_write(files: Mapping[str, int], steps: Sequence[Step]) -> list[str]:
    """Return the files that no step speaks of: nothing in the script would make them."""
    spoken = json.dumps(steps, ensure_ascii=False)
    return [
        path
        for path in files
        if not path.startswith("uploads/")
        and json.dumps(path, ensure_ascii=False)[1:-1] not in spoken
        and json.dumps(path.rpartition("/")[2], ensure_ascii=False)[1:-1] not in spoken
    ]
