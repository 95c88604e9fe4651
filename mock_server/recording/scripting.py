"""Convert recorded events to the playbook steps that reproduce them. Pure.

Some things are not in the stream, or cannot be expressed in a playbook, so they are not reproduced exactly.
Each such place becomes a note, which is a comment in the playbook.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sigmic_conformance.mock_server.recording.calls import UNTIL_CANCELLED, Call, Calls, written_file
from sigmic_conformance.mock_server.recording.delegations import delegation, is_plain, of_subagent
from sigmic_conformance.mock_server.recording.event_reader import SeenEvent
from sigmic_conformance.mock_server.recording.timing import LEAST_PACE, duration, pace_of, runs_of

Step = dict[str, Any]

_OPENING = ("connecting", "processing")
_STATUSES = frozenset({"connecting", "processing", "retrying"})
_CODE = re.compile(r"\w{1,60}", re.ASCII)
_EVENT = re.compile(r"[a-z][a-z_]{0,99}", re.ASCII)


@dataclass(slots=True)
class Script:
    """The steps of one turn. `tail` is the list in which the turn ends: a branch if a call was refused."""

    steps: list[Step] = field(default_factory=list)
    tail: list[Step] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    """Files that the steps create in the workspace, with their text."""


def script(events: Sequence[SeenEvent], *, was_cancelled: bool = False, auto_execute: bool = True) -> Script:
    """Return the steps that reproduce these events: those of one turn, in order, secrets masked.

    `auto_execute` is the task's setting. If it is false, the calls ask for approval without a step.
    """
    last = events[-1] if events else None
    is_cancelled = last is not None and last.name == "error" and last.field("code") == "CANCELLED"
    writer = _Writer(
        _without_opening(events), auto_execute=auto_execute, ends_cancelled=was_cancelled or is_cancelled
    )
    return writer.write()


def _without_opening(events: Sequence[SeenEvent]) -> list[SeenEvent]:
    """Leave out the two statuses with which the mock starts every turn itself."""
    rest = list(events)
    began = None
    for status in _OPENING:
        if rest and rest[0].name == "status" and rest[0].field("status") == status:
            began = rest.pop(0)
    # Their time is kept, because the wait before the first step counts from it.
    return rest if began is None else [SeenEvent(began.at, "began", "", {}), *rest]


class _Writer:
    """One pass over the events of a turn."""

    def __init__(self, events: list[SeenEvent], *, auto_execute: bool, ends_cancelled: bool) -> None:
        self._events = events
        self._script = Script()
        self._ends_cancelled = ends_cancelled
        self._calls = Calls(events, auto_execute=auto_execute, ends_cancelled=ends_cancelled)
        self._called: set[str] = set()
        self._last: SeenEvent | None = None

    def write(self) -> Script:
        last = self._events[-1] if self._events else None
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
        """Write the steps of the event at `at`; return the index of the next event."""
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
                self._call(at)
            case "subagent_start":
                self._subagent(at)
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
        """True if the event at `at` is the plain `processing` at the end of the step `retry`."""
        if at >= len(self._events) or self._events[at].name != "status":
            return False
        return self._events[at].field("status") == "processing" and not self._events[at].field("message")

    # --- tools -------------------------------------------------------------------------------------------

    def _call(self, at: int) -> None:
        event = self._events[at]
        if event.field("callId") in self._called or not event.field("toolName"):
            return
        self._wait(event)
        opened = [each for each in self._calls.at_once(self._events[at:]) if each.field("toolName")]
        self._called |= {each.field("callId") for each in opened}
        calls = [self._calls.call(each) for each in opened]
        steps = [{"tool": each.tool} for each in calls]
        self._add(steps[0] if len(steps) == 1 else {"parallel": steps})
        for each in calls:
            if (written := written_file(each.tool)) is not None:
                path, text = written
                self._script.made[path] = text
                self._add({"artifact": {"path": path, "text": text}})
        self._branch([each for each in calls if each.branch is not None])

    def _branch(self, wrong: Sequence[Call]) -> None:
        """Move the rest of the turn into the branch of the first call that was refused or failed."""
        for each in wrong:
            rest: list[Step] = []
            each.tool[str(each.branch)] = rest
            if each is wrong[0]:
                self._script.tail = rest
            else:
                rest.append({"wait": 0})

    # --- subagents, and what there is no step for ----------------------------------------------------------

    def _subagent(self, at: int) -> None:
        start = self._events[at]
        mine = of_subagent(start.field("agentName"), self._events[at + 1 :])
        if not start.field("agentName") or not is_plain(mine):
            self._send(start)
            return
        self._wait(start)
        taken = {id(event) for event in mine}
        self._events[at + 1 :] = [event for event in self._events[at + 1 :] if id(event) not in taken]
        self._add({"subagent": delegation(start, mine)})
        # Later waits count from its end.
        self._events.insert(at + 1, SeenEvent(mine[-1].at, "began", "", {}))

    def _send(self, event: SeenEvent) -> None:
        """Send an event unchanged."""
        if _EVENT.fullmatch(event.name) and isinstance(event.data, dict):
            self._wait(event)
            self._add({"event": {"name": event.name, "data": event.data}})
        else:
            self._note(f"an event `{event.name[:40]}` was left out: a playbook can't send it")

    # --- the end -----------------------------------------------------------------------------------------

    def _error(self, event: SeenEvent) -> None:
        if self._ends_cancelled:
            self._note("the client cancelled here; the mock waits so that it can again")
            self._add({"wait": UNTIL_CANCELLED})
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
        """Add the wait before an event, unless a tool or a person caused it."""
        last = self._last
        if last is None or last.name == "tool_call":
            return
        wait = duration(event.at - last.at)
        if wait is not None:
            self._add({"wait": wait})
