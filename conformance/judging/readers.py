"""Readers of a stream that several judges ask for: the first, the late, the quick and the slow. Pure."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.record import NotReached, NotRecorded, Record
from sigmic_conformance.conformance.transcript.stream import Stream

MANY_EVENTS = "many_events"


def runs(record: Record) -> Iterator[Stream]:
    """Streams that heard a run from its start to its orderly end."""
    for stream in record.streams():
        if stream.is_streaming and stream.complete and stream.terminal is not None:
            yield stream


def joiners(record: Record) -> list[Stream]:
    """The readers of the three-command task who joined at several moments and heard it to its end."""
    attempt = record.fact("tool_task", "attempt")
    return [
        stream
        for stream in record.streams("tool_task")
        if stream.exchange.label.startswith(f"{attempt}: joins") and stream.complete
    ]


def live_reader(record: Record) -> Stream:
    """A reader of the easy task who heard it live; NotReached when it was over before anybody listened."""
    for label in ("first reader", "second reader"):
        stream = record.stream("easy_task", label)
        if stream.is_streaming:
            return stream
    raise NotReached("the task was finished before a reader was there")


def whole(record: Record) -> Stream:
    """The reader of the three-command task from its start."""
    return record.stream("tool_task", f"{record.fact('tool_task', 'attempt')}: whole")


def many_events_reader(record: Record, name: str) -> Stream:
    """A reader who heard the answer live; NotReached for one who came when it was over."""
    stream = record.stream(MANY_EVENTS, f"{record.fact(MANY_EVENTS, 'attempt')}: {name}")
    if stream.is_streaming is False:
        raise NotReached(f"the answer was over before the {name} reader had come")
    return stream


def many_events_answer(record: Record) -> str:
    """The answer of that task as it was saved."""
    data = record.exchange(MANY_EVENTS, "finished").data
    output = data.get("output") if isinstance(data, dict) else None
    content = output.get("content") if isinstance(output, dict) else None
    if not isinstance(content, str):
        raise NotRecorded("the finished task tells no output.content")
    return content
