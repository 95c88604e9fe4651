"""How often the traffic of each probe reached each covered cell. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.model.cells import (
    callers,
    calls,
    conversation,
    files,
    pages,
    streams,
    tasks,
    variables,
)
from sigmic_conformance.conformance.model.cells.facts import Facts
from sigmic_conformance.conformance.model.cells.heuristics import Reach
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.spec.cells import Place

NOUNS: tuple[Callable[[Facts], Reach], ...] = (
    *(tasks.task, tasks.turn, tasks.session, conversation.message, conversation.answer),
    *(streams.event, streams.reader, calls.call, calls.result, calls.approval, calls.subagent),
    *(files.file, files.archive_entry, variables.variable, variables.secret),
    *(callers.token, callers.end_user, callers.app, callers.project, pages.page),
)
"""A function for each noun of the table, with its name."""
Reached = Mapping[Place, Mapping[str, int]]
"""Per cell: how often the traffic of each probe reached it."""


def reaches(model: Model) -> Mapping[Place, list[str]]:
    """Every cell that can be counted, with the probe of each time that a run reached it."""
    run = Facts(model)
    found: dict[Place, list[str]] = {}
    for noun in NOUNS:
        for cell, exchanges in noun(run).items():
            place = Place(noun.__name__.replace("_", " "), *cell.split("="))
            found[place] = [each.probe for each in exchanges]
    return found


def reached(*models: Model) -> Reached:
    """The cells that the runs of these models reached: one model for each shard."""
    found: dict[Place, Counter[str]] = defaultdict(Counter)
    for model in models:
        for place, probes in reaches(model).items():
            if probes:
                found[place].update(probes)
    return found


def reached_by(record: Record) -> Reached:
    """The cells that a recorded run reached."""
    return reached(*map(Model, record.by_shard()))
