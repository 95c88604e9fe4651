"""How often the traffic of each probe reached each covered cell. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping

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
from sigmic_conformance.conformance.model.cells.counters import Noun
from sigmic_conformance.conformance.model.cells.facts import Facts
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.spec.cells import Place

NOUNS: Mapping[str, Noun] = {
    "task": tasks.TASK,
    "turn": tasks.TURN,
    "session": tasks.SESSION,
    "message": conversation.MESSAGE,
    "answer": conversation.ANSWER,
    "event": streams.EVENT,
    "reader": streams.READER,
    "call": calls.CALL,
    "result": calls.RESULT,
    "approval": calls.APPROVAL,
    "subagent": calls.SUBAGENT,
    "file": files.FILE,
    "archive entry": files.ENTRY,
    "variable": variables.VARIABLE,
    "secret": variables.SECRET,
    "token": callers.TOKEN,
    "end user": callers.USER,
    "app": callers.APP,
    "project": callers.PROJECT,
    "page": pages.PAGE,
}
Reached = Mapping[Place, Mapping[str, int]]
"""Per cell: how often the traffic of each probe reached it."""


def reached(*models: Model) -> Reached:
    """The cells that the runs of these models reached: one model for each shard."""
    found: dict[Place, Counter[str]] = defaultdict(Counter)
    for facts in map(Facts, models):
        for noun, heuristics in NOUNS.items():
            for heuristic, counters in heuristics.items():
                for value, exchange in (each for counter in counters for each in counter(facts)):
                    found[Place(noun, heuristic, value)][exchange.probe] += 1
    return found


def reached_by(record: Record) -> Reached:
    """The cells that a recorded run reached."""
    return reached(*map(Model, record.by_shard()))
