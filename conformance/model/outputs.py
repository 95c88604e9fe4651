"""The text of a turn in get_task. Pure. No page says whether it covers the last turn only (G-44)."""

from collections.abc import Iterable
from itertools import pairwise

from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values


def accumulates(tasks: Iterable[Task]) -> bool:
    """Whether the output of every later turn begins with that of the turn before and is longer."""
    told = [
        (earlier, later)
        for task in tasks
        for one, other in pairwise(task.turns)
        if (earlier := _told(task, one)) and (later := _told(task, other)) is not None
    ]
    return bool(told) and all(
        later.startswith(earlier) and len(later) > len(earlier) for earlier, later in told
    )


def output_of(task: Task, turn: Turn, *, accumulated: bool) -> str | None:
    """The text of a completed turn in get_task of the idle task; None if it is unknown.

    If outputs accumulate, it is unknown without the output of the turn before.
    """
    content = _told(task, turn)
    if content is None or turn.number == 1 or not accumulated:
        return content
    earlier = _told(task, task.turns[turn.number - 2])
    return None if earlier is None else content.removeprefix(earlier)


def _told(task: Task, turn: Turn) -> str | None:
    for exchange in task.read:
        if (
            exchange.fields.get("status") == "completed"
            and task.at_rest(exchange.started, exchange.ended) is turn
        ):
            content = json_values.fields(exchange.fields.get("output")).get("content")
            if isinstance(content, str):
                return content
    return None
