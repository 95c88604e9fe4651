"""PHASE: whenever a stream is opened, it shows all that is saved, then what goes on, and ends."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS, NANO
from sigmic_conformance.conformance.model.conversation import Count, View, counts, in_order, missing, shown
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.history import brief
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.seen import Finding, Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.transcript.stream import Stream

STREAM = "stream_task"


@invariant(
    "PHASE-001", STREAM, reason="history-incomplete", expected="one history_message for each saved message"
)
def saved_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has what earlier views showed of the task at rest, unchanged and in order."""
    if seen.view is None or seen.task is None:
        return
    settled = seen.task.settled_before(seen.began)
    if settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {len(settled.messages)} messages"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"not replayed, or otherwise: {brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, f"{len(seen.view.messages)} messages")


def _counted(seen: Seen) -> Iterator[tuple[Count, View, int]]:
    if seen.view is not None and seen.task is not None and seen.task.creation is not None:
        for count in counts(seen.task.said, seen.view):
            yield count, seen.view, shown(count, seen.view)


@invariant(
    "PHASE-001", STREAM, reason="message-missing", expected="one history_message for each saved message"
)
def accepted_messages_are_replayed(seen: Seen) -> Findings:
    """A stream's history has each message that was accepted before it was asked for."""
    for count, _, there in _counted(seen):
        known = f"{str(count.said.asked.message)[:60]!r} was accepted {count.least} times"
        yield says(there >= count.least, known, f"it is replayed {there} times")


@invariant(
    "PHASE-001", STREAM, reason="message-doubled", expected="one history_message for each saved message"
)
def no_message_is_replayed_twice(seen: Seen) -> Findings:
    """A stream's history has each message at most as often as it was sent."""
    for count, _, there in _counted(seen):
        if not count.refused:
            known = f"{str(count.said.asked.message)[:60]!r} was sent {count.most} times"
            yield says(there <= count.most, known, f"it is replayed {there} times")


@invariant(
    "FOLLOWUP-005", STREAM, reason="follow-up-missing", expected="the history with the follow-up, then live"
)
def follow_up_is_replayed(seen: Seen) -> Findings:
    """A stream that was asked for after a follow-up was accepted has it in its history."""
    for count, _, there in _counted(seen):
        if count.said.is_follow_up and count.least:
            known = f"the follow-up {str(count.said.asked.message)[:60]!r} was accepted {count.least} times"
            yield says(there >= count.least, known, f"it is replayed {there} times")


@invariant("PHASE-005", STREAM, reason="goes-on", expected="an idle task's stream ends after history_done")
def idle_stream_ends(seen: Seen) -> Findings:
    """The stream of a task that was known to be at rest has no event behind history_done."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None:
        return
    rest = seen.task.at_rest(seen.began, stream.marker.at)
    if rest is None or rest.over is None or _goes_on_elsewhere(seen, stream):
        return
    known = f"turn {rest.number} was {rest.over.status}"
    later = [event.type for event in stream.live]
    yield says(not later, known, f"behind history_done come {', '.join(later[:4]) or 'no events'}")


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
        yield says(not stream.is_streaming, f"turn {rest.number} was {rest.over.status}", shown_)


@invariant(
    "PHASE-004",
    STREAM,
    reason="wrong-is-streaming",
    expected="isStreaming true exactly when live events follow",
)
def at_work_it_streams(seen: Seen) -> Findings:
    """The marker of a turn of which live events are heard later, by any reader, says that some follow."""
    stream = seen.stream
    if stream is None or stream.marker is None or seen.task is None or stream.is_streaming is None:
        return
    turn = seen.task.turn_at(stream.marker.at)
    if turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    later = [
        event
        for other in seen.task.streams
        if other is not stream and turn.began <= other.exchange.started <= stream.marker.at
        for event in other.live
        if event.at > stream.marker.at + NANO and (turn.until is None or event.at < turn.until)
    ]
    if later:
        shown_ = f"isStreaming {str(stream.is_streaming).lower()}"
        yield says(
            stream.is_streaming, f"another reader heard {later[0].type} of this turn afterwards", shown_
        )


@invariant(
    "PHASE-006", STREAM, reason="never-ended", expected="live events until the task completes, then the end"
)
def stream_ends_with_the_turn(seen: Seen) -> Findings:
    """The stream of a turn that others know to be over ends within seconds."""
    stream = seen.stream
    if stream is None or seen.task is None or not stream.is_streaming:
        return
    turn = seen.task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.by is seen.exchange:
        return
    if turn.over.status != COMPLETED or turn.began > seen.began or not stream.was_awaited(0):
        return
    patience = round((CLOSE_SECONDS + 1) * NANO)
    known = f"turn {turn.number} was completed, told by {turn.over.by.label}"
    if stream.complete and stream.last is not None:
        yield says(stream.complete, known, "it ended")
    elif seen.ended - turn.over.ended > patience:
        late = (seen.ended - turn.over.ended) / NANO
        yield breaks(known, f"{late:.1f} s later the stream had not ended ({seen.exchange.closed})")


@invariant("PHASE-008", STREAM, reason="cancelled", expected="a reader who leaves changes nothing")
def leaving_cancels_nothing(seen: Seen) -> Findings:
    """A turn whose reader has left is not cancelled, unless a client asked for that."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.complete or stream.last is not None:
        return
    turn = task.turn_at(seen.began)
    if turn is None or not turn.is_clear or turn.over is None or turn.over.ended < seen.ended:
        return
    if not task.may_be_cancelled(turn.over.ended):
        status = turn.over.status
        yield says(status != "cancelled", "a reader left, and nobody cancelled", f"the task is {status}")


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
    """What two readers of one turn heard after both were there is the same, event by event."""
    stream = seen.stream
    if stream is None or seen.task is None or stream.marker is None or not stream.is_streaming:
        return
    for other in seen.task.streams:
        if other is stream or not _same_turn(seen, stream, other) or other.marker is None:
            continue
        # Only who came later is compared, once for each pair; what he is told at once is the catch-up.
        if not stream.complete or not other.complete or other.exchange.started > seen.began:
            continue
        mine, theirs = _since(stream, stream), _since(other, stream)
        if theirs:
            yield _compared(other, mine, theirs)


def _compared(other: Stream, mine: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> Finding:
    known = f"another reader ({other.exchange.label}) heard {len(theirs)} more events after this one had come"
    same = mine[-len(theirs) :] == theirs
    return says(
        same,
        known,
        f"the last {len(theirs)} of its {len(mine)} events are {'the same' if same else 'others'}",
    )


def _since(stream: Stream, joined: Stream) -> list[tuple[str, str]]:
    """The live events that arrived surely after a reader had joined: type and data."""
    start = joined.marker.at + NANO if joined.marker and stream is not joined else 0
    return [(event.type, event.data) for event in stream.live if event.at > start]


def _same_turn(seen: Seen, one: Stream, other: Stream) -> bool:
    if seen.task is None or not other.is_streaming:
        return False
    mine, theirs = (seen.task.turn_at(each.exchange.started) for each in (one, other))
    return mine is not None and mine is theirs and mine.is_clear


def _goes_on_elsewhere(seen: Seen, stream: Stream) -> bool:
    """Whether a message was sent while the stream was open: it may run live then (G-58)."""
    sent = [said.sent for said in seen.task.said] if seen.task else []
    return any(seen.began < at < stream.exchange.ended for at in sent)
