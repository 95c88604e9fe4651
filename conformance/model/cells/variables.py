"""The variables and secrets of tasks. A run records a placeholder instead of a secret. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from sigmic_conformance.conformance.model.cells.counters import (
    Counter,
    Find,
    Names,
    Numbers,
    Order,
    Sizes,
    When,
    noun,
)
from sigmic_conformance.conformance.model.cells.facts import Facts, Work, is_broken, is_spelled
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.redaction import PLACEHOLDER
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 10
ENV, SECRETS = "env", "secrets"
Given = tuple[Exchange, Mapping[str, object]]


def _given(task: Task, kind: str) -> Mapping[str, object]:
    return json_values.fields(task.creation.asked.fields.get(kind)) if task.creation is not None else {}


def _creations(facts: Facts, kind: str) -> Iterator[Given]:
    """The creations whose body is known, with their values of a kind."""
    for task in facts.tasks:
        if task.creation is not None and task.creation.asked.known:
            yield task.creation.exchange, _given(task, kind)


def _in_both_maps(facts: Facts) -> Iterator[Exchange]:
    pairs = zip(_creations(facts, ENV), _creations(facts, SECRETS), strict=True)
    return (each for (each, env), (_, secrets) in pairs if env.keys() & secrets.keys())


def _works(facts: Facts, kind: str) -> Iterator[Work]:
    return (work for work in facts.works if _given(work.task, kind))


def _uses(work: Work) -> bool:
    return any(call.result is not None for call in work.calls)


def _shared(kind: str) -> Mapping[str, Counter | Sequence[Counter] | Find]:
    """The counters that variables and secrets share."""

    def with_other_values(facts: Facts) -> Iterator[Exchange]:
        """The creations that give a name a different value than an earlier one."""
        seen: dict[str, object] = {}
        for each, given in _creations(facts, kind):
            if any(seen.get(name, value) != value for name, value in given.items()):
                yield each
            seen |= given

    def used_afterwards(facts: Facts) -> Iterator[Exchange]:
        """The first turns with a call that started after a task with variables had ended."""
        ended = (work.turn.over.ended for work in _works(facts, kind) if work.turn.over is not None)
        first = min(ended, default=None)
        for work in facts.works:
            if first is not None and work.turn.number == 1 and work.turn.began > first and work.calls:
                yield work.sent

    return {
        "place": [
            Order(lambda facts: ([each] * len(given) for each, given in _creations(facts, kind))),
            When(again=_in_both_maps),
        ],
        "name": [
            Names(
                lambda facts: ([(each, name) for name in given] for each, given in _creations(facts, kind)),
                frozenset({"nearly_same"}),
            ),
            When(same=with_other_values),
        ],
        "moment": When(
            during=lambda facts: (w.sent for w in _works(facts, kind) if w.turn.number == 1 and _uses(w)),
            at_once=lambda facts: (other.sent for _, other in facts.together(_works(facts, kind))),
        ),
        "spelling": lambda facts: (e for e, given in _creations(facts, kind) if given and is_spelled(e)),
        "end": used_afterwards,
    }


def _values(facts: Facts) -> Iterator[tuple[Exchange, str | int]]:
    for each, given in _creations(facts, ENV):
        yield from ((each, value) for value in given.values() if isinstance(value, str))


def _secret_numbers(facts: Facts) -> Iterator[tuple[Exchange, int]]:
    """The numbers of secrets of tasks that have a variable of either kind."""
    for (each, env), (_, secrets) in zip(_creations(facts, ENV), _creations(facts, SECRETS), strict=True):
        if env or secrets:
            yield each, len(secrets)


def _shown_everywhere(facts: Facts) -> Iterator[Exchange]:
    for task in facts.tasks:
        if task.read and len({view.is_stream for view in task.views}) > 1 and _given(task, SECRETS):
            yield task.read[0]


def _printed_in_pieces(facts: Facts) -> Iterator[Exchange]:
    for _, stream in facts.streams:
        # A secret in one event is found in it; one split over several only in all of them together.
        alone = sum(len(PLACEHOLDER.findall(text)) for text in stream.texts)
        if len(PLACEHOLDER.findall("".join(stream.texts))) > alone:
            yield stream.exchange


VARIABLE = noun(
    **_shared(ENV),
    count=Numbers(lambda facts: ((each, len(given)) for each, given in _creations(facts, ENV)), many=MANY),
    size=Sizes(_values, large=4096),
    view=lambda facts: (work.sent for work in _works(facts, ENV) if work.task.read and _uses(work)),
    cut=lambda facts: (each for each, body in facts.bodies if is_broken(each) and body.fields.get(ENV)),
)
SECRET = noun(
    **_shared(SECRETS),
    count=Numbers(_secret_numbers, many=MANY),
    view=_shown_everywhere,
    cut=_printed_in_pieces,
)
