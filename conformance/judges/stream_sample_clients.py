"""STREAM, what existing clients can read: the parsers of the documentation's samples over every stream."""

from collections.abc import Callable

from sigmic_conformance.conformance.judging import sample_clients as clients
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.stream_lines import every_stream, lines
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.beat import HeartbeatWindow
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.sse import Line, Terminator
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE,)


def client_agrees(record: Record, client: Callable[[bytes], list[tuple[str, object]]], name: str) -> Verdict:
    """A documented client finds the same events as the standard does, each with parseable JSON.

    The Python sample also cuts `data: ` out of the middle of a text, so texts are not compared.
    """

    def look(stream: Stream) -> tuple[bool, str, int | None]:
        ours = [(event.type, event.payload is not None) for event in stream.events]
        # A stream that was cut has an unfinished event at its end: no client can be blamed for that.
        leftover = stream.body.leftover
        body = stream.exchange.body[: leftover.start if leftover else None]
        theirs = [(kind, isinstance(value, dict)) for kind, value in client(body)]
        if theirs == ours:
            return True, f"{name} reads all {plural(len(ours), 'event')}", None
        at = next(
            (n for n, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), len(theirs)
        )
        offset = stream.events[at].offset if at < len(stream.events) else None
        return False, f"{name} loses or changes event {at + 1} of {len(ours)}", offset

    return every_stream(record, "client-breaks", f"{name} reads every event", look)


@judge("STREAM-014", *STREAMS, sweep=True)
def no_ids_no_retry(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        found = next((line for line in lines(stream) if line.name in {"id", "retry"}), None)
        return found is None, f"a line {found.name!r}" if found else "neither", found.start if found else None

    return every_stream(record, "id-or-retry-sent", "no id and no retry lines", look)


@judge("STREAM-015", *STREAMS, sweep=True)
def node_sample_reads_it(record: Record) -> Verdict:
    return client_agrees(record, clients.node_sample, "the Node sample")


@judge("STREAM-016", *STREAMS, HeartbeatWindow.PROBE, sweep=True)
def comments_stand_alone(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        mixed = next((each for each in stream.body.blocks if each.comments and each.fields), None)
        observed = (
            "a comment inside an event's block"
            if mixed
            else f"{plural(len(stream.comments), 'comment')}, all alone"
        )
        return mixed is None, observed, mixed.start if mixed else None

    return every_stream(record, "comment-in-event", "comments in separate blocks", look)


@judge("STREAM-017", *STREAMS, sweep=True)
def python_sample_reads_it(record: Record) -> Verdict:
    return client_agrees(record, clients.python_sample, "the Python sample")


@judge("STREAM-033", *STREAMS, sweep=True)
def exact_framing(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        if any(each is not Terminator.LF for each in stream.body.terminators):
            return False, "a line that does not end with LF alone", None
        for block in stream.body.blocks:
            if block.fields and not _exact(block.lines):
                return False, "another arrangement of lines", block.start
        return True, f"{plural(len(stream.events), 'event')} in the exact form", None

    return every_stream(record, "other-framing", "`event: ` line, one `data: ` line, blank line, LF", look)


def _exact(found: tuple[Line, ...]) -> bool:
    return [line.name for line in found] == ["event", "data"] and all(line.spaced for line in found)
