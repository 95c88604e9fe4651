"""STREAM and PHASE: events reach every reader whole and in time, whatever else is read, asked or sent."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.timing import NANO, Comparison, compare
from sigmic_conformance.conformance.model.calls import EXECUTING, SUCCESS
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.outputs import output_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, RUNNING
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Closed
from sigmic_conformance.spec.plural import plural

STREAM, GET = "stream_task", "get_task"
DISCRETE = frozenset({"tool_call", "tool_result", "done", "error"})
MANY = 20
MOST_STREAMS = 10
PATIENCE = 6 * NANO
"""So long after its end a stream is closed, where that takes long (PHASE-013)."""
SHARE = 2
"""Of the events that two readers hear, more than one in so many must be late: now and then one is."""


def _live(stream: Stream, kinds: frozenset[str]) -> Iterator[StreamEvent]:
    """What a reader heard live, and not as catch-up: some moments behind the marker."""
    joined = stream.marker.at + NANO // 4 if stream.marker else 0
    return (event for event in stream.live if event.type in kinds and event.at > joined)


@invariant("STREAM-023", STREAM, reason="held-back", expected="an event at the same time for two readers")
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


@invariant("STREAM-023", STREAM, reason="held-back", expected="a call told when it begins, not when it ends")
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


def _output(seen: Seen, turn: Turn) -> str | None:
    """The text of the output that get_task told of a completed turn at rest."""
    return output_of(seen.task, turn, accumulated=seen.model.choices.accumulates) if seen.task else None


def _turn(seen: Seen) -> Turn | None:
    """The turn that a stream tells to its end."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or not stream.is_streaming or not stream.complete:
        return None
    turn = task.turn_at(seen.began)
    ended = stream.terminal is not None and stream.terminal.type == "done"
    return turn if ended and turn is not None and turn.is_clear and turn.taken <= seen.began else None


@invariant("STREAM-025", STREAM, reason="lost-or-swapped", expected="many pieces complete and in order")
def bursts_are_whole(seen: Seen) -> Findings:
    """The pieces of a long answer are together the output that get_task tells."""
    turn = _turn(seen)
    content = _output(seen, turn) if turn else None
    if seen.stream is not None and content is not None and len(seen.stream.of("content")) >= MANY:
        shown = f"{plural(len(seen.stream.texts), 'piece')} of {len(''.join(seen.stream.texts))} characters"
        yield says(
            seen.stream.delivered(content), f"the output has {plural(len(content), 'character')}", shown
        )


@invariant("PHASE-007", STREAM, reason="lost-at-the-join", expected="no text from before is missing")
def joiners_hear_the_whole_output(seen: Seen) -> Findings:
    """Whoever reads a turn to its end, from wherever, has heard the output that get_task tells."""
    turn = _turn(seen)
    content = _output(seen, turn) if turn else None
    if seen.stream is not None and content is not None:
        holds = seen.stream.delivered(content) or any(
            each.get("content") == content for each in seen.stream.messages
        )
        first = seen.task.heard_whole(turn) if seen.task and turn else None
        no_less = first not in (None, seen.stream) and len(seen.stream.joined) >= len(first.joined)
        if not holds and (no_less or seen.stream.is_in_other_words(content)):
            return  # it is the output that is worded apart
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(holds, known, f"it received {''.join(seen.stream.texts)[:60]!r}")


@invariant("PHASE-014", STREAM, reason="seam-broken", expected="the text of the output, no more, no less")
def joined_text_is_the_output(seen: Seen) -> Findings:
    """Who joined late and read to the end has heard the output that get_task tells, and nothing twice."""
    turn = _turn(seen)
    content = _output(seen, turn) if turn else None
    if seen.stream is None or seen.task is None or turn is None or content is None:
        return
    if not seen.task.is_from_the_start(turn, seen.stream) and seen.stream.texts:
        heard = "".join(seen.stream.texts)
        if content not in heard and seen.stream.is_in_other_words(content):
            return
        known = f"the output is {content[:60]!r} ({plural(len(content), 'character')})"
        yield says(seen.stream.delivered(content), known, f"it received {heard[:60]!r} ({len(heard)})")


@invariant(
    "PHASE-028", STREAM, reason="others-disturbed", expected="the whole answer and the end for the others"
)
def leaving_disturbs_nobody(seen: Seen) -> Findings:
    """A reader beside whom another was cut off hears the answer and its end."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or not turn.is_clear or not stream.is_streaming:
        return
    gone = [
        each
        for each in task.streams
        if each is not stream
        and each.exchange.closed is Closed.HUNG_UP
        and each.terminal is None
        and stream.opened < each.exchange.ended < seen.ended
    ]
    over = turn.over
    ended = task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(turn.began, seen.ended)
    if gone and stream.complete and over is not None and not ended:
        told = stream.terminal.type if stream.terminal else "neither done nor error"
        content = _output(seen, turn)
        holds = told == ("error" if over.status == "failed" else "done")
        if content is not None and told == "done" and not stream.delivered(content):
            holds = holds and stream.is_in_other_words(content)
        yield says(holds, f"{gone[0].exchange.label} was cut off", f"it ended with {told}")


@invariant("STREAM-028", STREAM, reason="resumed", expected="no influence of Last-Event-ID")
def event_ids_change_nothing(seen: Seen) -> Findings:
    """A stream that was asked for with Last-Event-ID replays all messages that were shown before."""
    asked = any(name.lower() == "last-event-id" for name, _ in seen.exchange.sent.headers)
    settled = seen.task.settled_before(seen.began) if seen.task else None
    if asked and settled is not None and seen.stream is not None and seen.stream.marker is not None:
        known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
        there = len(seen.stream.messages)
        yield says(there >= len(settled.messages), known, f"{there} are replayed")


@invariant("STREAM-029", STREAM, reason="refused", expected="served for any of three values of Accept")
def streams_are_served_for_any_accept(seen: Seen) -> Findings:
    """The owner is served a stream without Accept, with */* and with text/event-stream."""
    told = [value.strip() for name, value in seen.exchange.sent.headers if name.lower() == "accept"]
    task = seen.task
    if task is None or task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    if told in ([], ["*/*"], ["text/event-stream"]) and seen.exchange.status in {200, 400, 404, 406, 415}:
        yield says(seen.exchange.is_stream, f"Accept was {told or 'left out'}", summary(seen.exchange))


