"""BEAT: on no stream of the run, whoever reads it and whatever the task does, is a silence too long."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.timing import NANO, Comparison, compare
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Finding, Findings, Seen, says
from sigmic_conformance.conformance.transcript.transcript import Closed

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
    compared = compare(record, length, *record.probes, over=2 * interval)
    return None if compared is Comparison.UNDECIDED else says(compared is Comparison.WITHIN, known, told)


def _waits(seen: Seen, began: int, length: int) -> bool:
    calls = seen.task.calls.values() if seen.task else ()
    return any(call.waits(began, began + length) for call in calls)


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
    for began, length in _silences(seen):
        if _waits(seen, began, length) and (finding := _held(seen, began, length)):
            yield finding


@invariant(
    "BEAT-005", STREAM, reason="silence-too-long", expected="heartbeats for who joins late, from his start on"
)
def no_silence_for_late_readers(seen: Seen) -> Findings:
    """No silence is too long for a reader who came when another had heard of the turn already."""
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if seen.task is None or turn is None:
        return
    others = (each for each in seen.task.streams if each is not seen.stream)
    heard = any(turn.began < event.at < seen.began for stream in others for event in stream.live)
    for began, length in _silences(seen) if heard else ():
        if finding := _held(seen, began, length):
            yield finding


@invariant("BEAT-007", STREAM, reason="heartbeat-after-end", expected="no heartbeat behind done or error")
def nothing_beats_behind_the_end(seen: Seen) -> Findings:
    """No heartbeat follows the last event of a stream."""
    stream = seen.stream
    if stream is not None and stream.terminal is not None:
        late = [each for each in stream.heartbeats if each.offset > stream.terminal.offset]
        yield says(not late, f"{stream.terminal.type} was told", f"{len(late)} heartbeats behind it")
