"""The bytes of a stream, from headers and event-stream grammar to what the sample clients can read."""

import json
import re
import zlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging import sample_clients as clients
from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import (
    held_back,
    joiners,
    many_events_reader,
    whole,
)
from sigmic_conformance.conformance.judging.record import NotReached, NotRecorded, Record
from sigmic_conformance.conformance.judging.stream_lines import every_stream, lines
from sigmic_conformance.conformance.judging.timing import (
    CLOSE_SECONDS,
    NANO,
    SLACK_SECONDS,
    Comparison,
    compare,
    jitter,
    noisy,
)
from sigmic_conformance.conformance.judging.verdict import (
    Outcome,
    Unproven,
    Verdict,
    inapplicable,
    inconclusive,
)
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.auth import Strangers, UnknownTask
from sigmic_conformance.conformance.labels.beat import HeartbeatWindow
from sigmic_conformance.conformance.labels.conversation import AwkwardText, ToolTask
from sigmic_conformance.conformance.labels.http_paths import AcceptHeaders
from sigmic_conformance.conformance.labels.stream import (
    ForeignEventIds,
    LargeEvent,
    ManyEvents,
    TokenEndsWhileStreaming,
)
from sigmic_conformance.conformance.model.calls import EXECUTING, SUCCESS
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.conformance.model.operations import STREAM
from sigmic_conformance.conformance.model.requests import Certainty, Form
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.seen_turns import output_told, turn_told
from sigmic_conformance.conformance.registry import check, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.sse import Line, Terminator
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Chunk, Closed, Exchange, Framing
from sigmic_conformance.spec.plural import plural

FIELDS = frozenset({"event", "data", "id", "retry"})


COMMAND_SECONDS = 1.0


MOMENTS = NANO // 4


DISCRETE = frozenset({"tool_call", "tool_result", "done", "error"})


LARGE_BYTES = 1_000_000


STALL_SECONDS = 1.0


SHARE = 2


MANY = 20


TOGETHER = NANO // 4


_LINES = re.compile("[\r\n]")


_FIELDS = frozenset({"event", "data", "id", "retry", ""})


_SEPARATORS = re.compile("[\u2028\u2029\u0085]")


def stream_answers(record: Record) -> Iterator[Exchange]:
    """Accepted answers of stream_task, whatever they are."""
    return (
        exchange
        for exchange in record.exchanges()
        if exchange.operation == "stream_task" and exchange.succeeded
    )


@check_record("STREAM-001")
def media_type(record: Record) -> Verdict:
    observations = Observations("wrong-type", "200 and text/event-stream")
    for exchange in stream_answers(record):
        holds = exchange.status == 200 and exchange.media_type == "text/event-stream"
        observations.add(holds, exchange, f"{exchange.status} {exchange.header('content-type')!r}")
    return observations.verdict()


@check_record("STREAM-002")
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