@invariant("PHASE-017", STREAM, reason="two-readings", expected="a waiting task's stream by one rule")
def waiting_streams_follow_one_rule(seen: Seen) -> Findings:
    """Whether the stream of a task that waits goes on behind history_done is the same in the whole run."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or stream.is_streaming is None:
        return
    waits = any(call.waits(seen.began, stream.marker.at) for call in task.calls.values())
    if waits and not task.may_be_cancelled(seen.began, stream.marker.at):
        reading = "continues" if stream.is_streaming else "is over"
        first = seen.model.first_reading("PHASE-017", reading)
        yield says(reading == first, f"the stream of a waiting task {first}", f"here it {reading}")


@invariant("PHASE-018", STREAM, reason="pending-is-idle", expected="isStreaming true for a pending task")
def pending_tasks_stream(seen: Seen) -> Findings:
    """The marker of a task that was told afterwards to be pending still says that events follow."""
    stream, task = seen.stream, seen.task
    turn = task.turn_at(seen.began) if task else None
    if stream is None or task is None or turn is None or stream.marker is None or turn.taken > seen.began:
        return
    told = [
        each
        for each in task.told
        if each.status in {"pending", RUNNING, AWAITING}
        and each.began >= stream.marker.at
        and turn.holds(each.began, each.ended)
    ]
    heard = any(
        event.at <= seen.began for each in task.streams for event in each.live if event.at > turn.began
    )
    before = [each for each in task.told if turn.taken <= each.began and each.ended <= seen.began]
    pending = all(each.status == "pending" for each in before) and not heard
    if told and pending and stream.is_streaming is not None:
        shown = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, "nothing of the turn had been seen, and it was not over", shown)


@invariant("PHASE-021", STREAM, reason="goes-on", expected="one stream for one run")
def streams_cover_one_run(seen: Seen) -> Findings:
    """A stream that had told the end of a run tells nothing of the next one, nor stays open through it."""
    stream, task = seen.stream, seen.task
    last = stream.terminal if stream else None
    if stream is None or task is None or last is None:
        return
    sent = [said.sent for said in task.said if last.at < said.sent < seen.ended]
    if sent:
        late = [event for event in stream.live if event.at > sent[0]]
        stayed = compare(
            seen.model.record, seen.ended - last.at, ProbeName(seen.exchange.probe), over=PATIENCE
        )
        is_open = stayed is Comparison.BEYOND and seen.ended - sent[0] > NANO
        if late or is_open or stayed is Comparison.WITHIN:
            seconds = (seen.ended - last.at) / NANO
            shown = f"{plural(len(late), 'event')} of the next run, open for {seconds:.1f} s"
            yield says(not late and not is_open, "a follow-up was sent behind its end", shown)


@invariant("PHASE-025", STREAM, reason="refused", expected="at least ten streams of a task at the same time")
def ten_streams_are_served(seen: Seen) -> Findings:
    """The owner's stream is not refused for being one of ten."""
    task = seen.task
    if task is None or task.creation is None or not seen.is_own or task.creation.answered > seen.began:
        return
    beside = sum(
        each.exchange.started < seen.ended and each.exchange.ended > seen.began for each in task.streams
    )
    if beside <= MOST_STREAMS and (seen.exchange.succeeded or seen.exchange.status in {403, 409, 429, 503}):
        yield says(
            seen.exchange.succeeded,
            f"{plural(beside, 'stream was', 'streams were')} open",
            summary(seen.exchange),
        )


@invariant("PHASE-026", STREAM, reason="refused", expected="a stream after others were cut off")
def cut_streams_leave_no_trace(seen: Seen) -> Findings:
    """The owner's stream is not refused after others of the run were cut off."""
    task = seen.task
    if task is None or task.creation is None or not seen.is_own:
        return
    cut = sum(
        each.exchange.closed is Closed.HUNG_UP and each.exchange.ended < seen.began and each.last is None
        for each in task.streams
    )
    if cut and (seen.exchange.succeeded or seen.exchange.status in {403, 409, 429, 503}):
        yield says(
            seen.exchange.succeeded, f"cut off: {plural(cut, 'stream')} of the task", summary(seen.exchange)
        )


@invariant("PHASE-016", STREAM, reason="replays-differ", expected="the same messages in every replay")
def messages_are_replayed_the_same(seen: Seen) -> Findings:
    """The messages that an earlier stream of the task replayed are replayed with the ids that they had."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None:
        return
    before = [each for each in task.streams if each.exchange.ended <= seen.began and each.marker is not None]
    if not before or not before[-1].messages:
        return
    mine, theirs = (
        [each.get("id") for each in one.messages if each.get("role") == "user"]
        for one in (stream, before[-1])
    )
    known = f"{before[-1].exchange.label} had replayed {plural(len(theirs), 'message')} of the user"
    yield says(mine[: len(theirs)] == theirs, known, f"{plural(len(mine), 'message')} of the user")
