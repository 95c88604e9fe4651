"""The situation of an observation, by the dimensions of `spec/situations.yaml`. Pure.

Dimensions that do not apply or are unknown are left out. What a read shows was caused by the message of its
turn, so body and files are those of that message, and variables those of the creation.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import inf

from sigmic_conformance.model.callers import Header, Key, Relation
from sigmic_conformance.model.calls import (
    EXECUTING,
    PROCEED_ALWAYS,
    PROCEED_ONCE,
    REJECT,
    Call,
)
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.requests import Asked, Certainty, asked, query_of
from sigmic_conformance.model.statuses import AWAITING, PENDING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed
from sigmic_spec.situations import Situation, Situations

MOST_BYTES = (50_000_000, 52_428_800)
MOST_FILES = 20
LONG_VALUE = 4096
LONG, VERY_LONG = 4, 10
_TURNS = {1: "first", 2: "second", 3: "third"}
_SEPARATORS = frozenset(" =$;&\\")
_QUOTES = frozenset("'\"`")
_GONE = {Closed.HUNG_UP, Closed.RESET}
_OUTCOMES = {PROCEED_ONCE: "once", PROCEED_ALWAYS: "always", REJECT: "rejected"}


def situation_of(seen: Seen) -> Situation:
    """The values that apply to an observation."""
    turn = _turn(seen)
    values = place_in_life(turn.number, seen.restored(turn)) if turn else {}
    values |= {name: value for name, find in _FIND.items() if (value := find(seen, turn)) is not None}
    situations = Situations.load()
    if not situations.is_possible(values):
        # The state of a stream is that at its beginning; decisions and readers are those at its end.
        values.pop("state", None)
    return tuple((name, values[name]) for name in situations.dimensions if name in values)


def _turn(seen: Seen) -> Turn | None:
    """The turn that a request starts, or the last one that started before it."""
    if seen.task is None:
        return None
    own = next((turn for turn in seen.task.turns if turn.message.exchange is seen.exchange), None)
    return own or seen.task.turns.at(seen.ended)


def _first(**values: bool) -> str | None:
    """The first value that holds."""
    return next((value for value, holds in values.items() if holds), None)


def place_in_life(number: int, restores: int) -> dict[str, str]:
    """The values of a turn by its number, from 1, and by how often the session was restored until then."""
    new = "new" if number == 1 else "live"
    return {
        "turn": _TURNS.get(number, "many"),
        "session": {0: new, 1: "restored"}.get(restores, "restored_twice"),
        "history": "short" if number < LONG else "long" if number < VERY_LONG else "very_long",
    }


def _caller(seen: Seen, _: Turn | None) -> str | None:
    if seen.relation in {Relation.OTHER_END_USER, Relation.OTHER_PROJECT}:
        return seen.relation.value
    owner, header = seen.caller.owner, seen.caller.header
    if owner is None or header is None:
        return None
    if isinstance(owner, Key):
        return header.value
    return "end_user" if header is Header.BEARER else None


def _message(seen: Seen, turn: Turn | None) -> Asked | None:
    """The content of the message that the request sends, or of the turn's message."""
    if seen.operation in {"create_task", "send_message"}:
        return asked(seen.exchange.sent)
    return turn.message.asked if turn else None


def _body(seen: Seen, turn: Turn | None) -> str | None:
    message = _message(seen, turn)
    return message.form.value if message and message.form else None


def _files(seen: Seen, turn: Turn | None) -> str | None:
    message = _message(seen, turn)
    if message is None or not message.known:
        return None
    names = [file.name for file in message.files]
    inside = [entry.name for file in message.files for entry in file.entries or ()]
    earlier = seen.task.turns[: turn.number - 1] if seen.task and turn else ()
    before = {file.name for one in earlier for file in one.message.asked.files}
    return _first(
        none=not names,
        at_limit=len(names) == MOST_FILES or any(file.size in MOST_BYTES for file in message.files),
        same_name=len(set(names)) < len(names) or not before.isdisjoint(names),
        nested=any("/" in name or "\\" in name for name in (*names, *inside)),
        zip=any(name.lower().endswith(".zip") for name in names),
        empty=any(file.size == 0 for file in message.files),
        awkward_name=not all(map(_is_plain, names)),
        plain=True,
    )


def _is_plain(name: str) -> bool:
    return name.isascii() and not name.startswith(".") and not set(name) & {" ", *_QUOTES}


