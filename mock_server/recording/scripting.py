"""Turns events that were seen into the steps of a playbook that gives them again. Pure.

What the wire does not tell, or a playbook cannot say, is not replayed to the letter: each such place becomes
a note, which goes into the playbook as a comment.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_server.recording.delegations import delegation, is_plain
from mock_server.recording.event_reader import SeenEvent
from mock_server.recording.means import Means
from mock_server.recording.timing import LEAST_PACE, duration, pace_of, runs_of

Step = dict[str, Any]

_OPENING = ("connecting", "processing")
_STATUSES = frozenset({"connecting", "processing", "retrying"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}", re.ASCII)
_EVENT = re.compile(r"[a-z][a-z_]{0,99}", re.ASCII)
_UNTIL_CANCELLED = "1h"


@dataclass(slots=True)
class Script:
    """The steps of one turn. `tail` is the list in which the turn ends: a branch when a call was refused."""

    steps: list[Step] = field(default_factory=list)
    tail: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    """Files that the steps put into the workspace, with their text."""


def script(
    events: Sequence[SeenEvent], means: Means, *, was_cancelled: bool = False, auto_execute: bool = True
) -> Script:
    """Return the steps that give these events again: those of one turn, in order, secrets masked.

    `auto_execute` is what the task was created with: a client that says false asks for approvals itself.
    """
    writer = _Writer(_without_opening(events), means, auto_execute=auto_execute)
    return writer.write(was_cancelled=was_cancelled)


def workspace_path(path: str) -> str:
    """Return a path as artifacts are listed: relative to the workspace."""
    return path.removeprefix("/workspace/").removeprefix("./")


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

    def __init__(self, events: list[SeenEvent], means: Means, *, auto_execute: bool) -> None:
        self._events = events
        self._means = means
        self._auto_execute = auto_execute
        self._script = Script()
        self._ends_cancelled = False
        calls = [each for each in events if each.name == "tool_call"]
        self._results = {each.field("callId"): each for each in events if each.name == "tool_result"}
        self._asked = {each.field("callId") for each in calls if _is_asking(each)}
        self._begun = {each.field("callId"): each.at for each in calls if not _is_asking(each)}
        self._called: set[str] = set()
        self._raw: set[str] = set()
        """Subagents whose events are sent as they were."""
        self._last: SeenEvent | None = None

    def write(self, *, was_cancelled: bool) -> Script:
        last = self._events[-1] if self._events else None
        is_cancelled = last is not None and last.name == "error" and last.field("code") == "CANCELLED"
        self._ends_cancelled = was_cancelled or is_cancelled
        steps = self._script.steps = self._script.tail = []
        at = 0
        while at < len(self._events):
            at = self._event(at)
        if last is None or last.name not in {"done", "error"}:
            self._note("the recording ended before this turn did")
        if not self._script.tail:
            self._script.tail.append({"wait": 0})
        said = any(each.name == "content" and each.field("text").strip() for each in self._events)
        if not said and last is not None and last.name == "done":
            self._note("the answer has no text; the mock never ends without one and says `Done.`")
        self._script.steps = steps
        return self._script

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
            case _:
                self._send(event)
        self._last = event
        return at + 1

    # --- text --------------------------------------------------------------------------------------------

    def _content(self, at: int) -> int:
        end = at
        while end < len(self._events) and self._events[end].name == "content":
            end += 1
        pieces = [each for each in self._events[at:end] if each.field("text")]
        pace = pace_of(pieces)
        for run in runs_of(pieces, pace):
            self._wait(run[0])
            say: Step = {"chunks": [piece.field("text") for piece in run]}
            if len(run) > 1 and pace >= LEAST_PACE:
                say["pace"] = f"{pace * 1000:.0f}ms"
            self._add({"say": say})
            self._last = run[-1]
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
            self._send(event)
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
        if self._means.dictates and self._auto_execute and call_id in self._asked:
            tool["ask"] = True
        if status == "cancelled" and not self._ends_cancelled:
            self._branch(tool, "on_cancel")
        elif self._means.dictates:
            self._dictate(tool, call_id, result)
        else:
            self._let_run(tool, name, status)

    def _dictate(self, tool: Step, call_id: str, result: SeenEvent | None) -> None:
        """Give the call the outcome that it had, and the time that it took."""
        if result is None or result.field("status") == "cancelled":
            tool |= {"takes": _UNTIL_CANCELLED, "result": ""}
            return
        takes = duration(result.at - self._begun.get(call_id, result.at))
        if takes is not None:
            tool["takes"] = takes
        output = result.field("output")
        if result.field("status") == "error":
            tool["result"] = {"output": output, "status": "error"}
            self._branch(tool, "on_error")
            return
        tool["result"] = output
        if tool["name"] == "write_file":
            self._place(tool.get("args", {}))

    def _place(self, args: Step) -> None:
        """Let the file of a dictated `write_file` be there: nothing wrote it."""
        path, content = args.get("path", args.get("file_path")), args.get("content")
        if self._means.places and isinstance(path, str) and path and isinstance(content, str):
            path = workspace_path(path)
            self._script.made[path] = content
            self._add({"artifact": {"path": path, "text": content}})

    def _let_run(self, tool: Step, name: str, status: str) -> None:
        if name not in self._means.tools:
            self._note(f"the mock has no tool `{name}`: its call fails here, then it goes on as recorded")
            self._branch(tool, "on_error")
        elif status == "error":
            self._note(f"`{name}` failed when it was recorded; it really runs, and may succeed here")
            self._branch(tool, "on_error")
        else:
            self._note(f"`{name}` really runs with these arguments; its output is not dictated")

    def _branch(self, tool: Step, name: str) -> None:
        """Let the rest of the turn be what happens after a call that was refused or failed."""
        tool[name] = self._script.tail = []

    # --- subagents and what there is no step for -----------------------------------------------------------

    def _subagent(self, at: int) -> int:
        start = self._events[at]
        name = start.field("agentName")
        mine = self._of_subagent(name, at + 1)
        if self._means.sends and not is_plain(mine):
            self._raw.add(name)
            self._send(start)
            self._last = start
            return at + 1
        self._wait(start)
        taken = {id(event) for event in mine}
        self._events[at + 1 :] = [event for event in self._events[at + 1 :] if id(event) not in taken]
        self._add({"subagent": delegation(start, mine, self._means, self._note)})
        self._last = mine[-1] if mine else start
        return at + 1

    def _of_subagent(self, name: str, at: int) -> list[SeenEvent]:
        mine = []
        for event in self._events[at:]:
            if event.name.startswith("subagent_") and event.field("agentName") == name:
                mine.append(event)
                if event.name == "subagent_end":
                    break
        return mine

    def _send(self, event: SeenEvent) -> None:
        if self._means.sends and _EVENT.fullmatch(event.name) and isinstance(event.data, dict):
            self._wait(event)
            self._add({"event": {"name": event.name, "data": event.data}})
        else:
            self._note(f"an event `{event.name[:40]}` was left out: a playbook has no step for it")

    # --- the end -----------------------------------------------------------------------------------------

    def _error(self, event: SeenEvent) -> None:
        if self._ends_cancelled:
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

    # --- how ---------------------------------------------------------------------------------------------

    def _add(self, step: Step) -> None:
        self._script.tail.append(step)

    def _note(self, text: str) -> None:
        if text not in self._script.notes:
            self._script.notes.append(text)

    def _wait(self, event: SeenEvent) -> None:
        """Let time pass as it did, unless a tool or a person took it."""
        last = self._last
        if last is None or last.name == "tool_call":
            return
        wait = duration(event.at - last.at)
        if wait is not None:
            self._add({"wait": wait})


def _is_asking(event: SeenEvent) -> bool:
    return event.field("status") == "awaiting_approval"
