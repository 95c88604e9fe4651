"""The pages of lists. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from sigmic_conformance.conformance.model.cells.counters import Both, Noun, Numbers, When
from sigmic_conformance.conformance.model.cells.facts import Facts
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.requests import query_of
from sigmic_conformance.conformance.transcript.json_values import FINAL
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY, MOST = 50, 100


def _pages(facts: Facts) -> Iterator[Exchange]:
    return (each for each in facts.requests("list_tasks") if each.ok and isinstance(each.data, list))


def _asked(page: Exchange, name: str, usual: int) -> int:
    value = query_of(page.sent).get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else usual


def _numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    return ((page.probe, len(page.entries)) for page in _pages(facts))


def _limits(facts: Facts, least: int, most: int) -> Iterator[str]:
    for page in facts.requests("list_tasks"):
        if page.status is not None and least <= _asked(page, "limit", MANY) <= most:
            yield page.probe


def _places(facts: Facts, place: str) -> Iterator[str]:
    for page in _pages(facts):
        offset, total, number = _asked(page, "offset", 0), total_of(page), len(page.entries)
        if total is None:
            continue
        found = {
            "first": offset == 0 and number > 0,
            "middle": offset > 0 and number > 0 and offset + number < total,
            "last": number > 0 and offset + number >= total,
            "full": number == _asked(page, "limit", MANY) and offset + number >= total,
        }
        if found[place]:
            yield page.probe


def _again(facts: Facts) -> Iterator[str]:
    seen = set()
    for page in _pages(facts):
        key = facts.model.callers.of(page), page.sent.target
        if key in seen:
            yield page.probe
        seen.add(key)


def _before_a_creation(facts: Facts) -> Iterator[str]:
    last: dict[object, int] = {}
    for task in facts.tasks:
        if task.creation is not None:
            last[task.owner] = max(last.get(task.owner, 0), task.creation.sent)
    for page in _pages(facts):
        if page.ended < last.get(facts.model.callers.of(page).owner, 0):
            yield page.probe


def _with_tasks(facts: Facts, *, at_work: bool) -> Iterator[str]:
    for page in _pages(facts):
        if any((entry.get("status") not in FINAL) == at_work for entry in page.entries):
            yield page.probe


def _while_creating(facts: Facts) -> Iterator[str]:
    made = [(e.started, e.ended, facts.model.callers.of(e).owner) for e in facts.requests("create_task")]
    for page in _pages(facts):
        owner = facts.model.callers.of(page).owner
        if any(sent < page.ended and page.started < done and by == owner for sent, done, by in made):
            yield page.probe


def _walked(facts: Facts) -> Iterator[str]:
    by_probe: dict[str, list[int]] = {}
    for page in _pages(facts):
        by_probe.setdefault(page.probe, []).append(_asked(page, "offset", 0))
    for probe, offsets in by_probe.items():
        yield from (probe for one, other in pairwise(offsets) if other > one)


def _read_too(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        rests = [task.at_rest(each.began, each.ended) for each in task.told]
        read = {
            rest.number
            for each, rest in zip(task.told, rests, strict=True)
            if rest and each.operation == "get_task"
        }
        for each, rest in zip(task.told, rests, strict=True):
            if rest and each.operation == "list_tasks" and rest.number in read:
                yield each.exchange.probe


PAGE: Noun = {
    "count": Both(
        Numbers(_numbers, many=MANY), When({"too_many": lambda facts: _limits(facts, MOST + 1, 1 << 53)})
    ),
    "size": When(
        {
            "small": lambda facts: _limits(facts, 1, 1),
            "large": lambda facts: _limits(facts, MOST, MOST),
            "at_an_edge": lambda facts: _places(facts, "full"),
        }
    ),
    "place": When(
        {
            "first": lambda facts: _places(facts, "first"),
            "middle": lambda facts: _places(facts, "middle"),
            "last": lambda facts: _places(facts, "last"),
            "again": _again,
        }
    ),
    "moment": When(
        {
            "before": _before_a_creation,
            "during": lambda facts: _with_tasks(facts, at_work=True),
            "after": lambda facts: _with_tasks(facts, at_work=False),
            "at_once": _while_creating,
            "twice": _walked,
        }
    ),
    "spelling": When({"other": lambda facts: facts.spelled("list_tasks")}),
    "view": When({"several": _read_too}),
}
