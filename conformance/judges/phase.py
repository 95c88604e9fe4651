"""PHASE: history, marker, live events and end, over every recorded stream and some chosen ones."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.answer_data import status
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import live_reader, whole
from sigmic_conformance.conformance.judging.record import NotReached, NotRecorded, Record
from sigmic_conformance.conformance.judging.saved_messages import SavedMessages, repeated
from sigmic_conformance.conformance.judging.task_objects import failed_answers
from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS, NANO
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.beat import HeartbeatWhileWaiting
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.labels.state import FailingTask, PendingTask
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import Label, ProbeName
from sigmic_conformance.conformance.transcript.stream import TERMINAL, TYPES, Stream
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE, ToolTask.PROBE)
END_SECONDS = 1.0
SILENT_INTERVALS = 2.5
CUT = frozenset({Closed.HUNG_UP, Closed.RESET, Closed.DEADLINE})


def marked(record: Record) -> Iterator[Stream]:
    """Streams in which the history phase came to its end, or should have."""
    return (
        stream
        for stream in record.streams()
        if stream.marker is not None or stream.exchange.closed not in CUT
    )


@judge("PHASE-001", *STREAMS, sweep=True)
def history_comes_first(record: Record) -> Verdict:
    observations = Observations(
        "history-out-of-order", "one history_message for each saved message first, in order of time"
    )
    saved = SavedMessages(record)
    for stream in marked(record):
        other = next((each for each in stream.history if each.type in TYPES - {"history_message"}), None)
        late = next((each for each in stream.live if each.type == "history_message"), None)
        instants = [shapes.instant(each.get("createdAt")) for each in stream.messages]
        times = [each for each in instants if each is not None]
        odd, in_order = other or late, times == sorted(times)
        order = f"{plural(len(instants), 'message')}{'' if in_order else ', not'} in order of time"
        observed = f"{odd.type} at place {odd.number + 1}" if odd else order
        if observations.add(
            odd is None and in_order, stream.exchange, observed, offset=odd.offset if odd else None
        ):
            _each_once(observations, saved, stream)
    return observations.verdict()


def _each_once(observations: Observations, saved: SavedMessages, stream: Stream) -> None:
    """Add a violation when the stream's history lacks a saved message, or has one twice."""
    missing, twice = saved.missing(stream), repeated(stream)
    if missing:
        role, content = missing[0]
        observed = f"a saved message of {role} is missing: {brief(content)}"
        observations.add(not missing, stream.exchange, observed, reason="message-missing")
    if twice:
        observations.add(
            not twice, stream.exchange, f"told twice: {brief(twice[0])}", reason="message-repeated"
        )


@judge("PHASE-002", *STREAMS, sweep=True)
def one_marker(record: Record) -> Verdict:
    observations = Observations("wrong-number-of-markers", "exactly one history_done")
    for stream in marked(record):
        number = sum(event.type == "history_done" for event in stream.events)
        observations.add(number == 1, stream.exchange, f"{number} history_done")
    return observations.verdict()


@judge("PHASE-003", *STREAMS, sweep=True)
def marker_counts(record: Record) -> Verdict:
    observations = Observations(
        "wrong-count", "messageCount is the number of history_message events before it"
    )
    for stream in record.streams():
        if stream.marker is not None:
            found = stream.marker.get("messageCount")
            sent = sum(event.type == "history_message" for event in stream.history)
            observations.add(
                found == sent,
                stream.exchange,
                f"messageCount {found}, {sent} sent",
                offset=stream.marker.offset,
            )
    return observations.verdict()


@judge("PHASE-004", *STREAMS, sweep=True)
def marker_foretells(record: Record) -> Verdict:
    observations = Observations("wrong-is-streaming", "isStreaming tells whether live events follow")
    for stream in record.streams():
        if stream.marker is None:
            continue
        live = len(stream.live)
        follow = plural(live, "event follows", "events follow")
        if stream.is_streaming is False:
            observations.add(live == 0, stream.exchange, f"isStreaming false, {follow}")
        elif stream.complete:
            observations.add(
                stream.is_streaming is True and live > 0,
                stream.exchange,
                f"isStreaming {stream.is_streaming}, {follow}",
            )
    return observations.verdict()


@judge("PHASE-005", EasyTask.PROBE)
def idle_stream_ends(record: Record) -> Verdict:
    observations = Observations("idle-stream-goes-on", "isStreaming false, no more events, closed")
    for label in (EasyTask.REPLAY, EasyTask.SECOND_REPLAY):
        stream = record.stream(label)
        if stream.exchange.closed in {Closed.RESET, Closed.TRUNCATED} and not stream.live:
            continue  # a network does that; STREAM-020 tells when the platform does
        holds = stream.is_streaming is False and not stream.live and stream.complete
        observations.add(
            holds, stream.exchange, f"events after the marker: {len(stream.live)}, {stream.exchange.closed}"
        )
    return observations.verdict()


