"""The bytes of a stream, from headers and event-stream grammar to the sample clients."""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import EXECUTING, SUCCESS
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_turns import output_shown, turn_streamed
from sigmic_conformance.model.operations import STREAM
from sigmic_conformance.model.record import sample_clients as clients
from sigmic_conformance.model.record.answer_data import messages
from sigmic_conformance.model.record.evidence import brief, summary
from sigmic_conformance.model.record.finding import (
    Finding,
    Findings,
    breaks,
    fulfils,
    notes,
    says,
)
from sigmic_conformance.model.record.readers import held_back, many_events_reader
from sigmic_conformance.model.record.record import NotReached, NotRecorded, Record
from sigmic_conformance.model.record.timing import (
    CLOSE_SECONDS,
    NANO,
    Comparison,
    compare,
    noisy,
)
from sigmic_conformance.model.requests import Certainty, Form
from sigmic_conformance.model.task import Task
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief
from sigmic_conformance.wire.sse import Line
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Closed, Framing
from sigmic_spec.plural import plural

FIELDS = frozenset({"event", "data", "id", "retry"})
DISCRETE = frozenset({"tool_call", "tool_result", "done", "error"})
LARGE_BYTES = 500_000
STALL_SECONDS = 1.0
LONGEST_PAUSE = 2 * NANO
"""How long a network may delay the blank line of an event, which is written with its other lines."""
JOINING_SECONDS = 2.0
SHARE = 2
TOGETHER = NANO // 4
MANY = 20
LINE_BREAKS = re.compile("[\r\n]")
_DIGITS = re.compile("[0-9]+")
SEPARATORS = re.compile("[\u2028\u2029\u0085]")
PAUSED = "the others undelayed, the pausing stream whole or ended between two events"


def _look(seen: Seen, shown: str, offset: int | None = None, *, holds: bool) -> Findings:
    """A finding about a stream; only a stream with live events can prove that the rule holds."""
    if seen.stream is not None and (seen.stream.live or not holds):
        yield says(holds, plural(len(seen.stream.events), "event"), shown, offset=offset)


def _lines(seen: Seen) -> Iterator[Line]:
    """All lines of a stream."""
    return (line for block in (seen.stream.body.blocks if seen.stream else ()) for line in block.lines)


@check("STREAM-001", STREAM, reason="wrong-type")
def streams_are_event_streams(seen: Seen) -> Findings:
    """An accepted stream is answered with 200 and the media type of event streams."""
    exchange = seen.exchange
    if exchange.succeeded:
        holds = exchange.status == 200 and exchange.media_type == "text/event-stream"
        yield says(
            holds, "it was accepted", f"{exchange.status} {spelled(seen.exchange.header('content-type'))}"
        )


@check("STREAM-002", STREAM, reason="wrong-charset")
def charset_is_utf_8(seen: Seen) -> Findings:
    """A charset, if one is named, is utf-8."""
    value = seen.exchange.header("content-type") or ""
    pairs = [part.strip().lower().partition("=") for part in value.split(";")[1:]]
    charsets = [told.strip(' "') for name, _, told in pairs if name.strip() == "charset"]
    yield from _look(seen, value, holds=all(each == "utf-8" for each in charsets))


def _defect(seen: Seen, kind: str, shown: str, good: str) -> Findings:
    """A stream has no defect of this kind in its bytes."""
    defect = next(
        (each for each in (seen.stream.body.defects if seen.stream else ()) if each.kind == kind), None
    )
    if defect is None:
        yield from _look(seen, good, holds=True)
    else:
        yield from _look(seen, f"{shown} at offset {defect.offset}", defect.offset, holds=False)


@check("STREAM-003", STREAM, reason="invalid-utf-8")
def bytes_are_utf_8(seen: Seen) -> Findings:
    """All bytes are UTF-8."""
    yield from _defect(
        seen, "invalid-utf-8", "invalid byte", f"{plural(seen.exchange.size, 'byte')} of UTF-8"
    )