def _reader(seen: Seen, turn: Turn | None) -> str | None:
    if turn is None or seen.task is None or not turn.is_clear:
        return None
    over = turn.over.ended if turn.over else seen.ended
    there = [each for each in seen.task.streams if turn.until is None or each.exchange.started < turn.until]
    during = [each for each in there if each.exchange.started < over and each.exchange.ended > turn.taken]
    reading = sorted((each for each in during if each.is_streaming), key=lambda each: each.exchange.started)
    last = reading[-1:]
    return _first(
        late=not reading and any(over <= each.exchange.started <= seen.ended for each in there),
        none=not reading,
        returning=len(reading) > 1
        and all(one.exchange.ended <= other.exchange.started for one, other in pairwise(reading)),
        several=len(reading) > 1,
        dropped=any(each.exchange.closed in _GONE and each.last is None for each in last),
        joining=any(_joined(each, seen.task) for each in last),
        from_start=True,
    )


def _joined(stream: Stream, task: Task) -> bool:
    """Whether the agent was known to be running before a stream was requested."""
    at = stream.exchange.started
    turn = task.turns.at(at)
    return turn is not None and any(
        told.status == "running" and told.began >= turn.taken and told.ended <= at for told in task.statuses
    )


def _state(seen: Seen, _: Turn | None) -> str | None:
    task, at = seen.task, seen.began
    if task is None or seen.operation == "create_task":
        return None
    rest = task.turns.at_rest(at, at)
    if rest is not None and rest.over is not None:
        return rest.over.status
    now = task.turns.at(at)
    if now is None or not now.is_clear or now.was_over(at):
        return None
    calls = task.calls.values()
    told = [each.status for each in task.statuses if now.taken <= each.began and each.ended <= at][-1:]
    return _first(
        awaiting_approval=any(call.waits(at, at) for call in calls),
        tool_running=any(_runs(call, at) for call in calls),
        speaking=_is_one_of(task.readers.spoken_at, now.began, at),
    ) or _first(
        pending=told == [PENDING] or (not told and not _is_one_of(task.readers.events_at, now.began, at)),
        awaiting_approval=told == [AWAITING],
    )


def _runs(call: Call, at: int) -> bool:
    heard = [each for each in call.events if each.at <= at]
    return any(each.status == EXECUTING for each in heard) and not any(each.is_result for each in heard)


def _is_one_of(times: Sequence[int], first: int, last: int) -> bool:
    """Whether one of some sorted times lies between two others."""
    place = bisect_left(times, first)
    return place < len(times) and times[place] <= last


def _approval(seen: Seen, turn: Turn | None) -> str | None:
    if turn is None or seen.task is None:
        return None
    calls, until = seen.task.calls.values(), inf if turn.until is None else turn.until
    decided = [
        each
        for call in calls
        for each in call.decisions
        if turn.began <= each.sent <= min(until, seen.ended) and each.certainty is Certainty.ACCEPTED
    ]
    if not decided:
        mine = (call for call in calls if call.first and turn.began <= call.first.at <= until)
        return "automatic" if any(call.asked is None for call in mine) else None
    if _reader(seen, turn) == "dropped":
        return "late"
    several = len({each.call for each in decided}) > 1
    return "several" if several else _OUTCOMES.get(decided[-1].outcome or "")


def _value(seen: Seen, _: Turn | None) -> str | None:
    creation = seen.task.creation if seen.task else None
    creates = seen.operation == "create_task"
    body = creation.asked if creation else asked(seen.exchange.sent) if creates else None
    if body is None or not body.known:
        return None
    given = [
        value for name in ("env", "secrets") for value in json_values.fields(body.fields.get(name)).values()
    ]
    values = [value for value in given if isinstance(value, str) and not value.startswith("[secret:")]
    signs = frozenset().union(*values)
    return _first(
        none=not given,
        line_ends=bool(signs & {"\n", "\r"}),
        long=any(len(value) >= LONG_VALUE for value in values),
        non_ascii=not all(map(str.isascii, values)),
        quotes=bool(signs & _QUOTES),
        separators=bool(signs & _SEPARATORS),
        empty="" in values,
        plain=bool(values),
    )


def _page(seen: Seen, _: Turn | None) -> str | None:
    if seen.operation != "list_tasks" or not seen.exchange.ok:
        return None
    pagination = json_values.fields(json_values.fields(seen.exchange.json()).get("pagination"))
    given = [pagination.get(name) for name in ("total", "limit", "offset")]
    if not all(map(json_values.count, given)):
        return None
    total, limit, offset = (int(value) for value in given if value is not None)
    count = len(seen.exchange.entries)
    return _first(
        beyond=offset >= total > 0 and "offset" in query_of(seen.exchange.sent),
        last=count < limit,
        exact=offset + count >= total,
        inside=True,
    )


_FIND: Mapping[str, Callable[[Seen, Turn | None], str | None]] = {
    "caller": _caller,
    "body": _body,
    "reader": _reader,
    "state": _state,
    "files": _files,
    "approval": _approval,
    "value": _value,
    "page": _page,
}