@judge("PHASE-006", ToolTask.PROBE)
def running_stream_goes_on(record: Record) -> Verdict:
    observations = Observations("live-phase-missing", "live events until the task completes, then the end")
    # What the agent did in an attempt does not matter: its stream must go on until the end all the same.
    for stream in record.streams(ToolTask.PROBE):
        if not ToolTask.WHOLE.covers(stream.exchange.label):
            continue
        attempt = Label(ToolTask.PROBE, ToolTask.WHOLE.parts(stream.exchange.label)[0])
        finished_before = stream.is_streaming is False and not stream.live
        if finished_before or not _was_heard_out(record, stream, attempt):
            continue
        going = stream.is_streaming is True and bool(stream.live)
        holds = going and stream.complete and stream.terminal is not None
        end = stream.terminal.type if stream.terminal else "without done or error"
        observations.add(
            holds, stream.exchange, f"live events: {len(stream.live)}, {end}, {stream.exchange.closed}"
        )
    return observations.verdict()


def _was_heard_out(record: Record, stream: Stream, attempt: Label) -> bool:
    """False when more might have come: after a cut, or when the harness left before the task's end.

    A stream on which not even heartbeats came any more was cut as well, somewhere on the way.
    """
    closed = stream.exchange.closed
    if closed is not Closed.HUNG_UP:
        return closed not in {Closed.RESET, Closed.TRUNCATED}
    if stream.last is not None:
        return stream.was_awaited(END_SECONDS)
    dead = SILENT_INTERVALS * record.profile.heartbeat_seconds * NANO
    if any(start + length >= stream.exchange.ended and length > dead for start, length in stream.silences()):
        return False
    after = record.labelled(ToolTask.AFTER_THE_READER_VANISHED.of(attempt))
    data = after[-1].data if after else None
    return isinstance(data, dict) and shapes.one_of(data.get("status"), shapes.FINAL)


@judge("PHASE-010", ToolTask.PROBE, EasyTask.PROBE)
def opened_at_any_time(record: Record) -> Verdict:
    observations = Observations("refused", "an event stream")
    for probe in (ToolTask.PROBE, EasyTask.PROBE):
        for exchange in record.exchanges(probe):
            if exchange.operation == "stream_task":
                observations.add(exchange.is_stream, exchange, f"{exchange.label}: {exchange.status}")
    return observations.verdict()


@judge("PHASE-011", EasyTask.PROBE, ToolTask.PROBE, sweep=True)
def new_task_begins_with_its_message(record: Record) -> Verdict:
    observations = Observations("wrong-beginning", "the user's message, messageCount 1, isStreaming true")
    readers = [record.stream(label) for label in (EasyTask.FIRST_READER, EasyTask.SECOND_READER)]
    message = record.fact(EasyTask.MESSAGE)
    if all(stream.is_streaming is False for stream in readers):
        readers, message = [first_reader(record)], record.fact(ToolTask.MESSAGE)
    for stream in readers:
        if stream.is_streaming is False:
            continue
        words = [(each.get("role"), each.get("content")) for each in stream.messages]
        # What the agent has said so far may be a message of its own already (G-49).
        holds = words[:1] == [("user", message)] and all(role == "assistant" for role, _ in words[1:])
        observations.add(holds and stream.is_streaming is True, stream.exchange, f"history {words}")
    return observations.verdict()


def first_reader(record: Record) -> Stream:
    """The first reader of the three-command task, who also is there in time on a quick target."""
    attempt = record.fact(ToolTask.VANISHED)
    stream = record.stream(ToolTask.VANISHING_READER.of(attempt))
    if not stream.is_streaming:
        raise NotReached("a task of three seconds was finished before a reader was there")
    return stream


@judge("PHASE-012", *STREAMS, sweep=True)
def exactly_one_done(record: Record) -> Verdict:
    observations = Observations("wrong-end", "exactly one done, and nothing after it")
    for stream in record.streams():
        ends = [event for event in stream.live if event.type == "done"]
        if ends:
            after = len(stream.events) - ends[0].number - 1
            observations.add(
                len(ends) == 1 and after == 0, stream.exchange, f"{len(ends)} done, events after it: {after}"
            )
    return observations.verdict()


@judge("PHASE-013", *STREAMS, sweep=True)
def closed_in_time(record: Record) -> Verdict:
    observations = Observations("closed-late", f"closed within {CLOSE_SECONDS:g} s of the last event")
    for stream in record.streams():
        last = stream.last
        if last is not None and stream.was_awaited(CLOSE_SECONDS):
            seconds = (stream.exchange.ended - last.at) / NANO
            holds = stream.complete and seconds <= CLOSE_SECONDS
            observations.add(
                holds, stream.exchange, f"{stream.exchange.closed} {seconds:.2f} s after {last.type}"
            )
    return observations.verdict()


