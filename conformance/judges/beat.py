"""BEAT: heartbeats in the long window, in the silence of a waiting approval, and in every recorded stream.

Times are compared by `conformance.judging.timing`: what the measured noise could have hidden is
inconclusive(timing-noise), everything else is decided.
"""

from dataclasses import dataclass
from itertools import pairwise

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import held_back
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import NANO, Comparison, allowed, compare, jitter, noisy
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.labels.beat import (
    HeartbeatAmongEvents,
    HeartbeatWhileWaiting,
    HeartbeatWindow,
)
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript.label import Label, ProbeName
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Closed
from sigmic_conformance.spec.plural import plural

READERS = (HeartbeatWindow.EARLY, HeartbeatWindow.RECONNECTED, HeartbeatWindow.LATE)
FEWEST = 2


def noise(record: Record, probe: ProbeName, what: str) -> Verdict:
    """The verdict when the harness could not have seen the difference."""
    late = jitter(record, probe) / NANO
    return inconclusive(Unproven.TIMING_NOISE, f"{what}, at a noise of {late:.2f} s")


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


def none_missing(record: Record, beats: int, seconds: float) -> bool:
    """True for as many heartbeats as the time asks for: noise delays them, it invents none."""
    return beats > seconds / record.profile.heartbeat_seconds - 1


def enough(
    record: Record, probe: ProbeName, observations: Observations, stream: Stream, beats: int, observed: str
) -> Verdict:
    """At least two heartbeats; lateness invents none, but may have moved one out of a short window."""
    if beats < FEWEST and noisy(record, probe):
        return noise(record, probe, observed)
    observations.add(beats >= FEWEST, stream.exchange, observed)
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


judge_each(
    __name__,
    {
        "BEAT-001": Silence(HeartbeatWindow.EARLY, 3, meanwhile=HeartbeatWindow.MEANWHILE),
        "BEAT-005": Silence(HeartbeatWindow.LATE, 1.5, from_the_start=True),
        "BEAT-012": Silence(HeartbeatWindow.GZIP, 2),
        "BEAT-014": Silence(HeartbeatWindow.RECONNECTED, 1.5, from_the_start=True),
    },
)


@judge("BEAT-002", HeartbeatWindow.PROBE, sweep=True)
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


@judge("BEAT-003", HeartbeatWhileWaiting.PROBE)
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


@judge("BEAT-004", HeartbeatWindow.PROBE)
def while_a_tool_runs(record: Record) -> Verdict:
    stream = record.stream(HeartbeatWindow.EARLY)
    start = record.fact(HeartbeatWindow.CALLED_AT)
    results = [event.at for event in stream.of("tool_result")]
    end = min([stream.exchange.ended, *results])
    if end - start < 2 * record.profile.heartbeat_seconds * NANO:
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, f"the tool ran for {(end - start) / NANO:.0f} s only"
        )
    beats = [beat for beat in stream.heartbeats if start <= beat.at <= end]
    observations = Observations("silent-while-busy", "heartbeats while the tool runs")
    observed = f"{plural(len(beats), 'heartbeat')} in {(end - start) / NANO:.0f} s"
    return enough(record, HeartbeatWindow.PROBE, observations, stream, len(beats), observed)


@judge("BEAT-006", HeartbeatWindow.PROBE, sweep=True)
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


@judge("BEAT-007", HeartbeatWindow.PROBE, EasyTask.PROBE, sweep=True)
def none_after_the_end(record: Record) -> Verdict:
    observations = Observations("heartbeat-after-end", "no heartbeat after done or error")
    for stream in record.streams():
        last = stream.terminal
        if last is not None:
            after = [beat for beat in stream.heartbeats if beat.offset > last.offset]
            observations.add(
                not after, stream.exchange, f"{plural(len(after), 'heartbeat')} after {last.type}"
            )
    return observations.verdict()


@judge("BEAT-008", EasyTask.PROBE, ToolTask.PROBE)
def not_stored(record: Record) -> Verdict:
    observations = Observations("heartbeat-replayed", "none between the messages of a replay")
    for label in (EasyTask.REPLAY, ToolTask.REPLAY):
        stream = record.stream(label)
        seconds = stream.listened / NANO
        if seconds < record.profile.heartbeat_seconds / 2 and stream.history and stream.marker:
            # One at the very beginning is sent, not stored (G-50).
            first, last = stream.history[0].offset, stream.marker.offset
            between = [beat for beat in stream.heartbeats if first < beat.offset < last]
            observations.add(
                not between, stream.exchange, f"{plural(len(between), 'heartbeat')} between the messages"
            )
    return observations.verdict()


