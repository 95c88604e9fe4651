"""The pages of lists. Pure."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from sigmic_conformance.conformance.model.cells.counters import Find, Numbers, When, noun, repeated
from sigmic_conformance.conformance.model.cells.facts import Facts, spelled
from sigmic_conformance.conformance.model.pages import total_of
from sigmic_conformance.conformance.model.requests import query_of
from sigmic_conformance.conformance.transcript.json_values import FINAL, one_of
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY, MOST = 50, 100


def _pages(facts: Facts) -> Iterator[Exchange]:
    return (each for each in facts.requests("list_tasks") if each.ok and isinstance(each.data, list))


def _asked(page: Exchange, name: str, usual: int) -> int:
    value = query_of(page.sent).get(name, "")
    return int(value) if value.isascii() and value.isdecimal() else usual


def _limited(holds: Callable[[int], bool]) -> Find:
    """The answered requests whose limit fulfils a condition."""
    return lambda facts: (
        page
        for page in facts.requests("list_tasks")
        if page.status is not None and holds(_asked(page, "limit", MANY))
    )


def _placed(holds: Callable[[int, int, int], bool]) -> Find:
    """The pages with a task whose offset, number of tasks and total fulfil a condition."""

    def find(facts: Facts) -> Iterator[Exchange]:
        for page in _pages(facts):
            total, number = total_of(page), len(page.entries)
            if total is not None and number and holds(_asked(page, "offset", 0), number, total):
                yield page

    return find


def _is_last(offset: int, number: int, total: int) -> bool:
    return offset + number >= total


def _full(facts: Facts) -> Iterator[Exchange]:
    return (page for page in _placed(_is_last)(facts) if len(page.entries) == _asked(page, "limit", MANY))


def _before_a_creation(facts: Facts) -> Iterator[Exchange]:
    last: dict[object, int] = {}
    for task in facts.tasks:
        if task.creation is not None:
            last[task.owner] = max(last.get(task.owner, 0), task.creation.sent)
    return (page for page in _pages(facts) if page.ended < last.get(facts.model.callers.of(page).owner, 0))


def _with_tasks(facts: Facts, *, at_work: bool) -> Iterator[Exchange]:
    for page in _pages(facts):
        if any(one_of(entry.get("status"), FINAL) is not at_work for entry in page.entries):
            yield page


def _while_creating(facts: Facts) -> Iterator[Exchange]:
    made = [(e.started, e.ended, facts.model.callers.of(e).owner) for e in facts.requests("create_task")]
    for page in _pages(facts):
        owner = facts.model.callers.of(page).owner
        if any(sent < page.ended and page.started < done and by == owner for sent, done, by in made):
            yield page


def _walked(facts: Facts) -> Iterator[Exchange]:
    for one, other in pairwise(sorted(_pages(facts), key=lambda page: (page.probe, page.started))):
        if one.probe == other.probe and _asked(one, "offset", 0) < _asked(other, "offset", 0):
            yield other


def _read_too(facts: Facts) -> Iterator[Exchange]:
    """The pages with the status of an idle task that get_task reported too."""
    for task in facts.tasks:
        rests = [(each, rest) for each in task.told if (rest := task.at_rest(each.began, each.ended))]
        read = {rest.number for each, rest in rests if each.operation == "get_task"}
        yield from (
            each.exchange for each, rest in rests if each.operation == "list_tasks" and rest.number in read
        )


PAGE = noun(
    count=[
        Numbers(lambda facts: ((page, len(page.entries)) for page in _pages(facts)), many=MANY),
        When(too_many=_limited(lambda limit: limit > MOST)),
    ],
    size=When(
        small=_limited(lambda limit: limit == 1),
        large=_limited(lambda limit: limit == MOST),
        at_an_edge=_full,
    ),
    place=When(
        first=_placed(lambda offset, _, __: offset == 0),
        middle=_placed(lambda offset, number, total: 0 < offset < total - number),
        last=_placed(_is_last),
        again=lambda facts: repeated(
            (page, (facts.model.callers.of(page), page.sent.target)) for page in _pages(facts)
        ),
    ),
    moment=When(
        before=_before_a_creation,
        during=lambda facts: _with_tasks(facts, at_work=True),
        after=lambda facts: _with_tasks(facts, at_work=False),
        at_once=_while_creating,
        twice=_walked,
    ),
    spelling=spelled("list_tasks"),
    view=_read_too,
)
