"""Heartbeats."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import held_back
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import (
    NANO,
    SLACK_SECONDS,
    Comparison,
    allowed,
    compare,
    jitter,
    noisy,
    slack,
)
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.labels.beat import (
    HeartbeatWhileWaiting,
    HeartbeatWindow,
)
from sigmic_conformance.conformance.model.operations import STREAM
from sigmic_conformance.conformance.model.seen import Finding, Findings, Seen, says
from sigmic_conformance.conformance.registry import check, check_each, check_record
from sigmic_conformance.conformance.transcript.label import Label, ProbeName
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed
from sigmic_conformance.spec.plural import plural


def noise(record: Record, probe: ProbeName, what: str) -> Verdict:
    """The verdict when the harness could not have seen the difference."""
    late = jitter(record, probe) / NANO
    return inconclusive(Unproven.TIMING_NOISE, f"{what}, at a noise of {late:.2f} s")


def none_missing(record: Record, beats: int, seconds: float) -> bool:
    """True for as many heartbeats as the time asks for: noise delays them, it invents none."""
    return beats > seconds / record.profile.heartbeat_seconds - 1


def no_long_silence(
    record: Record, label: Label, *, at_least: float, meanwhile: Label | None = None
) -> Verdict:
    """No silence exceeds the interval; the stream must have been listened to for `at_least` seconds.

    `meanwhile` shows what the task did while nothing at all of the stream came.

    A compressed stream is judged by its times alone: a heartbeat stuck in the compressor is a silence.
    """
    probe, exchange = label.probe, record.exchange(label)
    held = held_back(record, label, meanwhile) if meanwhile is not None else None
    if held is not None and compare(record, exchange.ended - exchange.started, probe) is Comparison.BEYOND:
        expected = f"no silence longer than {allowed(record, probe) / NANO:.2f} s"
        return failed("silence-too-long", cite(exchange, held), expected=expected, observed=held)
    stream = Stream(exchange) if exchange.encoded else record.stream(label)
    start, listened = stream.opened, stream.listened / NANO
    observations = Observations(
        "silence-too-long", f"no silence longer than {allowed(record, probe) / NANO:.2f} s"
    )
    began, longest = max(stream.silences(), key=lambda each: each[1], default=(start, 0))
    observed = f"longest silence {longest / NANO:.2f} s, {(began - start) / NANO:.1f} s after the start"
    compared = compare(record, longest, probe)
    if compared is Comparison.UNDECIDED and not none_missing(record, len(stream.heartbeats), listened):
        return noise(record, probe, observed)
    counted = "" if exchange.encoded else f"; {plural(len(stream.heartbeats), 'heartbeat')}"
    observations.add(compared is not Comparison.BEYOND, exchange, f"{observed}, of {listened:.1f} s{counted}")
    if compared is not Comparison.BEYOND and listened < at_least:
        if exchange.closed is Closed.HUNG_UP:
            return inconclusive(Unproven.PRECONDITION, f"listened for {listened:.1f} s only")
        return inconclusive(
            Unproven.PRECONDITION,
            f"the stream ended after {listened:.1f} s ({exchange.closed}), before it was silent",
        )
    return observations.verdict()


@dataclass(frozen=True, slots=True)
class Silence:
    """A reader of the long window hears no silence longer than the interval, over so many intervals.

    `from_the_start`: it hears a heartbeat at all, whatever others heard before it came.
    """

    label: Label
    intervals: float
    from_the_start: bool = False
    meanwhile: Label | None = None

    @property
    def probes(self) -> tuple[ProbeName, ...]:
        """The probes that are read."""
        return (self.label.probe,)

    def __call__(self, record: Record) -> Verdict:
        at_least = self.intervals * record.profile.heartbeat_seconds
        verdict = no_long_silence(record, self.label, at_least=at_least, meanwhile=self.meanwhile)
        if not self.from_the_start or verdict.outcome is not Outcome.PASSED:
            return verdict
        stream = record.stream(self.label)
        if stream.heartbeats:
            return verdict
        observations = Observations("no-heartbeat", "heartbeats from the connection's own start on")
        observations.broken(stream.exchange, "no heartbeat at all")
        return observations.verdict()


READERS = (HeartbeatWindow.EARLY, HeartbeatWindow.RECONNECTED, HeartbeatWindow.LATE)


FEWEST = 2


check_each(
    __name__,
    {
        "BEAT-012": Silence(HeartbeatWindow.GZIP, 2),
    },
)


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


@check("BEAT-001", STREAM, reason="silence-too-long")
def no_stream_is_silent(seen: Seen) -> Findings:
    """No stream of the run is silent for longer than the interval."""
    for began, length in _silences(seen):
        if finding := _held(seen, began, length):
            yield finding


@check_record("BEAT-002")
def heartbeat_text(record: Record) -> Verdict:
    observations = Observations("other-comment", "a comment line whose text is heartbeat")
    for stream in record.streams():
        for beat in stream.heartbeats:
            observations.holds(stream.exchange, f"comment {beat.text!r}", offset=beat.offset)
    for label in READERS:
        stream = record.stream(label)
        length = stream.listened / NANO
        if length > 2 * record.profile.heartbeat_seconds and not stream.heartbeats:
            others = [beat.text for beat in stream.comments]
            observations.broken(stream.exchange, f"no heartbeat in {length:.0f} s; comments {others}")
    return observations.verdict()


@check("BEAT-002", STREAM, reason="other-comment")
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


def enough(
    record: Record, probe: ProbeName, observations: Observations, stream: Stream, beats: int, observed: str
) -> Verdict:
    """At least two heartbeats; lateness invents none, but may have moved one out of a short window."""
    if beats < FEWEST and noisy(record, probe):
        return noise(record, probe, observed)
    observations.add(beats >= FEWEST, stream.exchange, observed)
    return observations.verdict()


@check_record("BEAT-003")
def two_in_a_silence(record: Record) -> Verdict:
    stream = record.stream(HeartbeatWhileWaiting.PARKED)
    start = record.fact(HeartbeatWhileWaiting.PARKED_AT)
    length = (stream.exchange.ended - start) / NANO
    interval = record.profile.heartbeat_seconds
    if length < 2 * interval:
        return inconclusive(
            Unproven.PRECONDITION, f"the stream was open for {length:.1f} s of the silence only"
        )
    beats = [beat.at for beat in stream.heartbeats if beat.at >= start]
    gaps = [(later - earlier) / NANO for earlier, later in pairwise(beats)]
    observations = Observations(
        "too-few-heartbeats", "at least two heartbeats about one interval apart in two intervals"
    )
    shown = ", ".join(f"{gap:.2f} s" for gap in gaps)
    observed = f"{plural(len(beats), 'heartbeat')} in {length:.1f} s, apart: {shown or '-'}"
    compared = compare(record, round(max(gaps, default=0) * NANO), HeartbeatWhileWaiting.PROBE)
    if compared is Comparison.UNDECIDED and not none_missing(record, len(beats), length):
        return noise(record, HeartbeatWhileWaiting.PROBE, observed)
    if compared is Comparison.BEYOND:
        observations.broken(stream.exchange, observed)
    return enough(record, HeartbeatWhileWaiting.PROBE, observations, stream, len(beats), observed)


@check("BEAT-003", STREAM, reason="too-few-heartbeats")
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
        holds = beats >= 2
        known = f"no event came for {(ended - began) / NANO:.1f} s"
        # On a busy machine only a silence that is longer by all its noise lacks one.
        if holds or _compared(record, ended - began, over=three) is Comparison.BEYOND:
            yield says(holds, known, f"{plural(beats, 'heartbeat')}")


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


@check("BEAT-004", STREAM, reason="silent-while-busy")
def no_silence_while_a_tool_runs(seen: Seen) -> Findings:
    """No silence is too long while a tool is known to run."""
    for began, length in _silences(seen):
        if _works(seen, began, length) and (finding := _held(seen, began, length)):
            yield finding


@check("BEAT-005", STREAM, reason="silence-too-long")
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


@check_record("BEAT-006")
def no_field(record: Record) -> Verdict:
    observations = Observations("field-in-heartbeat", "a heartbeat without fields")
    # Beside heartbeats that are comments, an event of another type is one of the target's own (EVENT-001).
    comments = any(stream.heartbeats for stream in record.streams())
    instead = {"heartbeat"} if comments else {"heartbeat", "ping", "keepalive"}
    for stream in record.streams():
        for block in stream.body.blocks:
            if any(line.value.strip() == "heartbeat" for line in block.comments):
                names = {line.name for line in block.fields}
                # A comment may stand inside an event; fields without an event line belong to the heartbeat.
                observed = f"a heartbeat with {sorted(names) or 'no field'}"
                observations.add(not names or "event" in names, stream.exchange, observed, offset=block.start)
        for event in stream.events:
            if event.type in instead:
                observations.broken(stream.exchange, f"an event {event.type}", offset=event.offset)
    return observations.verdict()


@check("BEAT-007", STREAM, reason="heartbeat-after-end")
def nothing_beats_behind_the_end(seen: Seen) -> Findings:
    """No heartbeat follows the last event of a stream."""
    stream = seen.stream
    if stream is not None and stream.terminal is not None:
        late = [each for each in stream.heartbeats if each.offset > stream.terminal.offset]
        yield says(
            not late, f"{stream.terminal.type} was sent", f"{plural(len(late), 'heartbeat')} behind it"
        )


@check("BEAT-008", STREAM, reason="heartbeat-replayed")
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


@check("BEAT-009", STREAM, reason="flood")
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
        if len(beats) > 2:
            apart = (beats[-1] - beats[0]) / (len(beats) - 1)
            noise = jitter(seen.model.record, *seen.model.record.probes) if apart < half else 0
            shown = f"{plural(len(beats), 'heartbeat')}, {apart / NANO:.2f} s apart"
            # Noise moves the first and the last of them, not each.
            yield says(apart + noise / (len(beats) - 1) >= half, "no event came between them", shown)


@check_record("BEAT-010")
def exact_bytes(record: Record) -> Verdict:
    observations = Observations("other-bytes", "`:heartbeat` and two line feeds")
    for stream in record.streams():
        body = stream.exchange.body
        for beat in stream.heartbeats:
            holds = body[beat.offset : beat.offset + 12] == b":heartbeat\n\n"
            observations.add(
                holds, stream.exchange, repr(body[beat.offset : beat.offset + 12]), offset=beat.offset
            )
    return observations.verdict()


@check("BEAT-011", STREAM, reason="irregular")
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


@check("BEAT-012", STREAM, reason="silence-too-long")
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


def _waiting(seen: Seen, began: int, length: int) -> Iterator[tuple[int, int]]:
    """The parts of a silence in which a call was known to wait: a silence may go on when it was answered."""
    for call in seen.task.calls.values() if seen.task else ():
        if call.asked is not None:
            first, last = max(began, call.asked.at), min(began + length, call.waited_until(began + length))
            if last > first:
                yield first, last - first


@check("BEAT-013", STREAM, reason="silence-too-long")
def no_silence_while_a_call_waits(seen: Seen) -> Findings:
    """No silence is too long while a call is known to wait."""
    half = round(seen.model.profile.heartbeat_seconds * NANO) // 2
    for silence in _silences(seen):
        for began, length in _waiting(seen, *silence):
            if length > half and (finding := _held(seen, began, length)):
                yield finding


@check("BEAT-014", STREAM, reason="silence-too-long")
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


@check("BEAT-015", STREAM, reason="silence-too-long")
def no_silence_among_events(seen: Seen) -> Findings:
    """No silence behind a live event is too long, when this reader or another hears of a further one."""
    live = seen.stream.live if seen.stream else ()
    heard = [event.at for stream in seen.task.streams for event in stream.live] if seen.task else []
    for began, length in _silences(seen):
        before = any(event.at <= began for event in live)
        among = before and any(at > began for at in heard)
        if among and (finding := _held(seen, began, length)):
            yield finding
