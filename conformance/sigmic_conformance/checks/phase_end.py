"""The live phase of a stream, and its end."""

import re

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import Call
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import GET, STREAM
from sigmic_conformance.model.record.finding import Findings, breaks, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.timing import (
    CLOSE_SECONDS,
    MOST,
    NANO,
    PATIENCE,
)
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, FAILED, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import TYPES
from sigmic_conformance.wire.transcript import Closed
from sigmic_spec.plural import plural

LEFT = frozenset({Closed.HUNG_UP, Closed.DEADLINE})
CUT = frozenset({Closed.COMPLETE, Closed.TRUNCATED, Closed.RESET})
SHORTEST_LIMIT = 5 * NANO
ALIKE = 0.03
"""How much two ages may differ, as a share, that are the same limit of a server or a proxy."""
DEAD_INTERVALS = 2.5
_ECHO = re.compile(r"echo [^;&|`$]*")
"""A command that takes no time."""


def _was_cut(seen: Seen) -> bool:
    """Whether the connection broke, or the harness did not read all the time.

    A stream without even heartbeats counts as cut by a network.
    """
    dead = DEAD_INTERVALS * seen.model.profile.heartbeat_seconds * NANO
    silences = seen.stream.silences() if seen.stream and seen.stream.last is None else ()
    broke = any(began + length >= seen.ended and length > dead for began, length in silences)
    return broke or seen.exchange.closed is Closed.RESET or seen.exchange.paused_at is not None