@judge("BEAT-009", HeartbeatWhileWaiting.PROBE, HeartbeatWindow.PROBE)
def no_flood(record: Record) -> Verdict:
    observations = Observations("flood", "heartbeats at least half the interval apart while nothing happens")
    half = record.profile.heartbeat_seconds * NANO / 2
    for label, since in (
        (HeartbeatWhileWaiting.PARKED, HeartbeatWhileWaiting.PARKED_AT),
        (HeartbeatWindow.EARLY, HeartbeatWindow.CALLED_AT),
    ):
        stream, start = record.stream(label), record.fact(since)
        beats = [beat.at for beat in stream.heartbeats if beat.at >= start]
        if len(beats) >= FEWEST:
            least = min(later - earlier for earlier, later in pairwise(beats))
            observed = f"{label}: {plural(len(beats), 'heartbeat')}, at least {least / NANO:.2f} s apart"
            if least < half <= least + jitter(record, label.probe):
                return noise(record, label.probe, observed)
            observations.add(least >= half, stream.exchange, observed)
    return observations.verdict()


@judge("BEAT-010", HeartbeatWindow.PROBE, sweep=True)
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


@judge("BEAT-011", HeartbeatWindow.PROBE, HeartbeatAmongEvents.PROBE)
def strictly_every_interval(record: Record) -> Verdict:
    observations = Observations(
        "irregular", "the first within one interval of the connection, then one every interval"
    )
    busy = record.fact(HeartbeatAmongEvents.STREAM)
    left_open = [
        _rhythm(record, observations, label.probe, record.stream(label)) for label in (*READERS, busy)
    ]
    verdict = observations.verdict()
    if verdict.outcome is Outcome.FAILED:
        return verdict
    return next(filter(None, left_open), verdict)


def _rhythm(record: Record, observations: Observations, probe: ProbeName, stream: Stream) -> Verdict | None:
    """Add how regular the heartbeats of a stream are; returns a verdict when that stays open."""
    label, listened = stream.exchange.label, stream.listened
    if stream.is_streaming is False:
        over = f"the task was over before the reader {label!r} had come"
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, over)
    times = [beat.at for beat in stream.heartbeats]
    if not times:
        observed = f"{label}: no heartbeat in {listened / NANO:.2f} s"
        if compare(record, listened, probe) is not Comparison.BEYOND:
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, observed)
        observations.broken(stream.exchange, observed)
        return None
    first = times[0] - stream.opened
    gaps = [later - earlier for earlier, later in pairwise(times)]
    shown = ", ".join(f"{gap / NANO:.2f}" for gap in gaps)
    observed = f"{label}: first after {first / NANO:.2f} s, then every {shown or '-'} s"
    interval = round(record.profile.heartbeat_seconds * NANO)
    compared = {compare(record, first, probe)}
    compared |= {compare(record, abs(gap - interval), probe, over=0) for gap in gaps}
    counted = abs(len(times) - listened / interval) <= 1
    if Comparison.BEYOND not in compared and Comparison.UNDECIDED in compared and not counted:
        return noise(record, probe, observed)
    observations.add(Comparison.BEYOND not in compared, stream.exchange, observed)
    return None


@judge("BEAT-013", HeartbeatWhileWaiting.PROBE)
def while_waiting(record: Record) -> Verdict:
    parked, state = HeartbeatWhileWaiting.PARKED, HeartbeatWhileWaiting.STATE
    at_least = 2 * record.profile.heartbeat_seconds
    if held_back(record, parked, state) is not None:
        return no_long_silence(record, parked, at_least=at_least, meanwhile=state)
    stream = record.stream(parked)
    if stream.is_streaming is False or stream.complete:
        return inconclusive(
            Unproven.PRECONDITION, "the stream does not stay open while an approval is awaited (X-21)"
        )
    return no_long_silence(record, parked, at_least=at_least)


@judge("BEAT-015", HeartbeatAmongEvents.PROBE)
def among_events(record: Record) -> Verdict:
    label = record.fact(HeartbeatAmongEvents.STREAM)
    return no_long_silence(record, label, at_least=2 * record.profile.heartbeat_seconds)
