"""BEAT: on no stream of the run, whoever reads it and whatever the task does, is a silence too long."""

import sys
from collections.abc import Iterator
from itertools import pairwise

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import (
    NANO,
    SLACK_SECONDS,
    Comparison,
    compare,
    jitter,
    slack,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Finding, Findings, Seen, says
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed
from sigmic_conformance.spec.plural import plural

STREAM = "stream_task"


def _silences(seen: Seen) -> Iterator[tuple[int, int]]:
    """The silences of a stream that are long enough to tell something: when each began, and its length."""
    stream = seen.stream
    if stream is None or seen.exchange.sent.version != "1.1" or seen.exchange.closed is Closed.RESET:
        return
    interval = round(seen.model.profile.heartbeat_seconds * NANO)
    # What is idle ends at once; how soon it must close is another row's question.
    last = stream.last
    until = min(seen.ended if last is None else last.at, seen.exchange.paused_at or seen.ended)
    for began, length in stream.silences(until):
        if length > interval // 2:
            yield began, length


def _held(seen: Seen, began: int, length: int) -> Finding | None:
    """Whether no heartbeat is missing in a silence, by the noise of the whole run.

    Only the probes of heartbeats measure how a target's own machine is doing beside them, and tell a late
    heartbeat; elsewhere a silence is too long when two intervals have passed.
    """
    record = seen.model.record
    interval = round(record.profile.heartbeat_seconds * NANO)
    told = f"{length / NANO:.2f} s of silence, {(began - seen.began) / NANO:.1f} s after the request"
    known = f"a heartbeat comes every {interval / NANO:g} s"
    if length <= interval:
        return says(length <= interval, known, told)
    compared = _compared(record, length, over=2 * interval)
    return None if compared is Comparison.UNDECIDED else says(compared is Comparison.WITHIN, known, told)


def _compared(record: Record, length: int, *, over: int) -> Comparison:
    """Compare the time in which a heartbeat is missing with `over`, which has an interval to spare.

    What the machine holds back comes later, but in front of the next event: noise makes the time longer than
    it was, and may delay a heartbeat as much as in the judge's own probes. It takes none away.
    """
    interval = round(record.profile.heartbeat_seconds * NANO)
    least = max(over + round(SLACK_SECONDS * NANO), over - interval + slack(record, *record.probes))
    if length > over and length - jitter(record, *record.probes) > least:
        return Comparison.BEYOND
    return compare(record, length, *record.probes, over=over)


def _waiting(seen: Seen, began: int, length: int) -> Iterator[tuple[int, int]]:
    """The parts of a silence in which a call was known to wait: a silence may go on when it was answered."""
    for call in seen.task.calls.values() if seen.task else ():
        if call.asked is not None:
            first, last = max(began, call.asked.at), min(began + length, call.waited_until(began + length))
            if last > first:
                yield first, last - first


def _works(seen: Seen, began: int, length: int) -> bool:
    """Whether a tool was known to run all the time of a silence."""
    for call in seen.task.calls.values() if seen.task else ():
        first, result = call.first, call.result
        asked = call.asked is not None and not any(each.sent < began for each in call.decisions)
        if (
            first is not None
            and first.at <= began
            and not asked
            and (result is None or result.at >= began + length)
        ):
            return True
    return False


@invariant(
    "BEAT-001", STREAM, reason="silence-too-long", expected="no silence in which a heartbeat is missing"
)
def no_stream_is_silent(seen: Seen) -> Findings:
    """No stream of the run is silent for longer than the interval."""
    for began, length in _silences(seen):
        if finding := _held(seen, began, length):
            yield finding


@invariant("BEAT-004", STREAM, reason="silent-while-busy", expected="heartbeats while a tool runs")
def no_silence_while_a_tool_runs(seen: Seen) -> Findings:
    """No silence is too long while a tool is known to run."""
    for began, length in _silences(seen):
        if _works(seen, began, length) and (finding := _held(seen, began, length)):
            yield finding


@invariant("BEAT-013", STREAM, reason="silence-too-long", expected="heartbeats while an approval is awaited")
def no_silence_while_a_call_waits(seen: Seen) -> Findings:
    """No silence is too long while a call is known to wait."""
    half = round(seen.model.profile.heartbeat_seconds * NANO) // 2
    for silence in _silences(seen):
        for began, length in _waiting(seen, *silence):
            if length > half and (finding := _held(seen, began, length)):
                yield finding


@invariant(
    "BEAT-005", STREAM, reason="silence-too-long", expected="heartbeats for a late reader, from its start on"
)
def no_silence_for_late_readers(seen: Seen) -> Findings:
    """No silence is too long for a reader who came when another read the turn already."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if seen.task is None or turn is None:
        return
    others = (each for each in seen.task.streams if each is not seen.stream)
    is_late = any(turn.began < each.exchange.ended and each.opened < seen.began for each in others)
    for began, length in _silences(seen) if is_late else ():
        if finding := _held(seen, began, length):
            yield finding


@invariant("BEAT-007", STREAM, reason="heartbeat-after-end", expected="no heartbeat behind done or error")
def nothing_beats_behind_the_end(seen: Seen) -> Findings:
    """No heartbeat follows the last event of a stream."""
    stream = seen.stream
    if stream is not None and stream.terminal is not None:
        late = [each for each in stream.heartbeats if each.offset > stream.terminal.offset]
        yield says(
            not late, f"{stream.terminal.type} was sent", f"{plural(len(late), 'heartbeat')} behind it"
        )


@invariant(
    "BEAT-003", STREAM, reason="too-few-heartbeats", expected="two heartbeats in a silence of two intervals"
)
def long_silences_have_two(seen: Seen) -> Findings:
    """Wherever a stream waits for its next event for more than three intervals, two are heard."""
    stream, record = seen.stream, seen.model.record
    if stream is None or stream.exchange.sent.version != "1.1" or seen.exchange.closed is Closed.RESET:
        return
    three = round(3 * seen.model.profile.heartbeat_seconds * NANO)
    until = min(seen.ended if stream.last is None else stream.last.at, seen.exchange.paused_at or seen.ended)
    times = [stream.opened, *(event.at for event in stream.events if event.at < until), until]
    for began, ended in pairwise(times):
        if ended - began <= three:
            continue
        beats = sum(began <= beat.at <= ended for beat in stream.heartbeats)
        holds = beats >= 2  # noqa: PLR2004  the sentence's own number
        known = f"no event came for {(ended - began) / NANO:.1f} s"
        # On a busy machine only a silence that is longer by all its noise lacks one.
        if holds or _compared(record, ended - began, over=three) is Comparison.BEYOND:
            yield says(holds, known, f"{plural(beats, 'heartbeat')}")


@invariant("BEAT-002", STREAM, reason="other-comment", expected="a comment line whose text is heartbeat")
def heartbeats_say_so(seen: Seen) -> Findings:
    """Where comments come while no event does for more than two intervals, one of them is a heartbeat."""
    stream = seen.stream
    if stream is None or stream.exchange.sent.version != "1.1" or seen.exchange.closed is Closed.RESET:
        return
    record = seen.model.record
    interval = round(record.profile.heartbeat_seconds * NANO)
    until = min(seen.ended if stream.last is None else stream.last.at, seen.exchange.paused_at or seen.ended)
    times = [stream.opened, *(event.at for event in stream.events if event.at < until), until]
    for began, ended in pairwise(times):
        inside = [each for each in stream.comments if began <= each.at <= ended]
        beats = sum(each.is_heartbeat for each in inside)
        known = f"no event came for {(ended - began) / NANO:.1f} s"
        if beats:
            yield says(beats > 0, known, f"{beats} of {len(inside)} comments are heartbeats")
        elif inside and _compared(record, ended - began, over=2 * interval) is Comparison.BEYOND:
            yield says(beats > 0, known, f"comments {sorted({each.text for each in inside})[:3]}")


@invariant("BEAT-008", STREAM, reason="heartbeat-replayed", expected="none between the messages of a replay")
def heartbeats_are_not_stored(seen: Seen) -> Findings:
    """No heartbeat stands between the messages of a history that came at once."""
    stream = seen.stream
    if stream is None or not stream.history or stream.marker is None:
        return
    first, marker = stream.history[0], stream.marker
    # What took longer may have been due for one (G-50).
    if marker.at - stream.opened < seen.model.profile.heartbeat_seconds * NANO / 2:
        between = [beat for beat in stream.heartbeats if first.offset < beat.offset < marker.offset]
        known = f"{plural(len(stream.history), 'message')} arrived together"
        yield says(not between, known, f"{plural(len(between), 'heartbeat')} between them")


@invariant(
    "BEAT-009", STREAM, reason="flood", expected="at least half the interval apart while nothing happens"
)
def heartbeats_are_no_flood(seen: Seen) -> Findings:
    """Three or more heartbeats between two events are half the interval apart, on average.

    A network may have gathered two of them.
    """
    stream = seen.stream
    if stream is None or seen.exchange.paused_at is not None:
        return
    half = seen.model.profile.heartbeat_seconds * NANO / 2
    # By their places: what a busy machine reads late, it reads at one time.
    places = [-1, *(event.offset for event in stream.events), sys.maxsize]
    for began, ended in pairwise(places):
        beats = [beat.at for beat in stream.heartbeats if began < beat.offset < ended]
        if len(beats) > 2:  # noqa: PLR2004  two may have been gathered
            apart = (beats[-1] - beats[0]) / (len(beats) - 1)
            noise = jitter(seen.model.record, *seen.model.record.probes) if apart < half else 0
            shown = f"{plural(len(beats), 'heartbeat')}, {apart / NANO:.2f} s apart"
            # Noise moves the first and the last of them, not each.
            yield says(apart + noise / (len(beats) - 1) >= half, "no event came between them", shown)


@invariant(
    "BEAT-011", STREAM, reason="irregular", expected="a heartbeat every interval, whatever else is sent"
)
def heartbeats_are_regular(seen: Seen) -> Findings:
    """The first heartbeat, and each after another, comes before one and a half intervals have passed."""
    stream = seen.stream
    if stream is None or seen.exchange.paused_at is not None or seen.exchange.closed is Closed.RESET:
        return
    record = seen.model.record
    half = round(1.5 * record.profile.heartbeat_seconds * NANO)
    until = seen.ended if stream.last is None else stream.last.at
    times = [stream.opened, *(beat.at for beat in stream.heartbeats if beat.at < until), until]
    for began, ended in pairwise(times):
        if ended - began <= half // 2:
            continue
        within = ended - began <= half
        compared = Comparison.WITHIN if within else compare(record, ended - began, *record.probes, over=half)
        if compared is not Comparison.UNDECIDED:
            since = f"{(began - seen.began) / NANO:.1f} s after the request"
            shown = f"none for {(ended - began) / NANO:.2f} s, {since}"
            yield says(compared is Comparison.WITHIN, "the stream was open", shown)


@invariant(
    "BEAT-012",
    STREAM,
    reason="silence-too-long",
    expected="heartbeats as punctual for a reader that accepts gzip",
)
def no_silence_for_who_offers_gzip(seen: Seen) -> Findings:
    """No silence is too long in a stream whose client offers gzip, whether it is encoded or not."""
    offered = next(
        (value for name, value in seen.exchange.sent.headers if name.lower() == "accept-encoding"), ""
    )
    if "gzip" in offered and seen.exchange.is_stream and seen.exchange.closed is not Closed.RESET:
        stream = seen.stream or Stream(seen.exchange)
        interval = round(seen.model.profile.heartbeat_seconds * NANO)
        until = seen.ended if seen.stream is None or stream.last is None else stream.last.at
        for began, length in stream.silences(min(until, seen.exchange.paused_at or until)):
            if length > interval // 2 and (finding := _held(seen, began, length)):
                yield finding


@invariant("BEAT-014", STREAM, reason="silence-too-long", expected="heartbeats for a client that reconnects")
def no_silence_after_a_reconnect(seen: Seen) -> Findings:
    """No silence is too long for a reader whose stream of the same turn had ended before its end."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if seen.task is None or turn is None:
        return
    left = [
        each
        for each in seen.task.streams
        if each.exchange.ended <= seen.began and each.is_streaming and each.terminal is None
    ]
    if any(each.exchange.started >= turn.began for each in left):
        for began, length in _silences(seen):
            if finding := _held(seen, began, length):
                yield finding


@invariant("BEAT-015", STREAM, reason="silence-too-long", expected="heartbeats between events that are rare")
def no_silence_among_events(seen: Seen) -> Findings:
    """No silence behind a live event is too long, when this reader or another hears of a further one."""
    live = seen.stream.live if seen.stream else ()
    heard = [event.at for stream in seen.task.streams for event in stream.live] if seen.task else []
    for began, length in _silences(seen):
        before = any(event.at <= began for event in live)
        among = before and any(at > began for at in heard)
        if among and (finding := _held(seen, began, length)):
            yield finding
