"""STREAM: the bytes of every recorded stream, its headers, and requests for a stream."""

import json
from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.stream_lines import every_stream, lines
from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS
from sigmic_conformance.conformance.judging.verdict import (
    Outcome,
    Unproven,
    Verdict,
    inapplicable,
    inconclusive,
)
from sigmic_conformance.conformance.labels.auth import Strangers, UnknownTask
from sigmic_conformance.conformance.labels.conversation import AwkwardText, EasyTask
from sigmic_conformance.conformance.labels.http_paths import AcceptHeaders
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.sse import Line
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange, Framing
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE,)
FIELDS = frozenset({"event", "data", "id", "retry"})


def stream_answers(record: Record) -> Iterator[Exchange]:
    """Accepted answers of stream_task, whatever they are."""
    return (
        exchange
        for exchange in record.exchanges()
        if exchange.operation == "stream_task" and exchange.succeeded
    )


@judge("STREAM-001", *STREAMS, sweep=True)
def media_type(record: Record) -> Verdict:
    observations = Observations("wrong-type", "200 and text/event-stream")
    for exchange in stream_answers(record):
        holds = exchange.status == 200 and exchange.media_type == "text/event-stream"
        observations.add(holds, exchange, f"{exchange.status} {exchange.header('content-type')!r}")
    return observations.verdict()


