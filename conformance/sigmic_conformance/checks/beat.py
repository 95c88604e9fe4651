"""Heartbeats.

A silence is compared with the interval within the measured noise (`model.record.timing`). If noise may have
hidden a violation, the result is open.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from math import inf

from sigmic_conformance.checks import check
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import GET, STREAM
from sigmic_conformance.model.record.finding import Finding, Findings, breaks, left_open, says
from sigmic_conformance.model.record.front_ends import GATHERED_REMEDY
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import (
    NANO,
    SLACK_SECONDS,
    Comparison,
    compare,
    is_measured,
    jitter,
    slack,
)
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.model.statuses import AWAITING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import Comment
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.plural import plural

FEWEST = 2
Silences = Iterable[tuple[int, int]]
"""The start and the length of each silence."""


def _interval(seen: Seen) -> int:
    return round(seen.model.profile.heartbeat_seconds * NANO)


def _heard(seen: Seen) -> Stream | None:
    """The stream, if its heartbeats can be expected to reach the reader."""
    whole = seen.exchange.sent.version == "1.1" and seen.exchange.closed is not Closed.RESET
    return seen.stream if whole else None


def _until(seen: Seen, stream: Stream) -> int:
    """Until when a heartbeat can be due. An idle stream ends soon; how soon is checked by PHASE-013."""
    last = stream.last
    return min(seen.ended if last is None else last.at, seen.exchange.paused_at or seen.ended)


def _silences(seen: Seen) -> Silences:
    stream = _heard(seen)
    return stream.silences(_until(seen, stream)) if stream is not None else ()


def _between_events(seen: Seen, stream: Stream) -> Iterator[tuple[int, int]]:
    """The periods without an event, each with its start and end."""
    until = _until(seen, stream)
    return pairwise([stream.opened, *(event.at for event in stream.events if event.at < until), until])


def _beyond(record: Record, length: int, *, over: int) -> bool:
    """Whether a time is too long even with all the noise of the run; `over` includes an extra interval.

    A machine's delay of an event makes the time longer than it was, and may delay a heartbeat as much. Noise
    never removes a heartbeat.
    """
    interval = round(record.profile.heartbeat_seconds * NANO)
    least = max(over + round(SLACK_SECONDS * NANO), over - interval + slack(record, *record.probes))
    return length > over and length - jitter(record, *record.probes) > least


def _compared(seen: Seen, length: int, *, intervals: int = 1) -> Comparison:
    """Compare a time with N intervals.

    Without measured noise a late heartbeat cannot be recognised, so one interval is added.
    """
    record, probe, over = seen.model.record, seen.probe, intervals * _interval(seen)
    if length <= over:
        return Comparison.WITHIN
    if _beyond(record, length, over=over + _interval(seen)):
        return Comparison.BEYOND
    if is_measured(record, probe):
        return compare(record, length, probe, over=over)
    return Comparison.UNDECIDED


def _noise(seen: Seen, known: str, shown: str) -> Finding:
    late = jitter(seen.model.record, seen.probe) / NANO
    return left_open(Unproven.TIMING_NOISE, known, f"{shown}, at a noise of {late:.2f} s")


def _all_came(seen: Seen, beats: int, time: int) -> bool:
    """Whether a period has as many heartbeats as required: noise delays heartbeats, it does not add any."""
    return beats > time / _interval(seen) - 1


def _no_silence(
    seen: Seen, silences: Silences, *, intervals: float, stream: Stream | None = None
) -> Findings:
    """No silence of a stream is too long; evidence needs N intervals of silence in total."""
    stream, lengths = stream or seen.stream, list(silences)
    if stream is None or not lengths:
        return
    began, longest = max(lengths, key=lambda each: each[1])
    listened = sum(length for _, length in lengths)
    compared = _compared(seen, longest)
    known = f"a heartbeat comes every {_interval(seen) / NANO:g} s"
    shown = f"{longest / NANO:.2f} s of silence, {(began - seen.began) / NANO:.1f} s after the request"
    if compared is Comparison.BEYOND:
        yield breaks(known, shown)
    elif compared is Comparison.UNDECIDED and not _all_came(seen, len(stream.heartbeats), stream.listened):
        yield _noise(seen, known, shown)
    elif listened < intervals * _interval(seen):
        yield left_open(Unproven.PRECONDITION, known, f"listened for {listened / NANO:.1f} s only")
    else:
        yield says(True, known, f"{shown}, the longest in {listened / NANO:.1f} s")  # noqa: FBT003  held


def _streams_without_head(model: Model) -> Mapping[str, list[Exchange]]:
    """The streams of each task without a response in time, in order of start."""
    found: dict[str, list[Exchange]] = {}
    for each in model.exchanges:
        late = each.status is None and each.closed is Closed.DEADLINE
        if late and model.operation(each) == "stream_task":
            found.setdefault(each.task, []).append(each)
    return found


def _without_head(seen: Seen, *statuses: str) -> Findings:
    """The first stream of a turn with one of these statuses does not wait too long for its head."""
    task, status = seen.task, seen.fields.get("status")
    if task is None or status not in statuses:
        return
    for each in seen.model.derived(_streams_without_head).get(task.id, ()):
        if each.started <= seen.began and task.turns.at(each.started) is seen.turn:
            length = each.ended - each.started
            if compare(seen.model.record, length, seen.probe) is Comparison.BEYOND:
                told = f"nothing came in {length / NANO:.1f} s though the task was {status}"
                yield breaks(
                    f"a heartbeat comes every {_interval(seen) / NANO:g} s",
                    f"{told}: it is buffered on the way; {GATHERED_REMEDY}",
                )
            return


@check("BEAT-001", STREAM, reason="silence-too-long")
def streams_are_not_silent(seen: Seen) -> Findings:
    """No silence on a stream is longer than the interval."""
    return _no_silence(seen, _silences(seen), intervals=3)


@check("BEAT-001", GET, reason="silence-too-long")
def streams_of_tasks_have_a_head(seen: Seen) -> Findings:
    """A stream that was opened for a running or waiting task got its head."""
    return _without_head(seen, "running", AWAITING)


@check("BEAT-002", STREAM, reason="other-comment")
def heartbeats_say_so(seen: Seen) -> Findings:
    """If comments arrive in a period of more than two intervals without events, one is a heartbeat."""
    stream = _heard(seen)
    for began, ended in _between_events(seen, stream) if stream else ():
        inside = stream.comments_between(began, ended) if stream else ()
        beats = sum(each.is_heartbeat for each in inside)
        known = f"no event came for {(ended - began) / NANO:.1f} s"
        if beats:
            yield says(beats > 0, known, f"heartbeats: {beats} of {plural(len(inside), 'comment')}")
        elif inside and _beyond(seen.model.record, ended - began, over=FEWEST * _interval(seen)):
            yield breaks(known, f"comments {spelled(sorted({each.text for each in inside})[:3])}")


@check("BEAT-003", STREAM, reason="too-few-heartbeats")
def long_silences_have_two(seen: Seen) -> Findings:
    """A period of more than two intervals without events has two heartbeats, at most an interval apart."""
    stream = _heard(seen)
    for began, ended in _between_events(seen, stream) if stream else ():
        if stream is None or ended - began < FEWEST * _interval(seen):
            continue
        beats = [beat.at for beat in stream.heartbeats if began <= beat.at <= ended]
        apart = max((later - earlier for earlier, later in pairwise(beats)), default=0)
        known = f"no event came for {(ended - began) / NANO:.1f} s"
        shown = f"{plural(len(beats), 'heartbeat')}, at most {apart / NANO:.2f} s apart"
        lacking = len(beats) < FEWEST
        compared = _compared(seen, ended - began, intervals=FEWEST) if lacking else _compared(seen, apart)
        if compared is Comparison.UNDECIDED and not _all_came(seen, len(beats), ended - began):
            yield _noise(seen, known, shown)
        elif lacking and compared is not Comparison.BEYOND:
            yield left_open(Unproven.PRECONDITION, known, shown)
        else:
            yield says(compared is not Comparison.BEYOND, known, shown)


def _works(seen: Seen, began: int, length: int) -> bool:
    """Whether a tool was known to run during a whole silence."""
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
def work_is_not_silent(seen: Seen) -> Findings:
    """No silence is longer than the interval while a tool runs or the agent thinks."""
    return _no_silence(seen, (each for each in _silences(seen) if _works(seen, *each)), intervals=2)


@check("BEAT-005", STREAM, reason="silence-too-long")
def no_silence_for_late_readers(seen: Seen, task: Task, turn: Turn) -> Findings:
    """No silence is too long for a reader that joined while another was reading the turn."""
    others = (each for each in task.streams if each is not seen.stream)
    if any(turn.began < each.exchange.ended and each.opened < seen.began for each in others):
        yield from _no_silence(seen, _silences(seen), intervals=1.5)


def _has_heartbeats(record: Record) -> bool:
    return any(stream.heartbeats for stream in record.streams())


@check("BEAT-006", STREAM, reason="field-in-heartbeat")
def heartbeats_have_no_field(seen: Seen, stream: Stream) -> Findings:
    """A block with a heartbeat has no fields, except those of an event, and no event is a heartbeat."""
    for block in stream.body.blocks:
        if any(line.value.strip() == "heartbeat" for line in block.comments):
            names = {line.name for line in block.fields}
            # A comment may be inside an event; fields without an event line belong to the heartbeat.
            holds, shown = (
                not names or "event" in names,
                f"a heartbeat with {spelled(sorted(names)) if names else 'no field'}",
            )
            yield says(holds, "a comment says heartbeat", shown, offset=block.start)
    # If heartbeats are comments, an event of another type is the target's own (EVENT-001).
    comments = seen.model.record.derived(_has_heartbeats)
    instead = {"heartbeat"} if comments else {"heartbeat", "ping", "keepalive"}
    for event in stream.events:
        if event.type in instead:
            known = "other heartbeats are comments" if comments else "no heartbeat is a comment"
            yield says(event.type not in instead, known, f"an event {event.type}", offset=event.offset)


@check("BEAT-008", STREAM, reason="heartbeat-replayed")
def heartbeats_are_not_stored(seen: Seen, stream: Stream) -> Findings:
    """No heartbeat comes between the messages of a history that arrived together."""
    if not stream.history or stream.marker is None:
        return
    first, marker = stream.history[0], stream.marker
    # During a longer replay a heartbeat may have been due (G-50).
    if marker.at - stream.opened < _interval(seen) / 2:
        between = [beat for beat in stream.heartbeats if first.offset < beat.offset < marker.offset]
        known = f"{plural(len(stream.history), 'message')} arrived together"
        yield says(not between, known, f"{plural(len(between), 'heartbeat')} between them")


def _runs_of_heartbeats(stream: Stream) -> Iterator[list[Comment]]:
    """The heartbeats between two events, by their offsets: data that is read late has one arrival time."""
    places = [-1, *(event.offset for event in stream.events), sys.maxsize]
    for began, ended in pairwise(places):
        yield [beat for beat in stream.heartbeats if began < beat.offset < ended]


@check("BEAT-009", STREAM, reason="flood")
def heartbeats_are_no_flood(seen: Seen, stream: Stream) -> Findings:
    """Heartbeats between two events are at least half the interval apart.

    A network may have buffered two of them: without measured noise, three are that far apart on average.
    """
    record = seen.model.record
    if seen.exchange.paused_at is not None:
        return
    strict, half = is_measured(record, seen.probe), _interval(seen) / 2
    for beats in _runs_of_heartbeats(stream):
        if len(beats) < (FEWEST if strict else FEWEST + 1):
            continue
        average = (beats[-1].at - beats[0].at) / (len(beats) - 1)
        least = min(later.at - earlier.at for earlier, later in pairwise(beats))
        apart = least if strict and average >= half else average
        noise = jitter(record, *record.probes) if apart < half else 0
        known, shown = (
            "no event came between them",
            f"{plural(len(beats), 'heartbeat')}, {apart / NANO:.2f} s apart",
        )
        # Noise shifts the first and the last of them, not each.
        holds = apart + noise / (1 if apart == least else len(beats) - 1) >= half
        yield _noise(seen, known, shown) if holds and apart < half else says(holds, known, shown)


@check("BEAT-012", STREAM, reason="silence-too-long")
def no_silence_for_who_offers_gzip(seen: Seen) -> Findings:
    """No silence is too long in a stream whose client offers gzip, whether it is encoded or not.

    An encoded stream is tested by its times only: a heartbeat stuck in the compressor is a silence.
    """
    offered = next(
        (value for name, value in seen.exchange.sent.headers if name.lower() == "accept-encoding"), ""
    )
    if "gzip" in offered and seen.exchange.is_stream and seen.exchange.closed is not Closed.RESET:
        stream = seen.stream or Stream(seen.exchange)
        until = seen.exchange.paused_at or seen.ended if seen.stream is None else _until(seen, stream)
        yield from _no_silence(seen, stream.silences(until), intervals=2, stream=stream)


def _waiting(seen: Seen, began: int, length: int) -> Silences:
    """The parts of a silence in which a call was known to wait; the silence may continue after its answer."""
    for call in seen.task.calls.values() if seen.task else ():
        if call.asked is not None:
            first, last = max(began, call.asked.at), min(began + length, call.waited_until(began + length))
            if last > first:
                yield first, last - first


@check("BEAT-013", STREAM, reason="silence-too-long")
def no_silence_while_a_call_waits(seen: Seen) -> Findings:
    """No silence is too long while a call waits."""
    parts = (part for silence in _silences(seen) for part in _waiting(seen, *silence))
    yield from _no_silence(seen, parts, intervals=2)


@check("BEAT-013", GET, reason="silence-too-long")
def streams_of_waiting_tasks_have_a_head(seen: Seen) -> Findings:
    """A stream that was opened for a waiting task got its head."""
    return _without_head(seen, AWAITING)


@check("BEAT-014", STREAM, reason="silence-too-long")
def no_silence_after_a_reconnect(seen: Seen, task: Task, turn: Turn) -> Findings:
    """No silence is too long for a reader that lost an earlier stream of the same turn."""
    left = [
        each
        for each in task.streams
        if each.exchange.ended <= seen.began and each.is_streaming and each.terminal is None
    ]
    if any(each.exchange.started >= turn.began for each in left):
        yield from _no_silence(seen, _silences(seen), intervals=1.5)


@check("BEAT-015", STREAM, reason="silence-too-long")
def no_silence_among_events(seen: Seen) -> Findings:
    """No silence behind a live event is too long, if this reader or another receives a later event."""
    first = min((event.at for event in seen.stream.live), default=inf) if seen.stream else inf
    streams = seen.task.streams if seen.task else ()
    last = max((event.at for stream in streams for event in stream.live), default=-inf)
    among = ((began, length) for began, length in _silences(seen) if first <= began < last)
    yield from _no_silence(seen, among, intervals=2)
