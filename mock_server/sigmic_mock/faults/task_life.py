"""The history of a task so far, by its timeline: turns, sessions, readers, calls and decisions. Pure.

If the beginning of a timeline is missing (the server was restarted, or older entries were dropped before they
were read), nothing can be concluded: the life `is_known` only from its first message on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sigmic_mock.domain.model import MessageRole, Outcome, TaskStatus, ToolStatus
from sigmic_mock.service.timeline import TimelineEntry

_TURNS = {1: "first", 2: "second", 3: "third"}
_OUTCOMES = {
    Outcome.PROCEED_ONCE.value: "once",
    Outcome.PROCEED_ALWAYS.value: "always",
    Outcome.CANCEL.value: "rejected",
}
_MOST_SHORT, _MOST_LONG = 3, 9
_FINAL = frozenset(status.value for status in TaskStatus if status.is_final)


def turn_named(number: int) -> str:
    """Return the value of `turn` for the message of this number, from 1."""
    return _TURNS.get(number, "many")


def history_named(number: int) -> str:
    """Return the value of `history` when the user has sent `number` messages."""
    if number <= _MOST_SHORT:
        return "short"
    return "long" if number <= _MOST_LONG else "very_long"


def session_named(number: int, restores: int) -> str:
    """Return the value of `session` for turn `number` after this number of restores."""
    if restores:
        return "restored" if restores == 1 else "restored_twice"
    return "new" if number == 1 else "live"


@dataclass(slots=True)
class _Readers:
    """The past and present readers of the stream of one turn."""

    came: int = 0
    open: int = 0
    most: int = 0
    joined: bool = False
    left: bool = False
    late: bool = False

    def value(self) -> str:
        if self.most > 1:
            return "several"
        if self.came > 1:
            return "returning"
        if self.came:
            return "dropped" if self.left else "joining" if self.joined else "from_start"
        return "late" if self.late else "none"


@dataclass(slots=True)
class _Turn:
    """The events since the last message of the user."""

    works: bool = False
    """True once some of the agent's work was shown."""
    speaks: bool = False
    running: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    unasked: bool = False
    decided: dict[str, str] = field(default_factory=dict)
    """The outcome of each decided call; `late` if the only reader had left."""
    readers: _Readers = field(default_factory=_Readers)


@dataclass(slots=True)
class TaskLife:
    """A task's history; `take` each entry of its timeline in order."""

    messages: int = 0
    """How many the user has sent."""
    is_known: bool = False
    status: str = ""
    _started: int = 0
    _expired: int = 0
    _turn: _Turn = field(default_factory=_Turn)

    @property
    def has_session(self) -> bool:
        """True while a session of it is live."""
        return self._started > self._expired

    @property
    def restores(self) -> int:
        """How often a session of it was restored."""
        return max(0, self._started - 1)

    @property
    def is_over(self) -> bool:
        """True between turns."""
        return self.status in _FINAL

    @property
    def state(self) -> str | None:
        """What the task is doing; None while it thinks, or has only just started."""
        if self.status != TaskStatus.RUNNING:
            return self.status or None
        turn = self._turn
        if turn.running:
            return "tool_running"
        if turn.speaks:
            return "speaking"
        return None if turn.works else "pending"

    def reader(self, *, coming: bool = False) -> str:
        """Return the reader of this turn's stream, past or present; with `coming` one more, not yet noted."""
        readers = self._turn.readers
        if not coming:
            return readers.value()
        if self.is_over:
            return readers.value() if readers.came else "late"
        return _Readers(
            came=readers.came + 1,
            open=readers.open + 1,
            most=max(readers.most, readers.open + 1),
            joined=self._turn.works if not readers.came else readers.joined,
        ).value()

    @property
    def approval(self) -> str | None:
        """How the calls of this turn were decided; None before the first call or decision."""
        decided = self._turn.decided
        if len(decided) > 1:
            return "several"
        if decided:
            return next(iter(decided.values()))
        return "automatic" if self._turn.unasked else None

    def take(self, entry: TimelineEntry) -> None:
        """Process the next entry."""
        match entry.what:
            case "message":
                if entry.about["role"] == MessageRole.USER:
                    self.is_known = self.is_known or not (self.status or self._started)
                    self.messages += 1
                    self._turn = _Turn()
            case "status":
                self.status = entry.about["status"]
            case "session_started":
                self._started += 1
            case "session_expired":
                self._expired += 1
            case "event":
                self._show(entry.about)
            case "approval_decided":
                self._decide(entry.about["call"], entry.about["outcome"])
            case "stream_opened" | "stream_closed" | "stream_replayed" as what:
                self._read(what, entry.about["streams"])
            case _:
                pass

    def _show(self, about: Mapping[str, Any]) -> None:
        turn = self._turn
        turn.works = True
        call, status = about.get("call", ""), about.get("status")
        match about["event"]:
            case "content":
                turn.speaks = True
            case "tool_call" if status == ToolStatus.AWAITING_APPROVAL:
                turn.asked.add(call)
            case "tool_call":
                turn.running.add(call)
                turn.unasked = turn.unasked or call not in turn.asked
            case "tool_result":
                turn.running.discard(call)
            case _:
                pass

    def _decide(self, call: str, outcome: str) -> None:
        gone = self._turn.readers.value() == "dropped"
        self._turn.decided[call] = "late" if gone else _OUTCOMES[outcome]

    def _read(self, what: str, streams: int) -> None:
        """A reader has joined or left; `streams` are open now."""
        readers = self._turn.readers
        if what == "stream_replayed":
            readers.late = True
        elif what == "stream_opened":
            if not readers.came:
                readers.joined = self._turn.works
            readers.came += 1
            readers.open = streams
            readers.most = max(readers.most, streams)
        elif readers.came:
            readers.open = streams
            readers.left = readers.left or not self.is_over
