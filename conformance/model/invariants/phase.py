"""PHASE: whenever a stream is opened, it shows all that is saved, then what goes on, and ends."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS, NANO
from sigmic_conformance.conformance.model.calls import AWAITING, EXECUTING
from sigmic_conformance.conformance.model.conversation import Count, View, in_order, missing, order_of, shown
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.history import brief
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.statuses import COMPLETED, RUNNING
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.spec.plural import plural

STREAM = "stream_task"
PATIENCE = round((CLOSE_SECONDS + 1) * NANO)
"""After which a stream that has to end is open too long, in nanoseconds."""


@invariant(
    "PHASE-001", STREAM, reason="message-missing", expected="one history_message for each saved message"
)
def saved_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has what earlier views showed of the task at rest, unchanged and in order."""
    if seen.view is None or seen.task is None:
        return
    settled = seen.task.settled_before(seen.began)
    if settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"not replayed, or replayed differently: {brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, order_of(settled, seen.view))


def _counted(seen: Seen) -> Iterator[tuple[Count, View, int]]:
    if seen.view is not None and seen.task is not None and seen.task.creation is not None:
        for count in seen.task.counts(seen.view):
            yield count, seen.view, shown(count, seen.view)


@invariant(
    "PHASE-001", STREAM, reason="message-missing", expected="one history_message for each saved message"
)
def accepted_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has each message that was accepted before it was asked for."""
    for count, _, there in _counted(seen):
        known = f"{str(count.said.asked.message)[:60]!r} was accepted {plural(count.least, 'time')}"
        yield says(there >= count.least, known, f"it is replayed {plural(there, 'time')}")


@invariant(
    "PHASE-001", STREAM, reason="message-repeated", expected="one history_message for each saved message"
)
def no_message_is_replayed_twice(seen: Seen) -> Findings:
    """A stream's history has each message at most as often as it was sent."""
    for count, _, there in _counted(seen):
        if not count.refused:
            known = f"{str(count.said.asked.message)[:60]!r} was sent {plural(count.most, 'time')}"
            yield says(there <= count.most, known, f"it is replayed {plural(there, 'time')}")


@invariant(
    "FOLLOWUP-005", STREAM, reason="not-replayed", expected="the history with the follow-up, then live"
)
def follow_up_is_replayed(seen: Seen) -> Findings:
    """A stream that was asked for after a follow-up was accepted has it in its history."""
    for count, _, there in _counted(seen):
        if count.said.is_follow_up and count.least:
            message = str(count.said.asked.message)[:60]
            known = f"the follow-up {message!r} was accepted {plural(count.least, 'time')}"
            yield says(there >= count.least, known, f"it is replayed {plural(there, 'time')}")


@invariant(
    "PHASE-005",
    STREAM,
    reason="idle-stream-goes-on",
    expected="an idle task's stream ends after history_done",
)
def idle_stream_ends(seen: Seen) -> Findings:
    """The stream of a task that was known to be at rest has no event behind history_done."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None:
        return
    rest = seen.task.at_rest(seen.began, stream.marker.at)
    if rest is None or rest.over is None or _goes_on_elsewhere(seen, stream):
        return
    known = f"turn {rest.number} was {rest.over.words}"
    later = [event.type for event in stream.live]
    yield says(not later, known, f"behind history_done come {', '.join(later[:4]) or 'no events'}")


@invariant("PHASE-005", STREAM, reason="idle-stream-goes-on", expected="an idle task's stream ends")
def idle_stream_is_closed(seen: Seen) -> Findings:
    """The stream of a task that was at rest all the time is not open seconds after history_done."""
    stream, rest = seen.stream, seen.rest()
    if stream is None or stream.marker is None or rest is None or rest.over is None or stream.live:
        return
    since = seen.ended - stream.marker.at
    if stream.complete or since > PATIENCE:
        shown_ = "it ended" if stream.complete else f"{since / NANO:.1f} s later it was open"
        yield says(stream.complete, f"turn {rest.number} was {rest.over.words}", shown_)


@invariant("PHASE-011", STREAM, reason="wrong-beginning", expected="the user's message, and messageCount 1")
def new_tasks_begin_with_their_message(seen: Seen) -> Findings:
    """The history of a stream that goes on in the first turn is the message of the creation, and no other."""
    stream, task = seen.stream, seen.task
    creation = task.creation if task else None
    if stream is None or task is None or creation is None or stream.marker is None or not stream.is_streaming:
        return
    turn = task.turn_at(stream.marker.at)
    if turn is None or turn.number != 1 or creation.asked.message is None or turn.taken > seen.began:
        return
    messages = stream.messages
    said = [each for each in messages if each.get("role") == "user"]
    # What the agent has said so far may be a message of its own already (G-49).
    holds = len(said) == 1 and creation.is_shown_as(said[0].get("content")) and messages[0] is said[0]
    first = brief(messages[0]) if messages else "no message"
    shown_ = f"it begins with {first}, and has {len(said)} of the user"
    yield says(holds, f"the task was created with {creation.asked.message[:60]!r}", shown_)


@invariant(
    "PHASE-004",
    STREAM,
    reason="wrong-is-streaming",
    expected="isStreaming true exactly when live events follow",
)
def at_rest_nothing_streams(seen: Seen) -> Findings:
    """The marker of a task that was known to be at rest says that nothing follows."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None or stream.is_streaming is None:
        return
    rest = seen.task.at_rest(seen.began, stream.marker.at)
    if rest is not None and rest.over is not None:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(not stream.is_streaming, f"turn {rest.number} was {rest.over.words}", shown_)