@judge("STREAM-002", *STREAMS, sweep=True)
def charset(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        value = stream.exchange.header("content-type") or ""
        parameters = [part.strip().lower() for part in value.split(";")[1:]]
        charsets = [
            part.partition("=")[2].strip(' "')
            for part in parameters
            if part.partition("=")[0].strip() == "charset"
        ]
        return all(each == "utf-8" for each in charsets), value, None

    return every_stream(record, "wrong-charset", "utf-8 or no charset", look)


@judge("STREAM-003", *STREAMS, sweep=True)
def valid_utf_8(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        defect = next((each for each in stream.body.defects if each.kind == "invalid-utf-8"), None)
        size = stream.exchange.size
        if defect is None:
            return True, f"{plural(size, 'byte')} of UTF-8", None
        return False, f"invalid byte at offset {defect.offset}", defect.offset

    return every_stream(record, "invalid-utf-8", "valid UTF-8", look)


@judge("STREAM-004", *STREAMS, sweep=True)
def byte_order_mark(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        defect = next((each for each in stream.body.defects if each.kind == "bom-inside"), None)
        where = "at the beginning" if stream.body.had_bom else "nowhere"
        if defect is None:
            return True, f"a byte order mark {where}", None
        return False, f"a byte order mark at offset {defect.offset}", defect.offset

    return every_stream(record, "late-bom", "a byte order mark at the very beginning or nowhere", look)


@judge("STREAM-005", *STREAMS, sweep=True)
def event_and_data(record: Record) -> Verdict:
    observations = Observations("incomplete-event", "an event field, a data field, a blank line")
    for stream in record.streams():
        for block in stream.body.blocks:
            names = [line.name for line in block.fields]
            kinds = names.count("event")
            # Several data lines are one payload; a second event line is a second event.
            if kinds > 1:
                observed = f"a block with the fields {names}"
                observations.broken(stream.exchange, observed, offset=block.start, reason="merged-events")
            elif ("data" in names) != (kinds == 1):
                observations.broken(stream.exchange, f"a block with the fields {names}", offset=block.start)
        observations.holds(stream.exchange, f"{plural(len(stream.events), 'event')} with type and data")
    return observations.verdict()


@judge("STREAM-006", *STREAMS, sweep=True)
def data_is_json(record: Record) -> Verdict:
    observations = Observations("not-a-json-object", "one JSON object")
    for stream in record.streams():
        for event in stream.events:
            observed = f"{event.type}: {brief(event.data)}"
            observations.add(event.payload is not None, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


@judge("STREAM-007", *STREAMS, sweep=True)
def last_event_is_closed(record: Record) -> Verdict:
    observations = Observations("unterminated-event", "a blank line after the last event")
    for stream in record.streams():
        if stream.complete:
            leftover = stream.body.leftover
            fields = leftover is not None and bool(leftover.fields)
            observed = "bytes after the last blank line" if fields else "ends with a blank line"
            observations.add(
                not fields, stream.exchange, observed, offset=leftover.start if leftover else None
            )
    return observations.verdict()


@judge("STREAM-008", AwkwardText.PROBE)
def line_breaks_survive(record: Record) -> Verdict:
    observations = Observations(
        "text-broken", "texts with CR, LF and `data:` are returned unchanged inside one event"
    )
    message = record.fact(AwkwardText.MESSAGE)
    for label in (AwkwardText.RUN, AwkwardText.REPLAY):
        stream = record.stream(label)
        found = [each.get("content") for each in stream.messages]
        observations.add(
            message in found,
            stream.exchange,
            f"{label}: the message is {'whole' if message in found else found}",
        )
    printed = record.stream(record.fact(AwkwardText.PRINTED))
    word = record.fact(AwkwardText.WORD)
    if not any(word in event.data for event in printed.of("tool_call")):
        verdict = observations.verdict()
        unheard = inconclusive(Unproven.STIMULUS_NOT_REACHED, "no stream had a command that prints them")
        return verdict if verdict.outcome is Outcome.FAILED else unheard
    outputs = [str(event.get("output")) for event in printed.of("tool_result")]
    whole = any(f"{word}\r\n\r\ndata: x\n\nevent: done" in output for output in outputs)
    observations.add(whole, printed.exchange, f"tool output {outputs!r}")
    return observations.verdict()


@judge("STREAM-009", AwkwardText.PROBE)
def separators_survive(record: Record) -> Verdict:
    observations = Observations("text-changed", "U+2028, U+2029 and U+0085 survive")
    for label in (AwkwardText.RUN, AwkwardText.REPLAY):
        stream = record.stream(label)
        text = "".join(str(each.get("content")) for each in stream.messages if each.get("role") == "user")
        missing = [f"U+{ord(each):04X}" for each in "\u2028\u2029\u0085" if each not in text]
        observations.add(not missing, stream.exchange, f"{label}: missing {missing or 'none'}")
    return observations.verdict()


@judge("STREAM-010", *STREAMS, sweep=True)
def known_fields(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        odd = next((line for line in lines(stream) if not line.is_comment and line.name not in FIELDS), None)
        return odd is None, f"field {odd.name!r}" if odd else "known fields only", odd.start if odd else None

    return every_stream(record, "unknown-field", "comments and the fields event, data, id and retry", look)


@judge("STREAM-011", *STREAMS, sweep=True)
def retry_is_digits(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        for line in lines(stream):
            if line.name == "retry" and not (line.value.isascii() and line.value.isdigit()):
                return False, f"retry {line.value!r}", line.start
        return True, "retry is digits or not sent", None

    return every_stream(record, "bad-retry", "ASCII digits", look)


@judge("STREAM-012", *STREAMS, sweep=True)
def ids_without_nul(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        bad = next((line for line in lines(stream) if line.name == "id" and "\0" in line.value), None)
        return bad is None, "an id with NUL" if bad else "no NUL in an id", bad.start if bad else None

    return every_stream(record, "nul-in-id", "no NUL in an id", look)


@judge("STREAM-013", *STREAMS, sweep=True)
def ids_differ(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        ids = [line.value for line in lines(stream) if line.name == "id"]
        return len(ids) == len(set(ids)), f"{plural(len(ids), 'id')}, {len(set(ids))} different", None

    return every_stream(record, "repeated-id", "ids that differ, or none", look)


@judge("STREAM-018", *STREAMS, sweep=True)
def server_closes(record: Record) -> Verdict:
    observations = Observations("left-open", "the server closes after the last event")
    for stream in record.streams():
        last = stream.last
        if last is not None and stream.was_awaited(CLOSE_SECONDS):
            observations.add(stream.complete, stream.exchange, f"after {last.type}: {stream.exchange.closed}")
    return observations.verdict()


@judge("STREAM-019", *STREAMS, sweep=True)
def one_framing(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        both = stream.exchange.header("transfer-encoding") and stream.exchange.header("content-length")
        return not both, f"framing {stream.exchange.framing}", None

    return every_stream(record, "two-framings", "Transfer-Encoding without Content-Length", look)


@judge("STREAM-020", *STREAMS, sweep=True)
def chunked_end(record: Record) -> Verdict:
    observations = Observations("cut-connection", "the zero-length chunk")
    streams = list(record.streams())
    chunked = [each for each in streams if each.exchange.framing is Framing.CHUNKED]
    if streams and not chunked:
        return inapplicable("no stream of this target is chunked")
    # One that was left open is another row's story.
    ours = {Closed.HUNG_UP, Closed.DEADLINE}
    ended = [each for each in chunked if each.last is not None and each.exchange.closed not in ours]
    # A network cuts one stream or another; a platform that does not end its streams cuts most of them.
    cut = [each for each in ended if each.exchange.closed in {Closed.RESET, Closed.TRUNCATED}]
    passing = len(cut) * 2 < len(ended)
    for stream in ended:
        exchange = stream.exchange
        if stream not in cut or not passing:
            observations.add(stream.complete, exchange, f"{exchange.closed} {exchange.error}".strip())
    return observations.verdict()


@judge("STREAM-021", *STREAMS, sweep=True)
def not_compressed(record: Record) -> Verdict:
    observations = Observations("compressed", "no Content-Encoding if the request accepts none")
    for exchange in stream_answers(record):
        if not any(name.lower() == "accept-encoding" for name, _ in exchange.sent.headers):
            observations.add(
                not exchange.encoded, exchange, f"Content-Encoding {exchange.header('content-encoding')!r}"
            )
    return observations.verdict()


@judge("STREAM-027", *STREAMS, sweep=True)
def stream_headers(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        found = [
            stream.exchange.header(name)
            for name in ("cache-control", "x-accel-buffering", "content-encoding")
        ]
        return found == ["no-store", "no", None], f"{found}", None

    return every_stream(record, "wrong-headers", "no-store, X-Accel-Buffering no, not compressed", look)


@judge("STREAM-028", AcceptHeaders.PROBE)
def last_event_id_is_ignored(record: Record) -> Verdict:
    observations = Observations("stream-differs", "the same stream as without Last-Event-ID")
    plain = record.exchange(AcceptHeaders.ACCEPT)
    for exchange in record.labelled(AcceptHeaders.LAST_EVENT_ID):
        holds = exchange.is_stream and types_of(record, exchange) == types_of(record, plain)
        observations.add(holds, exchange, summary(exchange))
    return observations.verdict()


def types_of(record: Record, exchange: Exchange) -> list[tuple[str, str]]:
    """Types and data of a stream's events."""
    return [(event.type, event.data) for event in record.read(exchange).events]


@judge("STREAM-029", AcceptHeaders.PROBE)
def accept_variants(record: Record) -> Verdict:
    observations = Observations("refused", "a stream")
    for exchange in record.labelled(AcceptHeaders.ACCEPT):
        accept = next((value for name, value in exchange.sent.headers if name == "Accept"), "missing")
        observations.add(exchange.is_stream, exchange, f"Accept {accept}: {summary(exchange)}")
    return observations.verdict()


@judge("STREAM-030", UnknownTask.PROBE, Strangers.PROBE)
def refusals_are_json(record: Record) -> Verdict:
    observations = Observations("not-the-envelope", "a 4xx JSON envelope and no event stream")
    for exchange in record.exchanges():
        stranger = exchange.probe == Strangers.PROBE and exchange.role != "owner"
        if exchange.operation == "stream_task" and (stranger or exchange.probe == UnknownTask.PROBE):
            body = exchange.json()
            no = exchange.refused or exchange.code == "JWT_NOT_CONFIGURED"
            holds = no and isinstance(body, dict) and body.get("success") is False
            observations.add(
                holds and exchange.media_type != "text/event-stream", exchange, summary(exchange)
            )
    return observations.verdict()


@judge("STREAM-032", *STREAMS, sweep=True)
def no_redirect(record: Record) -> Verdict:
    observations = Observations("redirected", "no redirect")
    for exchange in record.exchanges():
        if exchange.operation == "stream_task" and exchange.status is not None:
            observations.add(not 300 <= exchange.status < 400, exchange, summary(exchange))
    return observations.verdict()


@judge("STREAM-034", *STREAMS, sweep=True)
def no_half_events(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        for block in stream.body.blocks:
            names = {line.name for line in block.fields}
            if "event" in names and "data" not in names:
                return False, "an event line without its data: the block was cut in two", block.start
            if "data" in names and "event" not in names and not _parses(block.lines):
                return False, "data without its event line: the block was cut in two", block.start
        return True, f"{plural(len(stream.body.blocks), 'block')}, none cut", None

    return every_stream(record, "half-event", "no event is cut by a comment or heartbeat", look)


def _parses(found: tuple[Line, ...]) -> bool:
    try:
        json.loads("\n".join(line.value for line in found if line.name == "data"))
    except (ValueError, RecursionError):
        return False
    return True
