"""The life of one stream, as a state machine: how far it came, how it ended, what was wrong with it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from sigmic_load.measures.accounting import End


class State(IntEnum):
    """How far a stream has come."""

    ASKED = 0
    CONNECTING = 1
    HEAD = 2
    """Connected: the head of the answer is awaited."""
    HISTORY = 3
    LIVE = 4
    """The history is complete."""
    ENDED = 5


MEDIA_TYPE = "text/event-stream"
_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,40}")
HEARTBEATS_BEFORE_HISTORY = 2
"""So many heartbeats without a `history_done` show that it is missing: more than a period has passed."""


def wrong_type(media_type: str) -> str:
    """Return why an EventSource refuses an answer of this type; empty if it does not."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind == MEDIA_TYPE:
        return ""
    shown = kind if _TYPE.fullmatch(kind) else "unreadable" if kind else "missing"
    return f"its Content-Type is {shown}, not {MEDIA_TYPE}"


@dataclass(slots=True)
class Life:
    """One stream of a task. Each event moves it on; `ended` and `left` end it."""

    task: str = ""
    state: State = State.ASKED
    failure: str = ""
    """The code of the `error` that came."""
    wrong: list[str] = field(default_factory=list)
    """What was wrong with its content, each kind once."""
    _is_done: bool = False
    _is_over: bool = False
    _heartbeats: int = 0

    def reached(self, state: State) -> None:
        """Record that the stream came so far."""
        self.state = max(self.state, state)

    @property
    def not_opened(self) -> str:
        """Where a stream that did not open was, in words."""
        return "no answer" if self.state is State.HEAD else "no connection"

    def heartbeat(self) -> None:
        """Record a heartbeat."""
        self._heartbeats += 1
        if self.state < State.LIVE and self._heartbeats == HEARTBEATS_BEFORE_HISTORY:
            self._note("no history_done came")

    def event(self, name: str, told: Mapping[str, Any], failure: str = "") -> None:
        """Record an event with its data. `failure` is the code of an `error`."""
        other = told.get("taskId", self.task)
        if other != self.task:
            self._note("an event of another task came")
        if name.startswith("history_") and self.state is State.LIVE:
            self._note("the history came again")
        match name:
            case "history_done":
                self.reached(State.LIVE)
                self._is_over = told.get("isStreaming") is False
            case "done":
                self._is_done = True
            case "error":
                self.failure = self.failure or failure
            case _:
                pass

    def _note(self, problem: str) -> None:
        if problem not in self.wrong:
            self.wrong.append(problem)

    @property
    def is_over(self) -> bool:
        """True if an event said that nothing follows."""
        return self._is_done or self._is_over or bool(self.failure)

    def ended(self, *, is_whole: bool) -> End:
        """Return how the target ended it; `is_whole` if the answer came to its end. Only `done` is done."""
        self.state = State.ENDED
        if self.failure:
            return End.FAILED
        if not is_whole:
            return End.CUT
        return End.DONE if self._is_done or self._is_over else End.CLOSED

    @property
    def last_words(self) -> str:
        """How it ended, if it ended as it may."""
        return "with done" if self._is_done else "because its task was over"

    def left(self, *, is_silent: bool = False) -> End:
        """Return the end of a stream that we leave."""
        self.state = State.ENDED
        return End.SILENT if is_silent else End.LEFT