@judge("PHASE-017", HeartbeatWhileWaiting.PROBE, ApproveOnce.PROBE)
def awaiting_stream_has_one_rule(record: Record) -> Verdict:
    observations = Observations(
        "two-rules", "open while an approval is awaited, or ended after history_done: always the same"
    )
    ended: set[bool] = set()
    for label in (HeartbeatWhileWaiting.PARKED, ApproveOnce.JOINS_WHILE_WAITING):
        stream = record.stream(label)
        rule = stream.is_streaming is False
        ended.add(rule)
        observations.add(
            len(ended) == 1, stream.exchange, "ended after history_done" if rule else "stays open"
        )
    return observations.verdict()


@judge("PHASE-018", PendingTask.PROBE)
def pending_streams_to_the_end(record: Record) -> Verdict:
    before = record.exchange(PendingTask.RIGHT_AFTER_THE_CREATION.of(record.fact(PendingTask.NUMBER)))
    if status(before) != "pending":
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the task was {status(before)} right after its creation"
        )
    observations = Observations("not-followed", "isStreaming true, and live until the task is finished")
    stream, after = record.stream(PendingTask.RUN), record.exchange(PendingTask.FINISHED)
    holds = stream.is_streaming is True and stream.terminal is not None and stream.complete
    events = plural(len(stream.live), "live event")
    observed = f"isStreaming {stream.is_streaming}, {events}, {stream.exchange.closed}"
    observations.add(holds and status(after) == "completed", stream.exchange, observed)
    return observations.verdict()


@judge("PHASE-019", *STREAMS, sweep=True)
def one_terminal(record: Record) -> Verdict:
    observations = Observations("wrong-end", "exactly one of done and error")
    for stream in record.streams():
        if stream.is_streaming and stream.complete:
            kinds = [event.type for event in stream.live if event.type in TERMINAL]
            observations.add(len(kinds) == 1, stream.exchange, f"ended with {kinds or 'neither'}")
    return observations.verdict()


@judge("PHASE-021", FollowUp.PROBE)
def one_run_each(record: Record) -> Verdict:
    observations = Observations(
        "several-runs", "the stream ends with its run, and the follow-up has a separate stream"
    )
    sent = record.exchange(FollowUp.FOLLOW_UP)
    for label in (FollowUp.FIRST.stream, FollowUp.RUN_OF_FOLLOW_UP):
        stream = record.stream(label)
        ends = [event for event in stream.live if event.type in TERMINAL]
        in_time = label != FollowUp.FIRST.stream or stream.exchange.ended <= sent.started
        holds = len(ends) == 1 and stream.complete and in_time
        observations.add(
            holds, stream.exchange, f"{label}: {plural(len(ends), 'end')}, {stream.exchange.closed}"
        )
    return observations.verdict()


@judge("PHASE-022", *STREAMS, sweep=True)
def none_left_hanging(record: Record) -> Verdict:
    observations = Observations("left-hanging", "the stream ends when its run has ended")
    for stream in record.streams():
        over = stream.last is not None and stream.was_awaited(CLOSE_SECONDS)
        if over or stream.exchange.closed is Closed.DEADLINE:
            holds = stream.exchange.closed in {Closed.COMPLETE, Closed.TRUNCATED}
            observations.add(holds, stream.exchange, f"{stream.exchange.label}: {stream.exchange.closed}")
    return observations.verdict()


@judge("PHASE-023", EasyTask.PROBE, ToolTask.PROBE, sweep=True)
def done_means_completed(record: Record) -> Verdict:
    observations = Observations("not-completed", "status completed after done")
    try:
        finished, stream = EasyTask.FINISHED, live_reader(record)
    except NotReached:
        finished, stream = ToolTask.FINISHED, whole(record)
    if not stream.of("done"):
        raise NotRecorded("the stream had no done")
    final = record.exchange(finished)
    observations.add(final.fields.get("status") == "completed", final, f"status {final.fields.get('status')}")
    return observations.verdict()


@judge("PHASE-027", FailingTask.PROBE, sweep=True)
def failing_ends_with_error(record: Record) -> Verdict:
    observations = Observations("silent-end", "an error event at the end of a run that fails")
    for _, stream in runs_that_failed(record):
        if stream.complete:
            last = stream.terminal
            observations.add(
                last is not None and last.type == "error", stream.exchange, f"ended with {last and last.type}"
            )
    return observations.verdict()


def runs_that_failed(record: Record) -> Iterator[tuple[Exchange, Stream]]:
    """Tasks told as failed, each with a stream that was opened on the run that failed."""
    for exchange in failed_answers(record):
        began = last_message(record, exchange)
        for stream in record.streams(ProbeName(exchange.probe)):
            heard = stream.exchange
            same = heard.task == exchange.task and began <= heard.started and heard.ended <= exchange.ended
            if same and stream.is_streaming and heard.started < exchange.started:
                yield exchange, stream


def last_message(record: Record, exchange: Exchange) -> int:
    """When the follow-up was sent that began the run which an answer tells of; 0 for the first run."""
    sent = (
        each.started
        for each in record.exchanges(ProbeName(exchange.probe))
        if each.operation == "send_message"
        and each.succeeded
        and each.task == exchange.task
        and each.started < exchange.started
    )
    return max(sent, default=0)
