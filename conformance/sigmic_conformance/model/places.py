"""The facts that several places of the API show, with how long each lasts. Pure.

Two places are compared whenever nothing can have changed a fact between them, in every state of the task:
waiting, running, cancelled or restored.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import may_count
from sigmic_conformance.model.observation.seen_tasks import requests_taken
from sigmic_conformance.model.record.finding import Finding, Findings, says
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.shown import Shown
from sigmic_conformance.model.statuses import AWAITING, COMPLETED
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import difference

SETTLED = 5 * NANO
"""How long an answer to a call may take to change the task's status."""
SAME_SECONDS, SAME_WHOLE_SECONDS = 0.0005, 1.0
"""The allowed difference of two times: in one format, and in two formats, since one may lack milliseconds."""
HIDDEN = ("[secret:", "***")
LONGEST = 500
"""Arguments up to this length in characters are not truncated at any place."""


TOLD_AT_CREATION = ("message", "systemPrompt", "showInHistory", "autoExecute", "env")
MOVING = ("status", "error", "startedAt", "completedAt")


class Lasts(StrEnum):
    """Until when a fact that one place shows is true in all other places."""

    ALWAYS = "decided by the creation, or by the call"
    FIRST_TURN = "decided by the creation; after a follow-up no page says (G-43)"
    ONCE_KNOWN = (
        "null until it is known (X-14), then the same in the turn; later it is in the same place (H-05)"
    )
    COMPLETED = "while the task is completed at rest, or between two equal readings of another place"
    BETWEEN = "between two equal readings of another place: a session may end by itself (H-02)"


