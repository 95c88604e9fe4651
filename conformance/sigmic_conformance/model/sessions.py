"""The sessions of a task, as far as the run shows them: by the `sessionId` of each turn, or by the idle time.

A follow-up on an expired session restores it (H-03). That the id changes is a premise, so an idle time beyond
the target's own, or the operator's word that the session was ended, counts as an expiry as well.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire.transcript import Exchange


def restores(
    turns: Sequence[Turn],
    read: Sequence[Exchange],
    idle_seconds: float | None,
    ended: Sequence[int],
    admits: Callable[[Premise], bool],
) -> tuple[int, ...]:
    """For each turn: how often the session had been restored when the turn ran.

    `read` are the answers of get_task. `idle_seconds` is the time after which an idle session is certainly
    over; None if idle sessions do not end. `ended` are the times at which the operator had ended a session.
    """
    found: list[int] = []
    count = 0
    last: str | None = None
    for number, turn in enumerate(turns):
        session = session_shown(turn, read)
        is_new = last is not None and session not in {None, last}
        changed = is_new and admits(Premise.NEW_ID_RESTORES)
        sign = _last_sign(turns[number - 1]) if number else turn.began
        waited = idle_seconds is not None and turn.began - sign >= idle_seconds * NANO
        over = number > 0 and (waited or any(sign <= at <= turn.began for at in ended))
        count += changed or (over and (session is None or is_new))
        last = session or last
        found.append(count)
    return tuple(found)


def longest_idle(task: Task, one: int, other: int, *, late: int) -> int:
    """The longest that a task may have been idle between a moment and one of a later turn, in nanoseconds.

    Idle time lasts from the last sign of a running turn to the answer to the next message. A second answer to
    a call does not count as such a sign (G-64). `late` is the largest delay with which the run may have
    received an event.
    """
    signs, longest = task.signs_of_work, 0
    for turn in task.turns:
        if one < turn.taken and turn.began < other:
            before = bisect_left(signs, turn.began)
            last = max([one, *signs[before - 1 : before]]) if before else one
            longest = max(longest, turn.taken - last + late)
    return longest


def session_shown(turn: Turn, read: Sequence[Exchange]) -> str | None:
    """The last session id in the answers of a turn."""
    told = [
        session
        for exchange in read
        if turn.holds(exchange.started, exchange.ended)
        and isinstance(session := exchange.fields.get("sessionId"), str)
    ]
    return told[-1] if told else None


def _last_sign(turn: Turn) -> int:
    return turn.over.ended if turn.over is not None else turn.taken
