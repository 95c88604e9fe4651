"""Streams that an observation tells of."""

from sigmic_conformance.conformance.judging.front_ends import GATHERED_REMEDY
from sigmic_conformance.conformance.model.operations import STREAM
from sigmic_conformance.conformance.model.seen import Seen
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange


def stream_without_head(seen: Seen, *statuses: str) -> tuple[Exchange, str] | None:
    """A stream of which nothing came though this read then told its turn to be in one of these states.

    Returns its exchange, and what to say of it.
    """
    task, status = seen.task, seen.fields.get("status")
    if task is None or status not in statuses:
        return None
    for each in seen.model.exchanges:
        if (
            each.status is None
            and each.closed is Closed.DEADLINE
            and each.task == task.id
            and seen.model.operation(each) == STREAM
            and each.started <= seen.began
            and task.turn_at(each.started) is task.turn_at(seen.began)
        ):
            seconds = (each.ended - each.started) / 1e9
            told = f"nothing came in {seconds:.1f} s though the task was {status}: it is buffered on the way"
            return each, f"{told}; {GATHERED_REMEDY}"
    return None