@invariant(
    "PHASE-004",
    STREAM,
    reason="wrong-is-streaming",
    expected="isStreaming true exactly when live events follow",
)
def at_work_it_streams(seen: Seen) -> Findings:
    """The marker of a turn that was told to be at work, by a later answer, says that events follow.

    When an event arrived proves less: a network may have held it back.
    """
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None or stream.is_streaming is None:
        return
    turn = seen.task.turn_at(stream.marker.at)
    if turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    later = [
        told
        for told in seen.task.told
        if told.status == RUNNING and told.began >= stream.marker.at and turn.holds(told.began, told.ended)
    ]
    if later:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(stream.is_streaming, f"{later[0].exchange.label} told it to run afterwards", shown_)


@invariant(
    "PHASE-006",
    STREAM,
    reason="live-phase-missing",
    expected="live events until the task completes, then the end",
)
def stream_ends_with_the_turn(seen: Seen) -> Findings:
    """The stream of a turn that others know to be over, or that has told so itself, ends within seconds."""
    stream = seen.stream
    if stream is None or seen.task is None or not stream.is_streaming or seen.exchange.paused_at:
        return
    turn = seen.task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.by is seen.exchange:
        return
    if turn.over.status != COMPLETED or turn.began > seen.began or not stream.was_awaited(0):
        return
    known = f"turn {turn.number} was completed, told by {turn.over.source}"
    done = next(iter(stream.of("done")), None)
    over = turn.over.ended if done is None else done.at
    if stream.complete and stream.last is not None:
        yield says(stream.complete, known, "it ended")
    elif stream.complete:
        yield breaks(known, "the stream ended without done or error")
    elif seen.ended - over > PATIENCE:
        late = (seen.ended - over) / NANO
        yield breaks(known, f"{late:.1f} s later the stream had not ended ({seen.exchange.closed})")


