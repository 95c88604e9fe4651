"""PHASE: who comes late to a turn is told what was said and called before, once."""

from sigmic_conformance.conformance.judging.timing import NANO, noisy
from sigmic_conformance.conformance.model.conversation import calls_in
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.spec.plural import plural

STREAM = "stream_task"


def _turn(seen: Seen) -> Turn | None:
    """The turn that a stream tells live; None where it is not clear which."""
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or not stream.is_streaming:
        return None
    turn = task.turn_at(seen.began)
    return turn if turn is not None and turn.is_clear and turn.taken <= seen.began else None


@invariant(
    "PHASE-007", STREAM, reason="lost-at-the-join", expected="no text and no tool call from before is missing"
)
def calls_of_before_are_told(seen: Seen) -> Findings:
    """A reader who comes late is told of each call of the turn that was heard before."""
    turn = _turn(seen)
    if turn is None or seen.task is None or seen.stream is None:
        return
    told = {event.call for event in seen.stream.live if event.type in {"tool_call", "tool_result"}}
    saved = calls_in(seen.stream.messages)
    for call in seen.task.calls.values():
        first = call.first
        if first is None or not turn.taken < first.at < seen.began or first.stream is seen.stream:
            continue
        there = call.id in told or call.id in saved
        if there or _heard_enough(seen.stream):
            known = f"the call {call.id} ({call.tool}) had already been sent to another reader"
            yield says(there, known, "it is replayed" if there else "it is not replayed")


@invariant(
    "PHASE-007",
    STREAM,
    reason="lost-at-the-join",
    expected="each call that waits, before anything becomes of it",
)
def waiting_calls_are_told_at_once(seen: Seen) -> Findings:
    """A reader who comes while a call waits is told of it while it still waits, of each when several do."""
    stream, task = seen.stream, seen.task
    if _turn(seen) is None or stream is None or task is None or stream.marker is None:
        return
    for call in task.calls.values():
        until = call.waited_until(seen.ended)
        if not call.waits(seen.began, stream.marker.at) or until - stream.marker.at < NANO:
            continue
        if (
            call.first is not None
            and call.first.stream is not stream
            and not noisy(seen.model.record, ProbeName(seen.exchange.probe))
        ):
            there = any(event.call == call.id and event.at <= until for event in stream.live)
            there = there or call.id in calls_in(stream.messages)
            known = (
                f"the call {call.id} waited for {(until - stream.marker.at) / NANO:.1f} s behind the marker"
            )
            yield says(there, known, "it is replayed" if there else "it is not replayed")


@invariant(
    "PHASE-007", STREAM, reason="lost-at-the-join", expected="no text and no tool call from before is missing"
)
def text_of_before_is_told(seen: Seen) -> Findings:
    """A reader who comes late and stays to the end has heard all text of the turn."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        holds = len(mine.joined) >= len(whole)
        known = f"a reader from the start received {plural(len(whole), 'character')}"
        yield says(holds, known, f"this later reader received {len(mine.joined)}")


@invariant(
    "PHASE-014",
    STREAM,
    reason="seam-broken",
    expected="the text of a reader from the start, no more, no less",
)
def joined_text_is_the_same(seen: Seen) -> Findings:
    """The text that a late reader has heard at the end is that of a reader from the start."""
    found = _texts(seen)
    if found is not None:
        mine, whole = found
        known = f"a reader from the start received {whole[:60]!r} ({plural(len(whole), 'character')})"
        heard = "".join(mine.texts)
        # What a saved message has of the answer already (G-49) need not be told again.
        holds = whole in {heard, mine.joined}
        yield says(holds, known, f"this one received {heard[:60]!r} ({plural(len(heard), 'character')})")


@invariant("PHASE-020", STREAM, reason="other-form", expected="one partial content with the text so far")
def text_of_before_is_partial(seen: Seen) -> Findings:
    """The first text of a reader who comes late is partial, and begins as what was heard before him."""
    turn, stream = _turn(seen), seen.stream
    if turn is None or stream is None or seen.task is None or stream.begun:
        return
    before = [
        "".join(heard)
        for other in seen.task.streams
        if other is not stream and seen.task.is_from_the_start(turn, other) and not other.grows
        if (heard := [shapes.word(each.get("text")) for each in other.of("content") if each.at < seen.began])
    ]
    first = next(iter(stream.of("content")), None)
    if before and first is not None:
        text, so_far = shapes.word(first.get("text")), max(before, key=len)
        partial = first.get("isPartial") is True
        known = f"{plural(len(so_far), 'character')} had been sent before"
        shown = f"the first content has {len(text)}, isPartial {shapes.word(first.get('isPartial'))}"
        # In how many pieces the text comes is not asked here: the first may be a part of it.
        begins = text.startswith(so_far) or so_far.startswith(text)
        yield says(partial and begins, known, shown, offset=first.offset)


def _texts(seen: Seen) -> tuple[Stream, str] | None:
    """The reader of a turn, and the text that one from the start heard, both to its end."""
    turn, stream = _turn(seen), seen.stream
    if turn is None or stream is None or seen.task is None:
        return None
    if not stream.complete or stream.terminal is None or stream.terminal.type != "done":
        return None
    first = seen.task.heard_whole(turn)
    if first is None or first is stream or first.exchange.started > seen.began:
        return None
    before = [event for event in first.of("content") if event.at < seen.began]
    if not before or first.grows:
        return None
    return stream, "".join(first.texts)


def _heard_enough(stream: Stream) -> bool:
    """Whether a reader stayed long enough to be told what was there when he came."""
    return stream.complete or (stream.marker is not None and stream.exchange.ended - stream.marker.at > NANO)


@invariant(
    "APPROVE-012", STREAM, reason="not-told", expected="the waiting call in the stream of a late reader"
)
def joiners_are_told_of_a_listed_call(seen: Seen) -> Findings:
    """A call that is listed before a reader came, and after a heartbeat of his, is told in front of that.

    A network may hold a call back, but then the heartbeat behind it as well. Nobody else need have heard it.
    """
    turn, stream = _turn(seen), seen.stream
    if turn is None or seen.task is None or stream is None or stream.marker is None:
        return
    beat = next((each for each in stream.heartbeats if each.at > stream.marker.at + NANO), None)
    reads = [each for each in seen.task.read if turn.holds(each.started, each.ended)]
    if beat is None:
        return
    before, after = (
        {
            shapes.word(call.get("callId"))
            for each in reads
            if (each.started > beat.at if later else each.ended <= seen.began)
            for call in shapes.objects(each.fields.get("pendingApprovals"))
        }
        for later in (False, True)
    )
    saved = calls_in(stream.messages)
    for name in sorted(before & after):
        there = name in saved or any(
            each.get("callId") == name and each.offset < beat.offset for each in stream.events
        )
        shown = "it is replayed" if there else "it is not replayed"
        yield says(there, f"the call {name} is listed before and afterwards", shown, offset=beat.offset)