@check("STREAM-004", STREAM, reason="late-bom")
def byte_order_mark_comes_first(seen: Seen) -> Findings:
    """A byte order mark occurs only as the first character."""
    there = seen.stream is not None and seen.stream.body.had_bom
    good = f"a byte order mark {'at the beginning' if there else 'nowhere'}"
    yield from _defect(seen, "bom-inside", "a byte order mark", good)


@check("STREAM-005", STREAM, reason="incomplete-event")
def events_have_type_and_data(seen: Seen) -> Findings:
    """Each block with fields has one event line and data."""
    for block in seen.stream.body.blocks if seen.stream else ():
        names = [line.name for line in block.fields]
        kinds = names.count("event")
        shown = f"a block with the fields {names}"
        # Several data lines are one payload; a second event line is a second event.
        if kinds > 1:
            yield says(
                kinds == 1, "one block is one event", shown, offset=block.start, reason="merged-events"
            )
        elif ("data" in names) != (kinds == 1):
            yield says(kinds > 1, "an event has type and data", shown, offset=block.start)
    yield from _look(seen, "each has type and data", holds=True)


@check("STREAM-005", STREAM, reason="closed-late")
def events_end_when_they_are_sent(seen: Seen, stream: Stream) -> Findings:
    """The blank line of an event does not arrive long after its other lines."""
    arrival = seen.exchange.arrival
    for block in stream.body.blocks if seen.exchange.paused_at is None else ():
        pause = arrival(block.end) - arrival(block.end - 1)
        if block.fields and pause > LONGEST_PAUSE:
            late = breaks("its other lines had come", f"the blank line came {pause / NANO:.1f} s later")
            yield replace(late, offset=block.start)


@check("STREAM-006", STREAM, reason="not-a-json-object")
def data_is_json(seen: Seen, stream: Stream) -> Findings:
    """The data of each event is a JSON object."""
    for event in stream.events:
        yield from _look(
            seen, f"{event.type}: {brief(event.data)}", event.offset, holds=event.payload is not None
        )


@check("STREAM-007", STREAM, reason="unterminated-event")
def last_event_is_closed(seen: Seen, stream: Stream) -> Findings:
    """A properly closed stream ends with a blank line."""
    if stream.complete:
        rest = stream.body.leftover
        fields = rest is not None and bool(rest.fields)
        shown = "bytes after the last blank line" if fields else "ends with a blank line"
        yield from _look(seen, shown, rest.start if rest else None, holds=not fields)


def _is_left_out(stream: Stream, beginning: str, replayed: Sequence[str]) -> bool:
    """Whether a replay lacks a message with this beginning, and no event of the replay is damaged."""
    whole = all(event.payload is not None for event in stream.history)
    return whole and not any(each.startswith(beginning) for each in replayed)


def _kept(seen: Seen, odd: re.Pattern[str]) -> Findings:
    """The messages with such a character that clients sent as JSON are in the stream's history unchanged."""
    if seen.task is None or seen.view is None or seen.stream is None:
        return
    for said in seen.task.messages:
        text = said.asked.message
        plain = text is not None and said.asked.form is Form.JSON and odd.search(text.strip())
        if text is None or not plain or not said.exchange.succeeded or said.answered > seen.view.began:
            continue
        replayed = [json_values.word(each.get("content")).strip() for each in seen.view.of_user]
        same = text.strip() in replayed
        if not same and _is_left_out(seen.stream, text.strip()[: plain.start()], replayed):
            continue  # a replay that is cut (PHASE-009) breaks no text
        shown = (
            "it is replayed so"
            if same
            else f"{plural(len(replayed), 'message')} of the user: {in_brief(text, replayed[-1])}"
            if replayed
            else "no message of the user"
        )
        yield says(same, f"the message was {spelled(text, 60)}", shown)


def _is_json(text: str) -> bool:
    try:
        return isinstance(json_values.read(text), dict)
    except ValueError:
        return False


@check("STREAM-008", STREAM, reason="text-broken")
def no_text_ends_its_line(stream: Stream) -> Findings:
    """No data line is the first part of a value whose rest is in the lines behind it."""
    for block in stream.body.blocks:
        data = next((number for number, line in enumerate(block.lines) if line.name == "data"), None)
        behind = block.lines[data + 1 :] if data is not None else ()
        if data is None or not behind:
            continue
        rest = [line.raw.decode("utf-8", "replace") for line in behind if line.name not in FIELDS | {""}]
        value = block.lines[data].value
        broken = not _is_json(value) and _is_json("\\n".join([value, *rest]))
        known = f"the event at byte {block.start} has a data line"
        yield says(not broken, known, "it is cut by a line break" if broken else "whole", offset=block.start)


