"""The variables and secrets of tasks. A run keeps a placeholder in the place of a secret. Pure."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial

from sigmic_conformance.conformance.model.cells.counters import (
    ORDER_ALONE,
    Both,
    Names,
    Noun,
    Numbers,
    Order,
    Sizes,
    When,
)
from sigmic_conformance.conformance.model.cells.facts import Facts, Work, is_spelled
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.redaction import PLACEHOLDER
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 10
ENV, SECRETS = "env", "secrets"


def _given(task: Task, kind: str) -> Mapping[str, object]:
    creation = task.creation
    return shapes.fields(creation.asked.fields.get(kind)) if creation is not None else {}


def _creations(facts: Facts, kind: str) -> Iterator[tuple[Exchange, Mapping[str, object]]]:
    for task in facts.tasks:
        if task.creation is not None and (given := _given(task, kind)):
            yield task.creation.exchange, given


def _numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    for task in facts.tasks:
        if task.creation is not None and task.creation.asked.known:
            yield task.creation.exchange.probe, len(_given(task, ENV))


def _secret_numbers(facts: Facts) -> Iterator[tuple[str, int]]:
    """Of tasks that have a variable of either kind."""
    for task in facts.tasks:
        secrets = len(_given(task, SECRETS))
        if task.creation is not None and (secrets or _given(task, ENV)):
            yield task.creation.exchange.probe, secrets


def _values(facts: Facts) -> Iterator[tuple[str, str | int]]:
    for each, given in _creations(facts, ENV):
        yield from ((each.probe, value) for value in given.values() if isinstance(value, str))


def _order(kind: str, facts: Facts) -> Iterator[list[tuple[str, Hashable]]]:
    return ([(each.probe, None) for _ in given] for each, given in _creations(facts, kind))


def _names(kind: str, facts: Facts) -> Iterator[list[tuple[str, str]]]:
    return ([(each.probe, name) for name in given] for each, given in _creations(facts, kind))


def _in_both_maps(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        if task.creation is not None and _given(task, ENV).keys() & _given(task, SECRETS).keys():
            yield task.creation.exchange.probe


def _names_of_two(kind: str, facts: Facts) -> Iterator[str]:
    """The creations that give a name another value than an earlier one did."""
    seen: dict[str, object] = {}
    for each, given in _creations(facts, kind):
        if any(seen.get(name, value) != value for name, value in given.items()):
            yield each.probe
        seen |= given


def _works(kind: str, facts: Facts) -> Iterator[Work]:
    return (work for work in facts.works if _given(work.task, kind))


def _used(kind: str, facts: Facts) -> Iterator[str]:
    for work in _works(kind, facts):
        if work.turn.number == 1 and any(call.result is not None for call in work.calls):
            yield work.probe


def _together(kind: str, facts: Facts) -> Iterator[str]:
    return (other.probe for _, other in facts.together(_works(kind, facts)))


def _spelled(kind: str, facts: Facts) -> Iterator[str]:
    return (each.probe for each, _ in _creations(facts, kind) if is_spelled(each))


def _read_and_used(facts: Facts) -> Iterator[str]:
    for work in _works(ENV, facts):
        if work.task.read and any(call.result is not None for call in work.calls):
            yield work.probe


def _shown_everywhere(facts: Facts) -> Iterator[str]:
    for task in facts.tasks:
        kinds = {view.is_stream for view in task.views}
        if _given(task, SECRETS) and task.read and len(kinds) > 1 and task.creation is not None:
            yield task.creation.exchange.probe


def _used_afterwards(kind: str, facts: Facts) -> Iterator[str]:
    """The turns with a command that began after a task with variables had ended."""
    ended = [work.turn.over.ended for work in _works(kind, facts) if work.turn.over is not None]
    first = min(ended, default=None)
    for work in facts.works:
        if first is not None and work.turn.number == 1 and work.turn.began > first and work.calls:
            yield work.probe


def _broken(facts: Facts) -> Iterator[str]:
    bodies = {id(each): body for each, body in facts.bodies}
    for each in facts.broken("create_task"):
        body = bodies.get(id(each))
        if body is not None and body.fields.get(ENV):
            yield each.probe


def _printed_in_pieces(facts: Facts) -> Iterator[str]:
    for _, stream in facts.streams:
        texts = stream.texts
        # A secret in one event is found in it; one in pieces only in all of them together.
        alone = sum(len(PLACEHOLDER.findall(text)) for text in texts)
        if len(PLACEHOLDER.findall("".join(texts))) > alone:
            yield stream.exchange.probe


def _both(kind: str) -> Noun:
    def of(found: Callable[[str, Facts], Iterator[str]]) -> Callable[[Facts], Iterator[str]]:
        return partial(found, kind)

    return {
        "place": Both(Order(partial(_order, kind), ORDER_ALONE), When({"again": _in_both_maps})),
        "name": Both(
            Names(partial(_names, kind), frozenset({"nearly_same"})), When({"same": of(_names_of_two)})
        ),
        "moment": When({"during": of(_used), "at_once": of(_together)}),
        "spelling": When({"other": of(_spelled)}),
        "end": When({"after": of(_used_afterwards)}),
    }


VARIABLE: Noun = {
    **_both(ENV),
    "count": Numbers(_numbers, many=MANY),
    "size": Sizes(_values, large=4096),
    "view": When({"several": _read_and_used}),
    "cut": When({"middle": _broken}),
}
SECRET: Noun = {
    **_both(SECRETS),
    "count": Numbers(_secret_numbers, many=MANY),
    "view": When({"several": _shown_everywhere}),
    "cut": When({"middle": _printed_in_pieces}),
}
