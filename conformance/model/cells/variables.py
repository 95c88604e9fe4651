"""The variables and secrets of tasks. A run records a placeholder instead of a secret. Pure."""

from collections.abc import Iterator, Mapping

from sigmic_conformance.conformance.model.cells.facts import Facts, Work, broken, spelled
from sigmic_conformance.conformance.model.cells.heuristics import Reach, near, numbers, order, sizes
from sigmic_conformance.conformance.model.conversation import Said
from sigmic_conformance.conformance.transcript import json_values
from sigmic_conformance.conformance.transcript.redaction import PLACEHOLDER
from sigmic_conformance.conformance.transcript.transcript import Exchange

MANY = 10
ENV, SECRETS = "env", "secrets"


def variable(run: Facts) -> Reach:
    """The cells of variables."""
    given = [(said.exchange, _given(said, ENV)) for said in _creations(run)]
    texts = ((e, value) for e, values in given for value in values.values() if isinstance(value, str))
    return {
        **_of_both(run, ENV),
        **numbers(((e, len(values)) for e, values in given), many=MANY),
        **sizes(texts, large=4096),
        "view=several": (work.sent for work in _works(run, ENV) if work.task.read and _uses(work)),
        "cut=middle": broken(e for e, body in run.bodies if body.fields.get(ENV)),
    }


def secret(run: Facts) -> Reach:
    """The cells of secrets."""
    both = [(said.exchange, _given(said, ENV), _given(said, SECRETS)) for said in _creations(run)]
    # A secret in one event is found in it; one split over several only in all of them together.
    alone = ((each, sum(len(PLACEHOLDER.findall(text)) for text in each.texts)) for each in run.streams)
    return {
        **_of_both(run, SECRETS),
        **numbers(((e, len(secrets)) for e, env, secrets in both if env or secrets), many=MANY),
        "view=several": (
            task.read[0]
            for task in run.tasks
            if task.read and len({view.is_stream for view in task.views}) > 1
            if task.creation is not None and _given(task.creation, SECRETS)
        ),
        "cut=middle": (
            each.exchange for each, number in alone if len(PLACEHOLDER.findall("".join(each.texts))) > number
        ),
    }


def _of_both(run: Facts, kind: str) -> Reach:
    """The cells that variables and secrets share."""
    creations = [(said.exchange, _given(said, kind)) for said in _creations(run)]
    works = _works(run, kind)
    ended = [work.turn.over.ended for work in works if work.turn.over is not None]
    return {
        **order([e] * len(given) for e, given in creations),
        "place=again": (
            said.exchange
            for said in _creations(run)
            if _given(said, ENV).keys() & _given(said, SECRETS).keys()
        ),
        "name=same": _with_other_values(creations),
        "name=nearly_same": (e for e, given in creations for e in near((e, name) for name in given)),
        "moment=during": (work.sent for work in works if work.turn.number == 1 and _uses(work)),
        "moment=at_once": (other.sent for _, other in run.together(works)),
        "spelling=other": spelled(e for e, given in creations if given),
        # The first turns with a call that started after a task with variables had ended.
        "end=after": (
            work.sent
            for work in run.works
            if ended and work.turn.number == 1 and work.turn.began > min(ended) and work.calls
        ),
    }


def _with_other_values(creations: list[tuple[Exchange, Mapping[str, object]]]) -> Iterator[Exchange]:
    """The creations that give a name a different value than an earlier one."""
    seen: dict[str, object] = {}
    for exchange, given in creations:
        if any(seen.get(name, value) != value for name, value in given.items()):
            yield exchange
        seen |= given


def _creations(run: Facts) -> list[Said]:
    return [said for said in run.creations if said.asked.known]


def _given(said: Said, kind: str) -> Mapping[str, object]:
    return json_values.fields(said.asked.fields.get(kind))


def _works(run: Facts, kind: str) -> list[Work]:
    """The turns of tasks with values of a kind."""
    return [work for work in run.works if work.task.creation and _given(work.task.creation, kind)]


def _uses(work: Work) -> bool:
    return any(call.result is not None for call in work.calls)
