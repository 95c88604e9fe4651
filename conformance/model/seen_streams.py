"""Streams in an observation."""

from sigmic_conformance.conformance.judging.front_ends import GATHERED_REMEDY
from sigmic_conformance.conformance.model.seen import Seen
from sigmic_conformance.conformance.transcript.transcript import Exchange


def stream_without_head(seen: Seen, *statuses: str) -> tuple[Exchange, str] | None:
    """A stream without an answer, whose turn then had one of these statuses.

    Returns its exchange and a message.
    """
    task, status = seen.task, seen.fields.get("status")
    if task is None or status not in statuses:
        return None
    for each in seen.model.streams_without_head.get(task.id, ()):
        if each.started <= seen.began and task.turn_at(each.started) is seen.turn:
            seconds = (each.ended - each.started) / 1e9
            told = f"nothing came in {seconds:.1f} s though the task was {status}: it is buffered on the way"
            return each, f"{told}; {GATHERED_REMEDY}"
    return None