FACTS: Mapping[str, Lasts] = {
    **dict.fromkeys(
        (*TOLD_AT_CREATION, "apiKeyId", "username", "createdAt", "toolName", "args"), Lasts.ALWAYS
    ),
    "message": Lasts.FIRST_TURN,
    "conversationId": Lasts.ONCE_KNOWN,
    **dict.fromkeys((*MOVING, "messageCount", "output.content", "output.updatedAt"), Lasts.COMPLETED),
    "sessionId": Lasts.BETWEEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A place shows facts with the same values as other places.

    `lag` is how long a change may take to reach the place, if no page excludes a delay. With `at_rest` the
    rule applies to completed tasks, and to other finished ones between two equal readings.
    """

    place: str
    others: Sequence[str]
    lag: int
    at_rest: bool


def agrees(
    seen: Seen, place: str, *others: str, facts: Sequence[str], lag: int = 0, at_rest: bool = False
) -> Findings:
    """A place shows its facts as the observations before and after it do, while the facts last."""
    rule = _Rule(place=place, others=others, lag=lag, at_rest=at_rest)
    shown = seen.model.shown.get((id(seen.exchange), place), ())
    for mine in shown:
        task = seen.model.tasks[mine.task]
        if mine.key and sum(each.key == mine.key for each in shown) > 1:
            continue
        for other in _nearest(task, rule, mine):
            # Another turn may use the id of a call again.
            if mine.key and task.turns.at(mine.ended) is not task.turns.at(other.ended):
                continue
            compared = [name for name in facts if _is_comparable(task, rule, name, mine, other)]
            if compared:
                yield _finding(mine, other, compared)


def _finding(mine: Shown, other: Shown, compared: list[str]) -> Finding:
    differing = [name for name in compared if not _same(name, mine, other)]
    apart = [
        (name, difference(other.facts[name], mine.facts[name])) for name in differing[:3] or compared[:1]
    ]
    return says(
        not differing,
        f"as in the response to {other.exchange.label}",
        f"{mine.words}{', '.join(f'{name}{each.place} {each.observed}' for name, each in apart)}",
        expected=", ".join(f"{name}{each.place} {each.expected}" for name, each in apart),
    )


def _nearest(task: Task, rule: _Rule, mine: Shown) -> Iterator[Shown]:
    """For each other place its last observation before this one, and its first after it."""
    for place in rule.others:
        readings = task.shown.get((place, mine.key), ())
        before = _before(readings, mine.began)
        after = _after(readings, mine.ended) if place != rule.place else None
        yield from (each for each in (before, after) if each is not None)


def _before(readings: Sequence[Shown], at: int) -> Shown | None:
    """The last of some observations, in the order of their ends, that had ended at a time."""
    place = bisect_right(readings, at, key=lambda each: each.ended)
    return readings[place - 1] if place else None


def _after(readings: Sequence[Shown], at: int) -> Shown | None:
    """The first of them that started at a time or later."""
    later = islice(readings, bisect_left(readings, at, key=lambda each: each.ended), None)
    return next((each for each in later if each.began >= at), None)


def _is_comparable(task: Task, rule: _Rule, name: str, mine: Shown, other: Shown) -> bool:
    """Whether both places show a fact that has to be the same in both."""
    if name not in mine.facts or name not in other.facts:
        return False
    one, two, lasts = mine.facts[name], other.facts[name], FACTS[name]
    if (_is_hidden(name, one) or _is_hidden(name, two)) and not _differ_in_names(name, one, two):
        return False
    if not rule.at_rest:
        is_first = lasts is Lasts.FIRST_TURN and not task.turns.goes_on(max(mine.ended, other.ended))
        is_known = (
            lasts is Lasts.ONCE_KNOWN and None not in (one, two) and _is_one_turn(task, rule, mine, other)
        )
        if lasts is Lasts.ALWAYS or is_first or is_known:
            return True
    if lasts is not Lasts.BETWEEN and _rests(task, rule, mine, other):
        return True
    # An ended turn without a conversation may have no messages in a list (H-07).
    open_ = rule.at_rest and (one == 0 or task.turns.at_rest(mine.began, mine.ended) is None)
    return not open_ and _is_between(task, rule, name, mine, other)


def _is_one_turn(task: Task, rule: _Rule, mine: Shown, other: Shown) -> bool:
    """Whether two observations are of one turn; comparing a place with itself goes beyond it."""
    return rule.place in rule.others or task.turns.at(mine.ended) is task.turns.at(other.ended)


def _is_hidden(name: str, value: object) -> bool:
    """Whether a value may have been masked, by a platform or by the suite, or arguments were truncated."""
    if value is None or isinstance(value, bool | int):
        return False
    text = json_values.word(value)
    return any(mark in text for mark in HIDDEN) or (name == "args" and len(text) > LONGEST)


def _differ_in_names(name: str, one: object, two: object) -> bool:
    """Whether two maps of variables have different names: what masks a value leaves its name."""
    return name == "env" and json_values.fields(one).keys() != json_values.fields(two).keys()


def _same(name: str, one: Shown, other: Shown) -> bool:
    """Whether two observations show the same value; two times may have different formats."""
    mine, theirs = one.facts[name], other.facts[name]
    if name.rpartition(".")[2] in json_values.TIMES:
        first, second = json_values.instant(mine), json_values.instant(theirs)
        within = SAME_SECONDS if len(str(mine)) == len(str(theirs)) else SAME_WHOLE_SECONDS
        if first is not None and second is not None:
            return abs(first - second) < within
    return mine == theirs


def _rests(task: Task, rule: _Rule, mine: Shown, other: Shown) -> bool:
    """Whether the task stayed idle and completed from one observation to the other, and was shown so."""
    rest = task.turns.at_rest(min(mine.began, other.began), max(mine.ended, other.ended))
    if rest is None or rest.over is None or rest.over.status != COMPLETED:
        return False
    told = other.facts.get("status", COMPLETED) == COMPLETED
    return told and rest.over.ended + rule.lag <= mine.began


def _is_between(task: Task, rule: _Rule, name: str, mine: Shown, other: Shown) -> bool:
    """Whether an observation lies between two equal ones of another place, without a request in between."""
    readings = task.shown.get((other.place, mine.key), ())
    before, after = _before(readings, mine.began - rule.lag), _after(readings, mine.ended)
    if before is None or after is None or other is not after:
        return False
    equal = all(name in each.facts and _same(name, each, other) for each in (before, after))
    return equal and _is_steady(task, before, after)


def _is_steady(task: Task, before: Shown, after: Shown) -> bool:
    """Whether a value that two observations share cannot have been different between them.

    A status returns only after a client's request. The answer to a call that still waits may take effect
    later, and another call may wait then: so the same calls have to wait before and after.
    """
    turn = task.turns.at(after.ended)
    if turn is None or not turn.is_clear or not turn.holds(before.began, after.ended):
        return False
    if any(each.ended >= before.began and each.started <= after.ended for _, each in requests_taken(task)):
        return False
    recent = before.facts.get("status") == AWAITING and any(
        may_count(each) and turn.began <= each.sent and each.answered + SETTLED > before.began
        for each in task.decisions
    )
    return not recent or (before.waiting == after.waiting != frozenset())
