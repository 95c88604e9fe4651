"""The situation of an observation, by the dimensions of `spec/situations.yaml`. Pure.

Dimensions that do not apply or are unknown are left out. What a read shows was caused by the message of its
turn, so body and files are those of that message, and variables those of the creation.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.model.callers import Header, Key, Relation
from sigmic_conformance.conformance.model.calls import (
    EXECUTING,
    PROCEED_ALWAYS,
    PROCEED_ONCE,
    REJECT,
    Call,
    Decision,
)
from sigmic_conformance.conformance.model.requests import Asked, Certainty, asked, query_of
from sigmic_conformance.conformance.model.seen import Seen
from sigmic_conformance.conformance.model.statuses import AWAITING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed
from sigmic_conformance.spec.situations import Situation, Situations

MOST_BYTES = (50_000_000, 52_428_800)
MOST_FILES = 20
LONG_VALUE = 4096
LONG, VERY_LONG = 4, 10
_TURNS = {1: "first", 2: "second", 3: "third"}
_SEPARATORS = frozenset(" =$;&\\")
_QUOTES = frozenset("'\"`")


@dataclass(frozen=True, slots=True)
class _Where:
    """An observation and its turn."""

    seen: Seen
    turn: Turn | None

    @property
    def message(self) -> Asked | None:
        """The content of the message that the request sends, or of the turn's message."""
        if self.seen.operation in {"create_task", "send_message"}:
            return asked(self.seen.exchange.sent)
        return self.turn.said.asked if self.turn else None


def situation_of(seen: Seen) -> Situation:
    """The values that apply to an observation."""
    where = _Where(seen, _turn(seen))
    values = {name: value for name, find in _FIND.items() if (value := find(where)) is not None}
    if not Situations.load().is_possible(values):
        # The state of a stream is that at its beginning; decisions and readers are those at its end.
        values.pop("state", None)
    return tuple(values.items())


def _turn(seen: Seen) -> Turn | None:
    """The turn that a request starts, or the last one that started before it."""
    if seen.task is None:
        return None
    own = next((turn for turn in seen.task.turns if turn.said.exchange is seen.exchange), None)
    return own or seen.task.turn_at(seen.ended)


def _number(where: _Where) -> str | None:
    turn = where.turn
    return _TURNS.get(turn.number, "many") if turn else None


def _session(where: _Where) -> str | None:
    seen, turn = where.seen, where.turn
    if turn is None:
        return None
    restored = seen.restored(turn)
    if restored:
        return "restored" if restored == 1 else "restored_twice"
    return "new" if turn.number == 1 else "live"


def _caller(where: _Where) -> str | None:
    seen = where.seen
    if seen.relation in {Relation.OTHER_END_USER, Relation.OTHER_PROJECT}:
        return seen.relation.value
    owner, header = seen.caller.owner, seen.caller.header
    if owner is None or header is None:
        return None
    if isinstance(owner, Key):
        return header.value
    return "end_user" if header is Header.BEARER else None


def _body(where: _Where) -> str | None:
    message = where.message
    return message.form.value if message and message.form else None


def _files(where: _Where) -> str | None:
    seen, turn = where.seen, where.turn
    message = where.message
    if message is None or not message.known:
        return None
    if not message.files:
        return "none"
    names = [file.name for file in message.files]
    tests: dict[str, Callable[[], bool]] = {
        "at_limit": lambda: (
            len(names) == MOST_FILES or any(file.size in MOST_BYTES for file in message.files)
        ),
        "same_name": lambda: len(set(names)) < len(names) or _came_before(seen, turn, names),
        "nested": lambda: any(map(_has_folder, (*names, *_entries(message)))),
        "zip": lambda: any(name.lower().endswith(".zip") for name in names),
        "empty": lambda: any(file.size == 0 for file in message.files),
        "awkward_name": lambda: any(not _is_plain(name) for name in names),
    }
    return next((value for value, holds in tests.items() if holds()), "plain")


def _entries(message: Asked) -> Iterator[str]:
    """The readable names inside the archives of a message."""
    return (entry.name for file in message.files for entry in file.entries or ())


def _has_folder(name: str) -> bool:
    return "/" in name or "\\" in name


def _came_before(seen: Seen, turn: Turn | None, names: list[str]) -> bool:
    """Whether an earlier message of the task brought a file of one of these names."""
    earlier = seen.task.turns[: turn.number - 1] if seen.task and turn else ()
    before = {file.name for one in earlier for file in one.said.asked.files}
    return not before.isdisjoint(names)


def _is_plain(name: str) -> bool:
    return name.isascii() and not name.startswith(".") and not set(name) & {" ", *_QUOTES}


def _reader(where: _Where) -> str | None:
    seen, turn = where.seen, where.turn
    if turn is None or seen.task is None or not turn.is_clear:
        return None
    over = turn.over.ended if turn.over else seen.ended
    there = [each for each in seen.task.streams if turn.until is None or each.exchange.started < turn.until]
    during = [each for each in there if each.exchange.started < over and each.exchange.ended > turn.taken]
    reading = [each for each in during if each.is_streaming]
    if not reading:
        late = any(each.exchange.started >= over for each in there if each.exchange.started <= seen.ended)
        return "late" if late else "none"
    if len(reading) > 1:
        return "returning" if _one_after_another(reading) else "several"
    only = reading[0]
    if only.exchange.closed in {Closed.HUNG_UP, Closed.RESET} and only.last is None:
        return "dropped"
    return "joining" if _joined(only, seen.task) else "from_start"


