"""The text of a turn in get_task. Pure. No page says whether it covers the last turn only (G-44)."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange


def pairs_of_outputs(tasks: Iterable[Task]) -> Iterator[tuple[str, Exchange]]:
    """The output of each turn with one, and the answer that shows that of the next turn."""
    for task in tasks:
        for one, other in pairwise(task.turns):
            earlier, later = _told(task, one), _told(task, other)
            if earlier is not None and later is not None and _content(earlier):
                yield _content(earlier), later


def accumulates(tasks: Iterable[Task]) -> bool | None:
    """Whether the output of every later turn begins with that of the turn before and is longer.

    None if no output of a later turn was read after one of the turn before.
    """
    told = [(earlier, _content(later)) for earlier, later in pairs_of_outputs(tasks)]
    if not told:
        return None
    return all(later.startswith(earlier) and len(later) > len(earlier) for earlier, later in told)


def output_of(task: Task, turn: Turn, *, accumulated: bool | None) -> str | None:
    """The text of a completed turn in get_task of the idle task; None if it is unknown.

    If outputs accumulate, or may do so, it is unknown without the output of the turn before.
    """
    shown = _told(task, turn)
    if shown is None or turn.number == 1 or accumulated is False:
        return None if shown is None else _content(shown)
    earlier = _told(task, task.turns[turn.number - 2])
    return None if earlier is None else _content(shown).removeprefix(_content(earlier))


def _content(exchange: Exchange) -> str:
    return json_values.word(json_values.fields(exchange.fields.get("output")).get("content"))


def _told(task: Task, turn: Turn) -> Exchange | None:
    """The first answer of get_task that shows the output of a completed turn."""
    for exchange in task.read:
        if (
            exchange.fields.get("status") == "completed"
            and task.turns.at_rest(exchange.started, exchange.ended) is turn
        ):
            content = json_values.fields(exchange.fields.get("output")).get("content")
            if isinstance(content, str):
                return exchange
    return None