@invariant("PHASE-008", STREAM, reason="task-disturbed", expected="a reader who leaves changes nothing")
def leaving_cancels_nothing(seen: Seen) -> Findings:
    """A turn whose reader has left is not cancelled, unless a client asked for that."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.complete or stream.last is not None:
        return
    turn = task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.ended < seen.ended:
        return
    # Whether a rejected call ends its run as cancelled, no page says (G-65).
    ended = (seen.began, turn.over.ended)
    if not task.may_be_cancelled(*ended) and not task.may_end_by_rejection(turn.began, turn.over.ended):
        status = turn.over.status
        yield says(
            status != "cancelled", "a reader left, and no caller cancelled the task", f"the task is {status}"
        )


@invariant(
    "PHASE-010", STREAM, reason="refused", expected="a stream can be opened at any time, and repeatedly"
)
def owner_may_listen(seen: Seen) -> Findings:
    """The owner of a task is never refused its stream."""
    yield from not_refused(seen)


@invariant(
    "PHASE-015", STREAM, reason="readers-differ", expected="every reader gets every live event, in one order"
)
def readers_agree(seen: Seen) -> Findings:
    """The last events that two readers heard after both were surely there are the same, in the same order.

    As many are compared as both heard: a network may have held back some of them for one.
    """
    stream = seen.stream
    if stream is None or seen.task is None or stream.marker is None or not stream.is_streaming:
        return
    for other in seen.task.streams:
        if other is stream or not _same_turn(seen, stream, other) or other.marker is None:
            continue
        # Only who came later is compared, once for each pair; what he is told at once is the catch-up.
        if not stream.complete or not other.complete or other.exchange.started > seen.began:
            continue
        surely = max(stream.marker.at, other.marker.at) + NANO
        mine, theirs = _after(stream, surely), _after(other, surely)
        number = min(len(mine), len(theirs))
        if number:
            same = mine[-number:] == theirs[-number:]
            known = f"another reader ({other.exchange.label}) was there as well"
            events = plural(number, "event is", "events are")
            yield says(same, known, f"the last {events} {'the same' if same else 'others'}")


@invariant(
    "PHASE-015", STREAM, reason="readers-differ", expected="every reader gets every live event, in one order"
)
def every_reader_hears_the_results(seen: Seen) -> Findings:
    """Who was told that a call waits or runs, and stayed to the end, was told the result that another heard.

    What he came too late for he was told as it stood then: a call that was over neither waits nor runs.
    """
    stream = seen.stream
    if stream is None or seen.task is None or stream.marker is None or not stream.complete:
        return
    if stream.terminal is None:
        return
    mine = {event.call for event in stream.of("tool_result")}
    open_ = {
        event.call
        for event in stream.of("tool_call")
        if shapes.one_of(event.get("status"), {AWAITING, EXECUTING})
    }
    for other in seen.task.streams:
        if other is stream or not _same_turn(seen, stream, other):
            continue
        for event in other.of("tool_result"):
            if event.call in open_ and stream.marker.at < event.at < seen.ended:
                known = f"another reader ({other.exchange.label}) received the result of {event.call}"
                yield says(
                    event.call in mine, known, "so did this one" if event.call in mine else "not this one"
                )


@invariant(
    "PHASE-009", STREAM, reason="not-replayed", expected="the whole history again for a returning reader"
)
def who_comes_back_is_told_all(seen: Seen) -> Findings:
    """Who had read a stream of the task before is told again all that was saved."""
    if seen.view is None or seen.task is None:
        return
    before = [each for each in seen.task.streams if each.exchange.ended <= seen.began]
    settled = seen.task.settled_before(seen.began)
    if not before or settled is None:
        return
    lacking = missing(settled, seen.view)
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    yield says(not lacking, known, f"not told: {brief(lacking[0])}" if lacking else "all were sent")


@invariant(
    "PHASE-016", STREAM, reason="replays-differ", expected="repeated streams of a finished task are equal"
)
def repeated_streams_are_equal(seen: Seen) -> Findings:
    """Two streams of a task that was at rest all the time have the same events."""
    stream, task = seen.stream, seen.task
    rest = seen.rest()
    if stream is None or task is None or rest is None or not stream.complete or stream.is_streaming:
        return
    for earlier in task.streams:
        if earlier.exchange.ended > seen.began:
            break
        if earlier.complete and task.at_rest(earlier.exchange.started, seen.ended) is rest:
            one, other = ([(each.type, each.data) for each in one.events] for one in (earlier, stream))
            known = f"{earlier.exchange.label} told {plural(len(one), 'event')} of the task at rest"
            events = plural(len(other), "event")
            yield says(one == other, known, f"{events}, {'the same' if one == other else 'not the same'}")
            return


def _after(stream: Stream, at: int) -> list[tuple[str, str]]:
    """The live events that arrived after a time: type and data, of a text letter by letter.

    In how many pieces a text comes is not the same for a reader who is slow.
    """
    found: list[tuple[str, str]] = []
    for event in stream.live:
        text = event.get("text") if event.type == "content" else None
        if event.at > at:
            found += [(event.type, each) for each in (text if isinstance(text, str) else [event.data])]
    return found


def _same_turn(seen: Seen, one: Stream, other: Stream) -> bool:
    if seen.task is None or not other.is_streaming:
        return False
    mine, theirs = (seen.task.turn_at(each.exchange.started) for each in (one, other))
    return mine is not None and mine is theirs and mine.is_clear


def _goes_on_elsewhere(seen: Seen, stream: Stream) -> bool:
    """Whether a message was sent while the stream was open: it may run live then (G-58)."""
    sent = [said.sent for said in seen.task.said] if seen.task else []
    return any(seen.began < at < stream.exchange.ended for at in sent)