def _one_after_another(streams: list[Stream]) -> bool:
    ordered = sorted(streams, key=lambda each: each.exchange.started)
    return all(one.exchange.ended <= other.exchange.started for one, other in pairwise(ordered))


def _joined(stream: Stream, task: Task) -> bool:
    """Whether the agent was known to be running before a stream was requested."""
    at = stream.exchange.started
    turn = task.turn_at(at)
    if turn is None or turn.taken > at:
        return False
    return any(
        told.status == "running" and told.began >= turn.taken and told.ended <= at for told in task.told
    )


def _state(where: _Where) -> str | None:
    seen = where.seen
    task = seen.task
    if task is None or seen.operation == "create_task":
        return None
    at = seen.began
    rest = task.at_rest(at, at)
    if rest is not None and rest.over is not None:
        return rest.over.status
    now = task.turn_at(at)
    if now is None or not now.is_clear or now.was_over(at):
        return None
    if any(call.waits(at, at) for call in task.calls.values()):
        return AWAITING
    if any(_runs(call, at) for call in task.calls.values()):
        return "tool_running"
    if _spoke(task, now, at):
        return "speaking"
    last = [told.status for told in task.told if now.taken <= told.began and told.ended <= at]
    if last:
        return {"pending": "pending", AWAITING: AWAITING}.get(last[-1])
    return "pending" if not _was_heard(task, now, at) else None


def _runs(call: Call, at: int) -> bool:
    began = any(each.at <= at and each.status == EXECUTING for each in call.heard)
    return began and not any(each.at <= at and each.is_result for each in call.heard)


def _spoke(task: Task, turn: Turn, at: int) -> bool:
    return _is_one_of(task.spoken_at, turn.began, at)


def _was_heard(task: Task, turn: Turn, at: int) -> bool:
    return _is_one_of(task.heard_at, turn.began, at)


def _is_one_of(times: Sequence[int], first: int, last: int) -> bool:
    """Whether one of some sorted times lies between two others."""
    place = bisect_left(times, first)
    return place < len(times) and times[place] <= last


def _approval(where: _Where) -> str | None:
    seen, turn = where.seen, where.turn
    if turn is None or seen.task is None:
        return None
    mine = [call for call in seen.task.calls.values() if (first := call.first) and _in(turn, first.at)]
    decided = [
        each
        for call in seen.task.calls.values()
        for each in call.decisions
        if _in(turn, each.sent) and each.sent <= seen.ended and each.certainty is Certainty.ACCEPTED
    ]
    if decided:
        if _reader(where) == "dropped":
            return "late"
        return "several" if len({each.call for each in decided}) > 1 else _outcome(decided[-1])
    return "automatic" if any(call.asked is None for call in mine) else None


def _outcome(decision: Decision) -> str | None:
    names = {PROCEED_ONCE: "once", PROCEED_ALWAYS: "always", REJECT: "rejected"}
    return names.get(decision.outcome or "")


def _in(turn: Turn, at: int) -> bool:
    return turn.began <= at and (turn.until is None or at <= turn.until)


def _history(where: _Where) -> str | None:
    turn = where.turn
    if turn is None:
        return None
    if turn.number < LONG:
        return "short"
    return "long" if turn.number < VERY_LONG else "very_long"


def _value(where: _Where) -> str | None:
    seen = where.seen
    creation = seen.task.creation if seen.task else None
    body = (
        creation.asked if creation else asked(seen.exchange.sent) if seen.operation == "create_task" else None
    )
    if body is None or not body.known:
        return None
    given = [
        *json_values.fields(body.fields.get("env")).values(),
        *json_values.fields(body.fields.get("secrets")).values(),
    ]
    values = [value for value in given if isinstance(value, str) and not value.startswith("[secret:")]
    if not given:
        return "none"
    tests: dict[str, Callable[[str], bool]] = {
        "line_ends": lambda text: "\n" in text or "\r" in text,
        "long": lambda text: len(text) >= LONG_VALUE,
        "non_ascii": lambda text: not text.isascii(),
        "quotes": lambda text: bool(set(text) & _QUOTES),
        "separators": lambda text: bool(set(text) & _SEPARATORS),
        "empty": lambda text: text == "",
    }
    found = (name for name, holds in tests.items() if any(holds(value) for value in values))
    return next(found, "plain" if values else None)


def _page(where: _Where) -> str | None:
    seen = where.seen
    if seen.operation != "list_tasks" or not seen.exchange.ok:
        return None
    body = seen.exchange.json()
    pagination: Mapping[str, Any] = (
        json_values.fields(body.get("pagination")) if isinstance(body, dict) else {}
    )
    total, limit, offset = (_whole(pagination.get(name)) for name in ("total", "limit", "offset"))
    if total is None or limit is None or offset is None:
        return None
    count = len(seen.exchange.entries)
    if offset >= total > 0 and "offset" in query_of(seen.exchange.sent):
        return "beyond"
    if count < limit:
        return "last"
    return "exact" if offset + count >= total else "inside"


def _whole(value: Any) -> int | None:
    return int(value) if json_values.count(value) else None


_FIND: Mapping[str, Callable[[_Where], str | None]] = {
    "turn": _number,
    "session": _session,
    "caller": _caller,
    "body": _body,
    "reader": _reader,
    "state": _state,
    "files": _files,
    "approval": _approval,
    "history": _history,
    "value": _value,
    "page": _page,
}