@check_record("STREAM-003")
def valid_utf_8(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        defect = next((each for each in stream.body.defects if each.kind == "invalid-utf-8"), None)
        size = stream.exchange.size
        if defect is None:
            return True, f"{plural(size, 'byte')} of UTF-8", None
        return False, f"invalid byte at offset {defect.offset}", defect.offset

    return every_stream(record, "invalid-utf-8", "valid UTF-8", look)


@check_record("STREAM-004")
def byte_order_mark(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        defect = next((each for each in stream.body.defects if each.kind == "bom-inside"), None)
        where = "at the beginning" if stream.body.had_bom else "nowhere"
        if defect is None:
            return True, f"a byte order mark {where}", None
        return False, f"a byte order mark at offset {defect.offset}", defect.offset

    return every_stream(record, "late-bom", "a byte order mark at the very beginning or nowhere", look)


@check_record("STREAM-005")
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


@check_record("STREAM-006")
def data_is_json(record: Record) -> Verdict:
    observations = Observations("not-a-json-object", "one JSON object")
    for stream in record.streams():
        for event in stream.events:
            observed = f"{event.type}: {brief(event.data)}"
            observations.add(event.payload is not None, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


@check_record("STREAM-007")
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


@check_record("STREAM-008")
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


def _kept(seen: Seen, odd: re.Pattern[str]) -> Findings:
    """The messages with such a character that clients sent as JSON are in the stream's history unchanged."""
    if seen.task is None or seen.view is None or seen.stream is None:
        return
    for said in seen.task.said:
        text = said.asked.message
        plain = text is not None and said.asked.form is Form.JSON and odd.search(text.strip())
        if text is None or not plain or not said.exchange.succeeded or said.answered > seen.view.began:
            continue
        same = any(shapes.word(each.get("content")).strip() == text.strip() for each in seen.view.of_user)
        shown = (
            "it is replayed so"
            if same
            else f"{plural(len(seen.view.of_user), 'message')} of the user, none of them it"
        )
        yield says(same, f"the message was {text[:60]!r}", shown)


@check("STREAM-008", STREAM, reason="text-changed")
def line_breaks_survive_stream_text(seen: Seen) -> Findings:
    """A message of several lines is replayed in one event as it was sent."""
    yield from _kept(seen, _LINES)


def _is_json(text: str) -> bool:
    try:
        return isinstance(shapes.read(text), dict)
    except ValueError:
        return False


@check("STREAM-008", STREAM, reason="text-broken")
def no_text_ends_its_line(seen: Seen) -> Findings:
    """No data line with others behind it is half a value, of which those are the rest."""
    for block in seen.stream.body.blocks if seen.stream is not None else ():
        data = next((number for number, line in enumerate(block.lines) if line.name == "data"), None)
        behind = block.lines[data + 1 :] if data is not None else ()
        if data is None or not behind:
            continue
        rest = [line.raw.decode("utf-8", "replace") for line in behind if line.name not in _FIELDS]
        value = block.lines[data].value
        broken = not _is_json(value) and _is_json("\\n".join([value, *rest]))
        known = f"the event at byte {block.start} has a data line"
        yield says(not broken, known, "it is cut by a line break" if broken else "whole", offset=block.start)


@check("STREAM-009", STREAM, reason="text-changed")
def separators_survive_stream_text(seen: Seen) -> Findings:
    """A message with a Unicode line separator is replayed as it was sent."""
    yield from _kept(seen, _SEPARATORS)


@check_record("STREAM-010")
def known_fields(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        odd = next((line for line in lines(stream) if not line.is_comment and line.name not in FIELDS), None)
        return odd is None, f"field {odd.name!r}" if odd else "known fields only", odd.start if odd else None

    return every_stream(record, "unknown-field", "comments and the fields event, data, id and retry", look)


@check_record("STREAM-011")
def retry_is_digits(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        for line in lines(stream):
            if line.name == "retry" and not (line.value.isascii() and line.value.isdigit()):
                return False, f"retry {line.value!r}", line.start
        return True, "retry is digits or not sent", None

    return every_stream(record, "bad-retry", "ASCII digits", look)


@check_record("STREAM-012")
def ids_without_nul(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        bad = next((line for line in lines(stream) if line.name == "id" and "\0" in line.value), None)
        return bad is None, "an id with NUL" if bad else "no NUL in an id", bad.start if bad else None

    return every_stream(record, "nul-in-id", "no NUL in an id", look)


@check_record("STREAM-013")
def ids_differ(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        ids = [line.value for line in lines(stream) if line.name == "id"]
        return len(ids) == len(set(ids)), f"{plural(len(ids), 'id')}, {len(set(ids))} different", None

    return every_stream(record, "repeated-id", "ids that differ, or none", look)


@check_record("STREAM-014")
def no_ids_no_retry(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        found = next((line for line in lines(stream) if line.name in {"id", "retry"}), None)
        return found is None, f"a line {found.name!r}" if found else "neither", found.start if found else None

    return every_stream(record, "id-or-retry-sent", "no id and no retry lines", look)


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


@check_record("STREAM-015")
def node_sample_reads_it(record: Record) -> Verdict:
    return client_agrees(record, clients.node_sample, "the Node sample")


@check_record("STREAM-016")
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


@check_record("STREAM-017")
def python_sample_reads_it(record: Record) -> Verdict:
    return client_agrees(record, clients.python_sample, "the Python sample")


@check_record("STREAM-018")
def server_closes(record: Record) -> Verdict:
    observations = Observations("left-open", "the server closes after the last event")
    for stream in record.streams():
        last = stream.last
        if last is not None and stream.was_awaited(CLOSE_SECONDS):
            observations.add(stream.complete, stream.exchange, f"after {last.type}: {stream.exchange.closed}")
    return observations.verdict()


@check_record("STREAM-019")
def one_framing(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        both = stream.exchange.header("transfer-encoding") and stream.exchange.header("content-length")
        return not both, f"framing {stream.exchange.framing}", None

    return every_stream(record, "two-framings", "Transfer-Encoding without Content-Length", look)


@check_record("STREAM-020")
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


def _is_chunked(stream: Stream) -> bool:
    return stream.exchange.framing is Framing.CHUNKED


def _ends_without_its_chunk(stream: Stream) -> bool:
    """Whether a chunked stream was closed at once behind its last event, without the last chunk."""
    last, exchange = stream.last, stream.exchange
    if last is None or exchange.closed is not Closed.TRUNCATED or not _is_chunked(stream):
        return False
    return stream.events[-1] is last and stream.body.leftover is None and exchange.ended - last.at < NANO


def _is_no_chance(seen: Seen, stream: Stream) -> bool:
    """Whether another stream of the task was cut at the same place, or all of the run that were cut."""
    mine = seen.task.streams if seen.task is not None else ()
    if any(_ends_without_its_chunk(each) for each in mine if each is not stream):
        return True
    every = (each for task in seen.model.tasks.values() for each in task.streams)
    cut = [each for each in every if each.exchange.closed in {Closed.TRUNCATED, Closed.RESET}]
    return len(cut) > 1 and all(map(_ends_without_its_chunk, cut))


@check("STREAM-020", STREAM, reason="cut-connection")
def last_events_are_followed_by_the_last_chunk(seen: Seen) -> Findings:
    """No two streams of a task are cut exactly behind their last event, nor of a run where none is elsewhere.

    A network may cut a stream anywhere; that it does so twice at this very place alone is no chance.
    """
    stream = seen.stream
    if stream is None or stream.last is None or not _is_chunked(stream):
        return
    cut = _ends_without_its_chunk(stream) and _is_no_chance(seen, stream)
    if stream.complete or cut:
        yield says(not cut, f"{stream.last.type} was sent", f"{seen.exchange.closed}, as another stream was")


@check_record("STREAM-021")
def not_compressed(record: Record) -> Verdict:
    observations = Observations("compressed", "no Content-Encoding if the request accepts none")
    for exchange in stream_answers(record):
        if not any(name.lower() == "accept-encoding" for name, _ in exchange.sent.headers):
            observations.add(
                not exchange.encoded, exchange, f"Content-Encoding {exchange.header('content-encoding')!r}"
            )
    return observations.verdict()


@check_record("STREAM-022")
def history_without_waiting(record: Record) -> Verdict:
    observations = Observations("held-back", "head and history although nothing happens in the task")
    held = held_back(record, HeartbeatWindow.EARLY, HeartbeatWindow.MEANWHILE)
    if held is not None:
        observations.broken(record.exchange(HeartbeatWindow.EARLY), held)
        return observations.verdict()
    for label, until in (
        (ApproveOnce.JOINS_WHILE_WAITING, ApproveOnce.APPROVE),
        (HeartbeatWindow.LATE, HeartbeatWindow.CANCEL_WITH_A_BODY),
    ):
        opened, event = record.exchange(label), record.exchange(until)
        if opened.status is None and opened.closed is Closed.DEADLINE:
            observations.broken(opened, f"{label}: no head, before anything happened")
            continue
        stream = record.stream(label)
        arrived = stream.marker.at if stream.marker else None
        seconds = ((arrived or event.started) - stream.exchange.started) / NANO
        observed = f"after {seconds:.2f} s" if arrived else f"not within {seconds:.2f} s"
        holds = arrived is not None and arrived < event.started
        observations.add(
            holds, stream.exchange, f"{label}: history_done {observed}, before anything happened"
        )
    return observations.verdict()


def _usual(model: Model) -> int | None:
    """The longest that a stream of an idle task took to its marker, in nanoseconds; None without any."""
    slowest = (each.slowest_idle_stream for each in model.tasks.values())
    return max((each for each in slowest if each is not None), default=None)


@check("STREAM-022", STREAM, reason="held-back")
def history_does_not_wait(seen: Seen) -> Findings:
    """The marker reaches who comes while a call waits or a tool runs, before anything more happens.

    Where a stream takes its time although nothing can be waited for, so may this one.
    """
    task, stream = seen.task, seen.stream
    if task is None or stream is None:
        return
    least = NANO + (_usual(seen.model) or 0)
    for call in task.calls.values():
        first = call.first
        if first is None or first.at >= seen.began:
            continue
        later = [each.at for each in call.heard if each.at > seen.began]
        later += [each.sent for each in call.decisions if each.sent > seen.began]
        ends = call.result is not None and call.result.at < seen.began
        until = min(
            [*later, *(each.started for each in task.cancellations if each.started > seen.began)], default=0
        )
        unsure = noisy(seen.model.record, ProbeName(seen.exchange.probe))
        if ends or unsure or until - seen.began < least or until > seen.ended + NANO:
            continue
        there = stream.marker is not None and stream.marker.at < until
        waited = "never" if stream.marker is None else f"after {(stream.marker.at - seen.began) / NANO:.2f} s"
        yield says(
            there, f"nothing happened for {(until - seen.began) / NANO:.1f} s", f"history_done came {waited}"
        )
        return


@check("STREAM-022", STREAM, reason="held-back")
def history_comes_while_a_command_sleeps(seen: Seen) -> Findings:
    """The marker does not wait for the result of a command that sleeps when the reader comes.

    Nothing happens while the one call sleeps: its length is told by its arguments, its end by its result. Who
    is slow with the head of every stream is known by those of tasks at rest.
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or seen.exchange.paused_at is not None:
        return
    result = next((event for event in stream.live if event.type == "tool_result"), None)
    call = task.calls.get(result.call) if result is not None else None
    sleeps = call.sleeps if call is not None else None
    if result is None or sleeps is None or result.get("status") != SUCCESS:
        return
    quiet = max(seen.began, result.at - round(sleeps * NANO))
    usual = _usual(seen.model)
    if usual is not None and quiet - seen.began < NANO and result.at - quiet > NANO + usual:
        waited = stream.marker.at - seen.began
        late = compare(
            seen.model.record, stream.marker.at - quiet - usual, ProbeName(seen.exchange.probe), over=0
        )
        together = result.at - stream.marker.at < TOGETHER
        if late is Comparison.WITHIN or (late is Comparison.BEYOND and together):
            shown = f"history_done came {waited / NANO:.2f} s after the request"
            yield says(late is Comparison.WITHIN, f"the command sleeps for {sleeps:g} s", shown)


def _caught_up(record: Record, reader: Stream, called: int, ended: int) -> bool:
    """Whether a call came with the marker, and its command may have begun as long before as it sleeps."""
    created = record.labelled(ToolTask.CREATE.of(record.fact(ToolTask.REACHED)))
    slept = any(ended - each.started >= COMMAND_SECONDS * NANO for each in created)
    return slept and reader.marker is not None and called <= reader.marker.at + MOMENTS


def _heard_by_both(first: Stream, other: Stream) -> list[tuple[int, int]]:
    """Arrival times of what both heard live; what is caught up is not compared."""
    if other.marker is None:
        return []
    mine = {event.type + event.data: event.at for event in first.live if event.type in DISCRETE}
    return [
        (mine[key], event.at)
        for event in other.live
        if event.type in DISCRETE and (key := event.type + event.data) in mine and mine[key] > other.marker.at
    ]


@check_record("STREAM-023")
def written_when_it_happens(record: Record) -> Verdict:
    observations = Observations(
        "held-back", "at the same time for two readers, and not held until the next event"
    )
    noise, first = jitter(record, ToolTask.PROBE), whole(record)
    slack = max(SLACK_SECONDS * NANO, 3 * noise)
    # An agent may call other tools beside the commands that it was asked for.
    calls = {
        event.call: event.at
        for event in first.of("tool_call")
        if not event.get("args") or "sleep" in shapes.word(event.get("args"))
    }
    for result in first.of("tool_result"):
        called = calls.get(result.call)
        if called is None:
            continue
        # Each command sleeps for a second: a call that comes with its result was held back.
        gap = result.at - called
        holds = gap + noise >= 0.4 * NANO
        if holds or not _caught_up(record, first, called, result.at):
            observed = f"a call {gap / NANO:.2f} s before its result, of a command of a second"
            observations.add(holds, first.exchange, observed, offset=result.offset)
    by_chance = ""
    for other in joiners(record):
        received = [abs(mine - theirs) for mine, theirs in _heard_by_both(first, other)]
        late = sum(apart > slack for apart in received)
        if 0 < late <= len(received) / 2:
            # Who holds events back does so with each; now and then one is late on any busy machine.
            by_chance = f"{other.exchange.label}: {late} of {len(received)} events were late"
            continue
        for apart in received:
            observed = f"{other.exchange.label}: {apart / NANO:.2f} s apart"
            if apart > slack - noise and apart <= slack + noise and noise > SLACK_SECONDS * NANO / 3:
                return inconclusive(Unproven.TIMING_NOISE, f"{observed}, noise {noise / NANO:.2f} s")
            observations.add(apart <= slack, other.exchange, observed)
    verdict = observations.verdict()
    if by_chance and verdict.outcome is Outcome.PASSED:
        return inconclusive(Unproven.TIMING_NOISE, by_chance)
    return verdict


def _live(stream: Stream, kinds: frozenset[str]) -> Iterator[StreamEvent]:
    """What a reader heard live, and not as catch-up: some moments behind the marker."""
    joined = stream.marker.at + NANO // 4 if stream.marker else 0
    return (event for event in stream.live if event.type in kinds and event.at > joined)


@check("STREAM-023", STREAM, reason="held-back")
def readers_hear_at_the_same_time(seen: Seen) -> Findings:
    """Most events that two readers of a turn heard live arrived at about the same time."""
    mine = seen.stream
    if mine is None or seen.task is None or seen.exchange.paused_at is not None:
        return
    for other in seen.task.streams:
        both = mine.exchange.started > other.exchange.started and other.exchange.paused_at is None
        if not both or other.marker is None or mine.marker is None or other.exchange.ended < mine.marker.at:
            continue
        heard = {event.type + event.data: event.at for event in _live(other, DISCRETE)}
        apart = [
            abs(heard[key] - event.at)
            for event in _live(mine, DISCRETE)
            if (key := event.type + event.data) in heard
        ]
        probe = ProbeName(seen.exchange.probe)
        compared = [compare(seen.model.record, each, probe, over=0) for each in apart]
        late = [each for each in compared if each is Comparison.BEYOND]
        if apart and Comparison.UNDECIDED not in compared:
            holds = len(late) * SHARE <= len(apart)
            shown = f"{len(late)} of {len(apart)} events apart by {max(apart) / NANO:.2f} s at most"
            yield says(holds, f"{other.exchange.label} was read as well", shown)


@check("STREAM-023", STREAM, reason="held-back")
def calls_are_told_when_they_begin(seen: Seen) -> Findings:
    """The call of a command that begins with a sleep is told so long before its result, less the slack."""
    stream = seen.stream
    if stream is None or seen.exchange.paused_at is not None or seen.task is None:
        return
    told = {
        event.call: event.at
        for event in _live(stream, frozenset({"tool_call"}))
        if event.get("status") == EXECUTING
    }
    for result in _live(stream, frozenset({"tool_result"})):
        call = seen.task.calls.get(result.call)
        sleeps = call.sleeps if call else None
        if result.call not in told or sleeps is None or result.get("status") != SUCCESS:
            continue
        missing = round(sleeps * NANO) - (result.at - told[result.call])
        compared = compare(seen.model.record, missing, ProbeName(seen.exchange.probe), over=0)
        if compared is not Comparison.UNDECIDED:
            shown = f"the call came {(result.at - told[result.call]) / NANO:.2f} s before its result"
            yield says(compared is Comparison.WITHIN, f"the command sleeps for {sleeps:g} s", shown)


@check_record("STREAM-024")
def large_event_is_whole(record: Record) -> Verdict:
    observations = Observations(
        "large-event-broken", "one event of more than a megabyte, complete and equal to the history"
    )
    stream, saved = record.stream(LargeEvent.QUICK), record.exchange(LargeEvent.HISTORY)
    sizes = [len(event.data.encode()) for event in stream.history]
    # A cut event is shorter: what the history tells in one answer says whether a large one was due.
    if not saved.ok or saved.size <= LARGE_BYTES:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the message arrives in {plural(saved.size, 'byte')}"
        )
    same = stream.complete and stream.messages == messages(saved)
    observations.add(
        same, stream.exchange, f"an event of {max(sizes, default=0)} bytes, {stream.exchange.closed}"
    )
    return observations.verdict()


@check("STREAM-025", STREAM, reason="lost-or-swapped")
def bursts_are_whole(seen: Seen) -> Findings:
    """The pieces of a long answer are together the output that get_task tells."""
    turn = turn_told(seen)
    content = output_told(seen, turn) if turn else None
    if seen.stream is not None and content is not None and len(seen.stream.of("content")) >= MANY:
        shown = f"{plural(len(seen.stream.texts), 'piece')} of {len(''.join(seen.stream.texts))} characters"
        yield says(
            seen.stream.delivered(content), f"the output has {plural(len(content), 'character')}", shown
        )


def _said(stream: Stream) -> str:
    """The answer as far as it was heard: its pieces joined, or the last of texts that grow (G-47)."""
    texts = stream.texts
    growing = bool(texts and texts[0]) and all(
        later.startswith(earlier) for earlier, later in pairwise(texts)
    )
    return texts[-1] if growing else stream.joined


def _same_or_cut(observations: Observations, quick: Stream, pausing: Stream) -> None:
    """What the pausing reader heard is all of it, or the beginning of it up to the end of an event."""
    leftover = pausing.body.leftover
    # Where the harness itself left off says nothing about the server.
    between = leftover is None or not leftover.fields or pausing.exchange.closed is Closed.HUNG_UP
    mine, theirs = _said(quick), _said(pausing)
    if pausing.complete:
        holds = theirs == mine and pausing.messages == quick.messages
    else:
        holds = mine.startswith(theirs) and pausing.messages == quick.messages[: len(pausing.messages)]
    events = len(pausing.events)
    observed = f"the pausing reader: {plural(events, 'event')}, {pausing.exchange.closed}"
    observations.add(
        holds and between, pausing.exchange, observed + ("" if between else ", cut inside an event")
    )


@check_record("STREAM-026")
def pausing_reader(record: Record) -> Verdict:
    observations = Observations(
        "reader-disturbed", "the others undelayed, the pausing stream whole or ended between two events"
    )
    quick, pausing = many_events_reader(record, "quick"), many_events_reader(record, "pausing")
    # A reader that was never made to wait may be done a moment before the others.
    resumed_at = record.noted(ManyEvents.RESUMED_AT)
    paused_until = pausing.exchange.ended if resumed_at is None else resumed_at
    if quick.terminal is not None and quick.terminal.at > paused_until:
        received = (event.at for event in quick.events if event.at <= paused_until)
        silence = paused_until - max(received, default=quick.exchange.started)
        if silence < STALL_SECONDS * NANO:
            raise NotReached("the answer took longer than the pause, and came all the while")
        observed = f"the quick reader: nothing for {silence / NANO:.1f} s while another paused"
        observations.broken(quick.exchange, observed)
    else:
        holds = quick.terminal is not None and quick.said_all
        observations.add(holds, quick.exchange, f"the quick reader: {quick.exchange.closed}, to its end")
    _same_or_cut(observations, quick, pausing)
    _same_or_cut(observations, record.stream(LargeEvent.QUICK), record.stream(LargeEvent.PAUSING))
    return observations.verdict()


@check_record("STREAM-027")
def stream_headers(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        found = [
            stream.exchange.header(name)
            for name in ("cache-control", "x-accel-buffering", "content-encoding")
        ]
        return found == ["no-store", "no", None], f"{found}", None

    return every_stream(record, "wrong-headers", "no-store, X-Accel-Buffering no, not compressed", look)


def types_of(record: Record, exchange: Exchange) -> list[tuple[str, str]]:
    """Types and data of a stream's events."""
    return [(event.type, event.data) for event in record.read(exchange).events]


@check_record("STREAM-028")
def last_event_id_is_ignored(record: Record) -> Verdict:
    observations = Observations("stream-differs", "the same stream as without Last-Event-ID")
    plain = record.exchange(AcceptHeaders.ACCEPT)
    for exchange in record.labelled(AcceptHeaders.LAST_EVENT_ID):
        holds = exchange.is_stream and types_of(record, exchange) == types_of(record, plain)
        observations.add(holds, exchange, summary(exchange))
    return observations.verdict()


@check("STREAM-028", STREAM, reason="resumed")
def event_ids_change_nothing(seen: Seen) -> Findings:
    """A stream that was asked for with Last-Event-ID replays all messages that were shown before."""
    asked = any(name.lower() == "last-event-id" for name, _ in seen.exchange.sent.headers)
    settled = seen.task.settled_before(seen.began) if seen.task else None
    if asked and settled is not None and seen.stream is not None and seen.stream.marker is not None:
        known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
        there = len(seen.stream.messages)
        yield says(there >= len(settled.messages), known, f"{there} are replayed")


@check("STREAM-029", STREAM, reason="refused")
def streams_are_served_for_any_accept(seen: Seen) -> Findings:
    """The owner is served a stream without Accept, with */* and with text/event-stream."""
    told = [value.strip() for name, value in seen.exchange.sent.headers if name.lower() == "accept"]
    task = seen.task
    if task is None or task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    if told in ([], ["*/*"], ["text/event-stream"]) and seen.exchange.status in {200, 400, 404, 406, 415}:
        yield says(seen.exchange.is_stream, f"Accept was {told or 'left out'}", summary(seen.exchange))


@check_record("STREAM-030")
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


@check("STREAM-030", STREAM, reason="not-json")
def refused_streams_are_no_streams(seen: Seen) -> Findings:
    """A stream that is refused is answered in the envelope."""
    if seen.exchange.refused:
        holds = seen.exchange.media_type == "application/json" and seen.exchange.code is not None
        yield says(holds, f"it was refused with {seen.exchange.status}", summary(seen.exchange))


@check_record("STREAM-031")
def goes_on_without_the_token(record: Record) -> Verdict:
    label = record.fact(TokenEndsWhileStreaming.STREAM)
    stream, number = record.stream(label), int(TokenEndsWhileStreaming.ATTEMPT.parts(label.text)[0])
    issued, expired = (
        record.exchange(TokenEndsWhileStreaming.TOKEN.of(number)),
        record.exchange(TokenEndsWhileStreaming.EXPIRED.of(number)),
    )
    if expired.status != 401:
        return inconclusive(
            Unproven.CONTROL_FAILED, f"the token is still accepted: {expired.status}", cite(expired)
        )
    observations = Observations(
        "ended-with-the-token", "events continue after the token has expired, to the end of the run"
    )
    lifetime = record.noted(TokenEndsWhileStreaming.SECONDS) or 3
    after = [event for event in stream.live if event.at > issued.ended + lifetime * NANO]
    holds = stream.terminal is not None and stream.terminal in after
    observed = f"{plural(len(after), 'event')} after the token's end, {stream.exchange.closed}"
    observations.add(holds, stream.exchange, observed)
    return observations.verdict()


@check_record("STREAM-032")
def no_redirect(record: Record) -> Verdict:
    observations = Observations("redirected", "no redirect")
    for exchange in record.exchanges():
        if exchange.operation == "stream_task" and exchange.status is not None:
            observations.add(not 300 <= exchange.status < 400, exchange, summary(exchange))
    return observations.verdict()


def _exact(found: tuple[Line, ...]) -> bool:
    return [line.name for line in found] == ["event", "data"] and all(line.spaced for line in found)


@check_record("STREAM-033")
def exact_framing(record: Record) -> Verdict:
    def look(stream: Stream) -> tuple[bool, str, int | None]:
        if any(each is not Terminator.LF for each in stream.body.terminators):
            return False, "a line that does not end with LF alone", None
        for block in stream.body.blocks:
            if block.fields and not _exact(block.lines):
                return False, "another arrangement of lines", block.start
        return True, f"{plural(len(stream.events), 'event')} in the exact form", None

    return every_stream(record, "other-framing", "`event: ` line, one `data: ` line, blank line, LF", look)


def _parses(found: tuple[Line, ...]) -> bool:
    try:
        json.loads("\n".join(line.value for line in found if line.name == "data"))
    except (ValueError, RecursionError):
        return False
    return True


@check_record("STREAM-034")
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


def _identity(message: Mapping[str, Any]) -> tuple[str, str]:
    """The id and text of a message: ids alone may be counted anew in each task."""
    return shapes.word(message.get("id")), shapes.word(message.get("content"))


def _foreign(stream: Stream, marks: Mapping[str, str], foreign: Container[tuple[str, str]]) -> str:
    """What proves an event to be of the other task: its word, its id, or one of its messages; else empty."""
    for event in stream.events:
        for mark, name in marks.items():
            if mark in event.data:
                return f"{event.type} with the other task's {name}"
    for each in stream.messages:
        if _identity(each) in foreign:
            return f"the other task's message {brief(each.get('content'))!r}"
    return ""


@check_record("STREAM-035")
def events_of_the_task_only(record: Record) -> Verdict:
    observations = Observations("foreign-event", "events of the requested task only")
    saved = record.exchange(ForeignEventIds.HISTORY)
    if not saved.ok:
        raise NotRecorded(f"the history cannot be read: {summary(saved)}")
    marks = {
        record.fact(ForeignEventIds.OTHER_WORD): "word",
        record.fact(ForeignEventIds.OTHER_TASK): "id",
    }
    received = record.stream(ForeignEventIds.OTHER).messages
    foreign = {_identity(each) for each in received} - {_identity(each) for each in messages(saved)}
    for exchange in record.exchanges(ForeignEventIds.PROBE):
        if not exchange.label.startswith(("finished", "control")):
            continue
        if exchange.is_stream:
            stream = record.read(exchange)
            found = _foreign(stream, marks, foreign)
            observed = found or f"nothing of the other task in {plural(len(stream.events), 'event')}"
            observations.add(not found, exchange, f"{exchange.label}: {observed}")
        elif exchange.refused:
            observations.holds(exchange, f"{exchange.label}: {exchange.status}")
    return observations.verdict()


@check("STREAM-035", STREAM, reason="foreign-event")
def only_the_tasks_own_story(seen: Seen) -> Findings:
    """A stream's history has no more messages of the user than the task was sent, whatever was asked for.

    One of its own that is told twice is another row's matter.
    """
    if (
        seen.view is None
        or seen.task is None
        or seen.task.creation is None
        or not seen.task.counts(seen.view)
    ):
        return
    asked = any(name.lower() == "last-event-id" for name, _ in seen.exchange.sent.headers)
    if asked:
        most = sum(
            each.certainty is not Certainty.REFUSED and each.sent < seen.view.ended for each in seen.task.said
        )
        there = seen.view.of_user
        own = all(any(each.is_shown_as(one.get("content")) for each in seen.task.said) for one in there)
        holds = own or len(there) <= most
        yield says(holds, f"the task was sent {plural(most, 'message')}", f"replayed: {len(there)}")


def _decoded(exchange: Exchange, coding: str) -> Stream | None:
    """The stream with its content coding undone; None for an unknown or broken coding. Times are not kept."""
    if coding not in {"gzip", "x-gzip"}:
        return None
    try:
        plain = zlib.decompressobj(wbits=31).decompress(exchange.body)
    except zlib.error:
        return None
    return Stream(replace(exchange, chunks=(Chunk(exchange.ended, plain),), size=len(plain)))


@check_record("STREAM-036")
def gzip_is_the_same(record: Record) -> Verdict:
    observations = Observations(
        "content-differs", "decoded, the stream of a client that offers gzip says the same"
    )
    exchange = record.exchange(ManyEvents.READER.of(record.fact(ManyEvents.ATTEMPT), "gzip"))
    quick = many_events_reader(record, "quick")
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    stream = record.read(exchange) if coding == "identity" else _decoded(exchange, coding)
    if stream is not None and stream.is_streaming is False:
        raise NotReached("the answer was over before the gzip reader had come")
    if stream is None:
        observations.broken(exchange, f"the coding {coding!r} cannot be undone", reason="bad-coding")
        return observations.verdict()
    both = stream.said_all and quick.said_all
    ends = [event.data for event in stream.live if event.type in DISCRETE]
    holds = (
        both
        and _said(stream) == _said(quick)
        and ends == [event.data for event in quick.live if event.type in DISCRETE]
    )
    observations.add(holds, exchange, f"{coding}: {plural(len(stream.events), 'event')}, {exchange.closed}")
    return observations.verdict()