@check("STREAM-008", STREAM, reason="text-broken")
def printed_line_breaks_survive(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The output of the probe's command is unchanged."""
    record = seen.model.record
    word = record.noted("awkward_text", "word") if "awkward_text" in record.probes else None
    for event in stream.of("tool_result") if word else ():
        call = task.calls.get(event.call)
        if call is not None and f"{word}\\r" in call.command:
            output = str(event.get("output"))
            holds = f"{word}\r\n\r\ndata: x\n\nevent: done" in output
            yield says(
                holds, "a command prints line breaks", f"output {spelled(brief(output))}", offset=event.offset
            )


def _no_line(seen: Seen, is_wrong: Callable[[Line], bool], good: str) -> Findings:
    """No line of a stream is wrong; `good` describes a stream without such a line."""
    wrong = next(filter(is_wrong, _lines(seen)), None)
    shown = good if wrong is None else f"a line {wrong.name} with {spelled(brief(wrong.value))}"
    yield from _look(seen, shown, wrong.start if wrong else None, holds=wrong is None)


@check("STREAM-008", STREAM, reason="text-broken")
def line_breaks_are_kept(seen: Seen) -> Findings:
    """A text with line breaks arrives unchanged."""
    return _kept(seen, LINE_BREAKS)


@check("STREAM-009", STREAM, reason="text-changed")
def separators_are_kept(seen: Seen) -> Findings:
    """A text with separators beyond ASCII arrives unchanged."""
    return _kept(seen, SEPARATORS)


@check("STREAM-010", STREAM, reason="unknown-field")
def fields_are_known(seen: Seen) -> Findings:
    """No line has a field that the format does not have."""
    return _no_line(seen, lambda line: not line.is_comment and line.name not in FIELDS, "its fields only")


@check("STREAM-011", STREAM, reason="bad-retry")
def retry_is_a_number(seen: Seen) -> Findings:
    """No `retry` line has anything but digits."""
    return _no_line(
        seen, lambda line: line.name == "retry" and not _DIGITS.fullmatch(line.value), "retry is digits"
    )


@check("STREAM-012", STREAM, reason="nul-in-id")
def ids_have_no_nul(seen: Seen) -> Findings:
    """No `id` line has a NUL."""
    return _no_line(seen, lambda line: line.name == "id" and "\0" in line.value, "no NUL in an id")


@check("STREAM-013", STREAM, reason="repeated-id")
def ids_differ(seen: Seen) -> Findings:
    """The ids of events differ."""
    ids = [line.value for line in _lines(seen) if line.name == "id"]
    shown = f"{plural(len(ids), 'id')}, {len(set(ids))} different"
    yield from _look(seen, shown, holds=len(ids) == len(set(ids)))


def _client_agrees(seen: Seen, client: Callable[[bytes], list[tuple[str, object]]], name: str) -> Findings:
    """A documented client finds the same events as the standard does, each with parseable JSON.

    The Python sample also removes `data: ` from the middle of a text, so texts are not compared.
    """
    if seen.stream is None:
        return
    ours = [(event.type, event.payload is not None) for event in seen.stream.events]
    # A stream that was cut has an unfinished event at its end, which is not an error of the client.
    leftover = seen.stream.body.leftover
    body = seen.exchange.body[: leftover.start if leftover else None]
    theirs = [(kind, isinstance(value, dict)) for kind, value in client(body)]
    pairs = enumerate(zip(ours, theirs, strict=False))
    at = next((number for number, pair in pairs if pair[0] != pair[1]), len(theirs))
    offset = seen.stream.events[at].offset if at < len(ours) and theirs != ours else None
    lost = f"{name} loses or changes event {at + 1} of {len(ours)}"
    yield from _look(seen, lost if theirs != ours else f"{name} reads all", offset, holds=theirs == ours)


@check("STREAM-014", STREAM, reason="id-or-retry-sent")
def no_id_and_no_retry(seen: Seen) -> Findings:
    """No line is an `id` or a `retry`."""
    return _no_line(seen, lambda line: line.name in {"id", "retry"}, "neither id nor retry")


@check("STREAM-015", STREAM, reason="client-breaks")
def the_node_sample_reads_it(seen: Seen) -> Findings:
    """The Node sample reads the events of a stream that a full parser reads."""
    return _client_agrees(seen, clients.node_sample, "the Node sample")


@check("STREAM-016", STREAM, reason="comment-in-event")
def comments_stand_alone(stream: Stream) -> Findings:
    """Comments are in separate blocks."""
    blocks = [each for each in (stream.body.blocks) if each.comments]
    mixed = next((each for each in blocks if each.fields), None)
    if blocks:
        shown = "a comment inside an event's block" if mixed else "all alone"
        known = plural(len(blocks), "block") + " with comments"
        yield says(mixed is None, known, shown, offset=mixed.start if mixed else None)


@check("STREAM-017", STREAM, reason="client-breaks")
def the_python_sample_reads_it(seen: Seen) -> Findings:
    """The Python sample reads the events of a stream that a full parser reads."""
    return _client_agrees(seen, clients.python_sample, "the Python sample")


@check("STREAM-018", STREAM, reason="left-open")
def server_closes(seen: Seen, stream: Stream) -> Findings:
    """The server closes a stream after its last event."""
    if stream.last is not None and stream.was_awaited(CLOSE_SECONDS):
        yield from _look(seen, f"after {stream.last.type}: {seen.exchange.closed}", holds=stream.complete)


@check("STREAM-019", STREAM, reason="two-framings")
def framing_is_one(seen: Seen) -> Findings:
    """A stream has Transfer-Encoding or Content-Length, not both."""
    both = seen.exchange.header("transfer-encoding") and seen.exchange.header("content-length")
    yield from _look(seen, f"framing {seen.exchange.framing}", holds=not both)


@check("STREAM-020", reason="cut-connection")
def chunked_end(record: Record) -> Findings:
    known, streams = "the zero-length chunk", list(record.streams())
    chunked = [each for each in streams if each.exchange.framing is Framing.CHUNKED]
    if streams and not chunked:
        yield notes(known, "no stream of this target is chunked", exchange=streams[0].exchange)
        return
    # Another row checks streams that were left open.
    ours = {Closed.HUNG_UP, Closed.DEADLINE}
    ended = [each for each in chunked if each.last is not None and each.exchange.closed not in ours]
    # A network cuts some streams; a platform that does not end its streams cuts most of them.
    cut = [each for each in ended if each.exchange.closed in {Closed.RESET, Closed.TRUNCATED}]
    passing = len(cut) * 2 < len(ended)
    for stream in ended:
        exchange = stream.exchange
        if (stream not in cut or not passing) and (stream.live or not stream.complete):
            shown = f"{exchange.closed} {exchange.error}".strip()
            yield says(stream.complete, known, shown, exchange=exchange)


def _is_chunked(stream: Stream) -> bool:
    return stream.exchange.framing is Framing.CHUNKED


def _ends_without_its_chunk(stream: Stream) -> bool:
    """Whether a chunked stream was closed directly behind its last event, without the last chunk."""
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
def last_events_are_followed_by_the_last_chunk(seen: Seen, stream: Stream) -> Findings:
    """No two streams of a task are cut exactly behind their last event.

    Nor are all cut streams of a run, if there are several: a network does not only cut at this place.
    """
    if stream.last is None or not _is_chunked(stream):
        return
    cut = _ends_without_its_chunk(stream) and _is_no_chance(seen, stream)
    if (stream.complete and stream.live) or cut:
        yield says(not cut, f"{stream.last.type} was sent", f"{seen.exchange.closed}, as another stream was")


@check("STREAM-021", STREAM, reason="compressed")
def nothing_is_compressed_unasked(seen: Seen) -> Findings:
    """A client that accepts no coding gets an answer without one."""
    if seen.exchange.succeeded and seen.exchange.sent.header("accept-encoding") is None:
        shown = f"Content-Encoding {spelled(seen.exchange.header('content-encoding'))}"
        yield says(not seen.exchange.encoded, "the request accepts no coding", shown)


@check("STREAM-022", reason="held-back")
def history_without_waiting(record: Record) -> Findings:
    known = "head and history although nothing happens in the task"
    held = held_back(record, "heartbeat_window", "early", "meanwhile")
    if held is not None:
        yield breaks(known, held, exchange=record.exchange("heartbeat_window", "early"))
        return
    for probe, label, until in (
        ("approve_once", "joins while waiting", "approve"),
        ("heartbeat_window", "late", "cancel with a body"),
    ):
        opened, event = record.exchange(probe, label), record.exchange(probe, until)
        if opened.status is None and opened.closed is Closed.DEADLINE:
            yield breaks(known, f"{label}: no head, before anything happened", exchange=opened)
            continue
        stream = record.stream(probe, label)
        arrived = stream.marker.at if stream.marker else None
        seconds = ((arrived or event.started) - stream.exchange.started) / NANO
        when = f"after {seconds:.2f} s" if arrived else f"not within {seconds:.2f} s"
        if arrived is None and seconds < JOINING_SECONDS:
            continue  # the stream was opened late, for example after 429, and was not read for long
        in_time = arrived is not None and arrived < event.started
        shown = f"{label}: history_done {when}, before anything happened"
        yield says(in_time, known, shown, exchange=stream.exchange)


def _usual(model: Model) -> int | None:
    """The longest time to the marker of a stream of an idle task, in nanoseconds, or None."""
    slowest = (each.readers.slowest_idle_stream for each in model.tasks.values())
    return max((each for each in slowest if each is not None), default=None)


@check("STREAM-022", STREAM, reason="held-back")
def history_does_not_wait(seen: Seen, task: Task, stream: Stream) -> Findings:
    """If a reader joins while a call waits or a tool runs, the marker comes before the next event.

    Allow the delay that streams of idle tasks show on this target.
    """
    least = NANO + (_usual(seen.model) or 0)
    for call in task.calls.values():
        first = call.first
        if first is None or first.at >= seen.began:
            continue
        later = [each.at for each in call.events if each.at > seen.began]
        later += [each.sent for each in call.decisions if each.sent > seen.began]
        ends = call.result is not None and call.result.at < seen.began
        until = min(
            [*later, *(each.started for each in task.cancellations if each.started > seen.began)], default=0
        )
        unsure = noisy(seen.model.record, seen.exchange.probe)
        if ends or unsure or until - seen.began < least or until > seen.ended + NANO:
            continue
        there = stream.marker is not None and stream.marker.at < until
        waited = "never" if stream.marker is None else f"after {(stream.marker.at - seen.began) / NANO:.2f} s"
        yield says(
            there, f"nothing happened for {(until - seen.began) / NANO:.1f} s", f"history_done came {waited}"
        )
        return


@check("STREAM-022", STREAM, reason="held-back")
def history_comes_while_a_command_sleeps(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The marker does not wait for the result of a command that sleeps when the reader comes.

    Nothing happens while the only call sleeps: its arguments give the duration, its result the end. Streams
    of idle tasks show whether the target is slow with the head of every stream.
    """
    if stream.marker is None or seen.exchange.paused_at is not None:
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
        late = compare(seen.model.record, stream.marker.at - quiet - usual, seen.exchange.probe, over=0)
        together = result.at - stream.marker.at < TOGETHER
        if late is Comparison.WITHIN or (late is Comparison.BEYOND and together):
            shown = f"history_done came {waited / NANO:.2f} s after the request"
            yield says(late is Comparison.WITHIN, f"the command sleeps for {sleeps:g} s", shown)


def _live(stream: Stream, kinds: frozenset[str]) -> Iterator[StreamEvent]:
    """What a reader received live, not as catch-up: some moments behind the marker."""
    joined = stream.marker.at + NANO // 4 if stream.marker else 0
    return (event for event in stream.live if event.type in kinds and event.at > joined)


@check("STREAM-023", STREAM, reason="held-back")
def readers_hear_at_the_same_time(seen: Seen, task: Task, stream: Stream) -> Findings:
    """Most events that two readers of a turn received live arrived at about the same time."""
    if seen.exchange.paused_at is not None:
        return
    for other in task.streams:
        both = stream.exchange.started > other.exchange.started and other.exchange.paused_at is None
        if (
            not both
            or other.marker is None
            or stream.marker is None
            or other.exchange.ended < stream.marker.at
        ):
            continue
        heard = {event.documented: event.at for event in _live(other, DISCRETE)}
        apart = [
            abs(heard[key] - event.at)
            for event in _live(stream, DISCRETE)
            if (key := event.documented) in heard
        ]
        probe = seen.exchange.probe
        compared = [compare(seen.model.record, each, probe, over=0) for each in apart]
        late = [each for each in compared if each is Comparison.BEYOND]
        if apart and Comparison.UNDECIDED not in compared:
            holds = len(late) * SHARE <= len(apart)
            shown = f"{len(late)} of {len(apart)} events apart by {max(apart) / NANO:.2f} s at most"
            yield says(holds, f"{other.exchange.label} was read as well", shown)


@check("STREAM-023", STREAM, reason="held-back")
def calls_are_sent_when_they_begin(seen: Seen, task: Task, stream: Stream) -> Findings:
    """The call of a command that starts with a sleep precedes its result by the sleep, less the slack.

    Its event may be repeated while it runs (G-46).
    """
    if seen.exchange.paused_at is not None:
        return
    calls = reversed(stream.of("tool_call"))
    first = {event.call: event for event in calls if event.get("status") == EXECUTING}
    live = _live(stream, frozenset({"tool_call"}))
    told = {event.call: event.at for event in live if event is first.get(event.call)}
    for result in _live(stream, frozenset({"tool_result"})):
        call = task.calls.get(result.call)
        sleeps = call.sleeps if call else None
        if result.call not in told or sleeps is None or result.get("status") != SUCCESS:
            continue
        missing = round(sleeps * NANO) - (result.at - told[result.call])
        compared = compare(seen.model.record, missing, seen.exchange.probe, over=0)
        if compared is not Comparison.UNDECIDED:
            shown = f"the call came {(result.at - told[result.call]) / NANO:.2f} s before its result"
            yield says(compared is Comparison.WITHIN, f"the command sleeps for {sleeps:g} s", shown)


@check("STREAM-024", reason="large-event-broken")
def large_event_is_whole(record: Record) -> Findings:
    stream, saved = record.stream("large_event", "quick"), record.exchange("large_event", "history")
    sizes = [len(event.data.encode()) for event in stream.history]
    # A cut event is shorter: the history in one answer shows whether a large one was due.
    if not saved.ok or saved.size <= LARGE_BYTES:
        raise NotReached(f"the message arrives in {plural(saved.size, 'byte')}")
    same = stream.complete and stream.messages == messages(saved)
    known = "one event of more than half a megabyte, complete and equal to the history"
    shown = f"an event of {max(sizes, default=0)} bytes, {stream.exchange.closed}"
    yield says(same, known, shown, exchange=stream.exchange)


@check("STREAM-025", STREAM, reason="lost-or-swapped")
def bursts_are_whole(seen: Seen, stream: Stream) -> Findings:
    """The pieces of a long answer together are the output in get_task."""
    turn = turn_streamed(seen)
    content = output_shown(seen, turn) if turn else None
    if content is not None and len(stream.of("content")) >= MANY:
        answer = stream.answer
        size = f"{plural(len(answer.sent), 'character')} in {plural(len(answer.pieces), 'piece')}"
        shown = f"{size}: {in_brief(content, answer.sent)}"
        yield says(answer.may_be(content), f"the output has {plural(len(content), 'character')}", shown)


def _said(stream: Stream) -> str:
    """The received part of the answer: its pieces joined, or the last of texts that grow (G-47)."""
    answer = stream.answer
    return answer.text if answer.grows else answer.begun + answer.text


def _saved(stream: Stream) -> list[dict[str, Any]]:
    """The messages in a stream, without an answer in progress: its text is a part of what is said (G-49)."""
    return stream.messages[: -1 if stream.answer.begun else None]


def _same_or_cut(quick: Stream, pausing: Stream) -> Finding:
    """The pausing reader received all of it, or its beginning up to the end of an event."""
    leftover = pausing.body.leftover
    # If the harness itself disconnected, the cut is not evidence about the server.
    between = leftover is None or not leftover.fields or pausing.exchange.closed is Closed.HUNG_UP
    mine, theirs = _said(quick), _said(pausing)
    if pausing.complete:
        same = theirs == mine and _saved(pausing) == _saved(quick)
    else:
        same = mine.startswith(theirs) and _saved(pausing) == _saved(quick)[: len(_saved(pausing))]
    shown = f"the pausing reader: {plural(len(pausing.events), 'event')}, {pausing.exchange.closed}"
    shown += "" if between else ", cut inside an event"
    return says(same and between, PAUSED, shown, exchange=pausing.exchange)


@check("STREAM-026", reason="reader-disturbed")
def pausing_reader(record: Record) -> Findings:
    quick, pausing = many_events_reader(record, "quick"), many_events_reader(record, "pausing")
    # A reader that never had to wait may finish a moment before the others.
    resumed_at = record.noted("many_events", "resumed at")
    paused_until = pausing.exchange.ended if resumed_at is None else resumed_at
    if quick.terminal is not None and quick.terminal.at > paused_until:
        received = (event.at for event in quick.events if event.at <= paused_until)
        silence = paused_until - max(received, default=quick.exchange.started)
        if silence < STALL_SECONDS * NANO:
            raise NotReached("the answer took longer than the pause, and came all the while")
        shown = f"the quick reader: nothing for {silence / NANO:.1f} s while another paused"
        yield breaks(PAUSED, shown, exchange=quick.exchange)
    else:
        to_its_end = quick.terminal is not None and quick.sent_everything
        shown = f"the quick reader: {quick.exchange.closed}, to its end"
        yield says(to_its_end, PAUSED, shown, exchange=quick.exchange)
    yield _same_or_cut(quick, pausing)
    yield _same_or_cut(record.stream("large_event", "quick"), record.stream("large_event", "pausing"))


@check("STREAM-029", STREAM, reason="refused")
def streams_are_served_for_any_accept(seen: Seen, task: Task) -> Findings:
    """The owner gets a stream without Accept, with */* and with text/event-stream."""
    told = [value.strip() for name, value in seen.exchange.sent.headers if name.lower() == "accept"]
    if task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    if told in ([], ["*/*"], ["text/event-stream"]) and seen.exchange.status in {200, 400, 404, 406, 415}:
        yield says(
            seen.exchange.is_stream,
            f"Accept was {spelled(told) if told else 'left out'}",
            summary(seen.exchange),
        )


@check("STREAM-030", STREAM, reason="not-the-envelope")
def refused_streams_are_no_streams(seen: Seen) -> Findings:
    """A refused stream is answered with the envelope."""
    if seen.exchange.refused:
        holds = seen.exchange.media_type == "application/json" and seen.exchange.code is not None
        yield says(holds, f"it was refused with {seen.exchange.status}", summary(seen.exchange))


@check("STREAM-032", STREAM, reason="redirected")
def streams_are_not_redirected(seen: Seen) -> Findings:
    """A stream is not redirected."""
    if seen.exchange.status is not None:
        yield says(
            not 300 <= seen.exchange.status < 400, "the request opens a stream", summary(seen.exchange)
        )


def _parses(found: tuple[Line, ...]) -> bool:
    try:
        json_values.read("\n".join(line.value for line in found if line.name == "data"))
    except ValueError:
        return False
    return True


@check("STREAM-034", STREAM, reason="half-event")
def no_event_is_cut(seen: Seen) -> Findings:
    """No block has only one half of an event."""
    for block in seen.stream.body.blocks if seen.stream else ():
        names = {line.name for line in block.fields}
        half = ""
        if "event" in names and "data" not in names:
            half = "an event line without its data: the block was cut in two"
        elif "data" in names and "event" not in names and not _parses(block.lines):
            half = "data without its event line: the block was cut in two"
        if half:
            yield from _look(seen, half, block.start, holds=not half)
            return
    yield from _look(seen, "none is cut", holds=True)


def _identity(message: Mapping[str, Any]) -> tuple[str, str]:
    """The id and text of a message: ids alone may be numbered per task."""
    return json_values.word(message.get("id")), json_values.word(message.get("content"))


def _foreign(stream: Stream, marks: Mapping[str, str], foreign: Container[tuple[str, str]]) -> str:
    """The evidence that an event belongs to the other task: its word, id or message; empty without any."""
    for event in stream.events:
        for mark, name in marks.items():
            if event.mentions(mark):
                return f"{event.type} with the other task's {name}"
    for each in stream.messages:
        if _identity(each) in foreign:
            return f"the other task's message {spelled(brief(each.get('content')))}"
    return ""


@check("STREAM-035", reason="foreign-event")
def events_of_the_task_only(record: Record) -> Findings:
    probe, known = "foreign_event_ids", "events of the requested task only"
    saved = record.exchange(probe, "history")
    if not saved.ok:
        raise NotRecorded(f"the history cannot be read: {summary(saved)}")
    marks = {record.fact(probe, "other"): "word", record.fact(probe, "other task"): "id"}
    received = record.stream(probe, "other").messages
    foreign = {_identity(each) for each in received} - {_identity(each) for each in messages(saved)}
    for exchange in record.exchanges(probe):
        if not exchange.label.startswith(("finished", "control")):
            continue
        if exchange.is_stream:
            stream = record.read(exchange)
            found = _foreign(stream, marks, foreign)
            shown = found or f"nothing of the other task in {plural(len(stream.events), 'event')}"
            if found or stream.messages:
                yield says(not found, known, f"{exchange.label}: {shown}", exchange=exchange)
        elif exchange.refused:
            yield fulfils(known, f"{exchange.label}: {exchange.status}", exchange=exchange)


@check("STREAM-035", STREAM, reason="foreign-event")
def only_the_tasks_own_story(seen: Seen, task: Task, view: View) -> Findings:
    """A stream's history has no more messages of the user than the task was sent, for any Last-Event-ID.

    Another row checks for messages of the task that are repeated.
    """
    if task.creation is None or not task.conversation.counts(view):
        return
    if seen.exchange.sent.header("last-event-id") is not None:
        most = sum(
            each.certainty is not Certainty.REFUSED and each.sent < view.ended for each in task.messages
        )
        there = view.of_user
        own = all(any(each.is_shown_as(one.get("content")) for each in task.messages) for one in there)
        holds = own or len(there) <= most
        if there:
            yield says(holds, f"the task was sent {plural(most, 'message')}", f"replayed: {len(there)}")


def _received_alike(*pair: Stream) -> bool:
    """Whether two readers received the same: one may have the first events in a saved message (G-49)."""
    early, late = sorted(pair, key=lambda each: len(each.answer.begun))
    first, last = ([each.documented for each in of.live if each.type in DISCRETE] for of in (early, late))
    missed = len(first) - len(last) if len(early.answer.begun) < len(late.answer.begun) else 0
    return first[max(0, missed) :] == last


@check("STREAM-036", reason="content-differs")
def gzip_is_the_same(record: Record) -> Findings:
    exchange = record.exchange("many_events", f"{record.fact('many_events', 'attempt')}: gzip")
    quick = many_events_reader(record, "quick")
    coding = (exchange.header("content-encoding") or "identity").strip().lower()
    undone = not exchange.encoded and (exchange.coded is None or exchange.closed is not Closed.MALFORMED)
    stream = record.read(exchange) if undone else None
    if stream is not None and stream.is_streaming is False:
        raise NotReached("the answer was over before the gzip reader had come")
    known = "decoded, the stream of a client that offers gzip is the same"
    if stream is None:
        shown = f"the coding {spelled(coding)} cannot be undone"
        yield breaks(known, shown, exchange=exchange, reason="bad-coding")
        return
    both = stream.sent_everything and quick.sent_everything
    same = both and _said(stream) == _said(quick) and _received_alike(stream, quick)
    shown = f"{coding}: {plural(len(stream.events), 'event')}, {exchange.closed}"
    yield says(same, known, shown, exchange=exchange)
