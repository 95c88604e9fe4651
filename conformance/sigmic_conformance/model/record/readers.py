"""Streams that checks ask for: buffered on the way, of a complete run, of an answer in many pieces. Pure."""

from sigmic_conformance.model.record.front_ends import GATHERED_REMEDY
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Closed


def held_back(record: Record, probe: str, label: str, meanwhile: str) -> str | None:
    """The message about a stream without any data although the task ran; None if data arrived."""
    opened, states = record.labelled(probe, label), record.labelled(probe, meanwhile)
    if not opened or not states or opened[-1].status is not None or opened[-1].closed is not Closed.DEADLINE:
        return None
    status = states[-1].fields.get("status")
    if not json_values.one_of(status, {"running", "awaiting_approval"}):
        return None
    seconds = (opened[-1].ended - opened[-1].started) / 1e9
    told = f"nothing came in {seconds:.1f} s though the task was {status}: it is buffered on the way"
    return f"{told}; {GATHERED_REMEDY}"


def many_events_reader(record: Record, name: str) -> Stream:
    """A reader that received the answer live; NotReached if it connected after the end."""
    stream = record.stream("many_events", f"{record.fact('many_events', 'attempt')}: {name}")
    if stream.is_streaming is False:
        raise NotReached(f"the answer was over before the {name} reader had come")
    return stream