@check("PHASE-006", STREAM, reason="live-phase-missing")
def running_streams_go_on(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A stream with isStreaming true has a live event before its end, unless the task was cancelled."""
    if not stream.is_streaming or not stream.complete:
        return
    if not stream.live and not task.may_be_cancelled(seen.began, seen.ended):
        yield breaks("the marker says that events follow", "the stream ended behind it")


@check("PHASE-006", STREAM, reason="live-phase-missing")
def stream_ends_with_the_turn(seen: Seen, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that is over by other evidence, or by its own events, ends within seconds."""
    if not stream.is_streaming or _was_cut(seen):
        return
    if not turn.is_clear or turn.over is None or turn.over.by is seen.exchange:
        return
    if turn.over.status != COMPLETED or turn.began > seen.began or not stream.was_awaited(0):
        return
    known = f"turn {turn.number} was completed, as shown by {turn.over.source}"
    done = next(iter(stream.of("done")), None)
    over = turn.over.ended if done is None else done.at
    if stream.complete and stream.last is not None:
        yield says(stream.complete, known, "it ended")
    elif stream.complete:
        yield breaks(known, "the stream ended without done or error")
    elif seen.ended - over > PATIENCE:
        late = (seen.ended - over) / NANO
        yield breaks(known, f"{late:.1f} s later the stream had not ended ({seen.exchange.closed})")


@check("PHASE-006", STREAM, reason="cut-off")
def no_limit_cuts_streams(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A stream is not cut at the age at which another one of the same unfinished task was cut.

    A network may cut a connection, but two are rarely cut after the same time.
    """
    age = seen.ended - seen.began
    if stream.terminal is not None or seen.exchange.closed not in CUT or age < SHORTEST_LIMIT:
        return
    if not any(each.status in {RUNNING, AWAITING} and each.began >= seen.ended for each in task.statuses):
        return
    for other in task.streams:
        cut = other.exchange
        if cut.closed in CUT and cut.ended <= seen.began and abs(cut.ended - cut.started - age) < age * ALIKE:
            yield breaks("the task continues", f"two streams of it were cut after {age / NANO:.0f} s each")


@check("PHASE-006", STREAM, reason="never-ends")
def no_turn_hangs(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A turn ends: its reader does not wait for most of the time that the profile allows for a whole task.

    Unless the turn was cancelled, or one of its calls waits or may take long. That a turn ends after a
    rejected call is a premise (G-65). Heartbeats show that the connection, at least, still works.
    """
    since = seen.ended - round(seen.model.profile.task_seconds * MOST * NANO)
    if not stream.is_streaming or stream.terminal is not None or seen.exchange.closed not in LEFT:
        return
    if task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(seen.began, seen.ended):
        return
    if task.asks is not False and all(call.result is not None for call in task.calls.values()):
        return  # a call may wait that no event reports
    latest = stream.live[-1].at if stream.live else seen.began
    works = any(chunk.at > since for chunk in seen.exchange.chunks)
    if works and latest <= since and not any(_may_take_long(call, since) for call in task.calls.values()):
        seconds = (seen.ended - latest) / NANO
        yield breaks(
            "no call waits or sleeps", f"no event came for {seconds:.0f} s, and the stream did not end"
        )


def _may_take_long(call: Call, since: int) -> bool:
    """Whether a call without a result may have waited, or worked, after a time."""
    if call.result is not None:
        return False
    waits = (call.asked is not None or call.listed) and not any(each.answered <= since for each in call.taken)
    return waits or call.sleeps is not None or not (call.takes_a_path or _ECHO.fullmatch(call.command))


@check("PHASE-012", STREAM, reason="wrong-end")
def done_is_the_end(stream: Stream) -> Findings:
    """A stream has at most one done, followed by no event of a documented type (G-53)."""
    done = [event for event in stream.live if event.type == "done"]
    if done:
        after = sum(event.type in TYPES for event in stream.events[done[0].number + 1 :])
        yield says(after == 0, "done was sent", f"{len(done)} done, {plural(after, 'event')} after it")


@check("PHASE-012", STREAM, reason="wrong-end")
def completed_turns_end_with_done(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A properly closed stream of a turn that answers show as completed has one done, at its end."""
    if not turn.is_clear or turn.taken > seen.began:
        return
    completed = any(
        told.status == COMPLETED and turn.holds(told.began, told.ended) and told.ended > seen.began
        for told in task.statuses
    )
    if stream.is_streaming and stream.complete and completed:
        known = [event for event in stream.live if event.type in TYPES]
        done = [event for event in known if event.type == "done"]
        last = bool(known) and known[-1].type == "done"
        shown = f"{len(done)} done, {'at' if last else 'not at'} the end"
        yield says(len(done) == 1 and last, f"turn {turn.number} is shown as completed", shown)


@check("PHASE-013", STREAM, reason="closed-late")
def closed_in_time(seen: Seen, stream: Stream) -> Findings:
    """A stream is closed within seconds of its last event."""
    last = stream.last
    if last is not None and stream.was_awaited(CLOSE_SECONDS):
        seconds = (seen.ended - last.at) / NANO
        holds = stream.complete and seconds <= CLOSE_SECONDS
        if stream.live or not holds:
            shown = f"{seen.exchange.closed} {seconds:.2f} s after it"
            yield says(holds, f"{last.type} is the last event", shown)


def _stays_open(seen: Seen) -> bool | None:
    """Whether the stream of a waiting task stays open; None if the task is not known to wait.

    A premise: streams that opened before the task waits behave like those that opened while it waits.
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or stream.is_streaming is None:
        return None
    if task.may_be_cancelled(seen.began, stream.marker.at):
        return None
    if any(call.waits(seen.began, stream.marker.at) for call in task.calls.values()):
        return stream.is_streaming
    asked = [event.call for event in stream.of("tool_call") if event.get("status") == AWAITING]
    heard = (call for name in asked if (call := task.calls.get(name)) is not None and call.asked is not None)
    waited = any(call.asked and call.waited_until(seen.ended) - call.asked.at > NANO for call in heard)
    return True if waited and task.admits(Premise.WAITING_STREAMS) else None


@check("PHASE-017", STREAM, reason="two-rules")
def waiting_streams_follow_one_rule(seen: Seen) -> Findings:
    """Whether the stream of a waiting task stays open after history_done is the same in the whole run."""
    stays = _stays_open(seen)
    if stays is not None:
        reading = "stays open" if stays else "ended after history_done"
        first = seen.model.first_reading("PHASE-017", reading)
        yield says(reading == first, f"the first stream of a waiting task {first}", reading)


@check("PHASE-022", STREAM, reason="left-hanging")
def streams_end(seen: Seen, stream: Stream) -> Findings:
    """A stream with its last event, or one that was read until a deadline, is closed."""
    over = stream.last is not None and stream.was_awaited(CLOSE_SECONDS)
    waited = seen.exchange.closed is Closed.DEADLINE and not _was_cut(seen)
    if over or waited:
        holds = seen.exchange.closed in {Closed.COMPLETE, Closed.TRUNCATED}
        if not holds or stream.live:
            known = "the last event was sent" if over else "it was waited for"
            yield says(holds, known, f"{seen.exchange.closed}")


@check("PHASE-022", STREAM, reason="left-hanging")
def no_stream_is_left_open(seen: Seen, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that is over ends within some seconds."""
    if not turn.is_clear or turn.over is None or not stream.is_streaming:
        return
    if turn.over.by is seen.exchange or turn.over.ended > seen.ended or _was_cut(seen):
        return
    if stream.complete:
        yield says(stream.complete, f"the turn was {turn.over.words}", "the stream ended")
    elif seen.ended - turn.over.ended > PATIENCE:
        late = (seen.ended - turn.over.ended) / NANO
        yield says(stream.complete, f"the turn was {turn.over.words}", f"{late:.1f} s later it was open")


@check("PHASE-023", GET, reason="not-completed")
def done_means_completed(seen: Seen, task: Task, turn: Turn) -> Findings:
    """After the done of a stream, get_task shows the task as completed, until a follow-up."""
    if not turn.is_clear or not seen.exchange.ok or not turn.holds(seen.began, seen.ended):
        return
    done = [
        stream.terminal.at
        for stream in task.streams
        if stream.terminal is not None
        and stream.terminal.type == "done"
        and stream.exchange.started >= turn.taken
    ]
    if done and min(done) < seen.began:
        status = seen.fields.get("status")
        yield says(status == COMPLETED, "a stream had ended with done", f"the status is {status}")


@check("PHASE-027", STREAM, reason="silent-end")
def failing_runs_end_with_error(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """The stream of a turn that failed ends with error."""
    if not stream.is_streaming or not stream.complete:
        return
    told = turn.over is not None and turn.over.reported == FAILED and turn.holds(seen.began, seen.ended)
    if told and not task.may_be_cancelled(seen.began, seen.ended):
        last = stream.terminal.type if stream.terminal else "neither done nor error"
        yield says(last == "error", f"turn {turn.number} failed", f"it ended with {last}")
