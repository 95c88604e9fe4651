"""STREAM: head and history of a stream wait for nothing that the agent does."""

from sigmic_conformance.conformance.judging.timing import NANO, Comparison, compare, noisy
from sigmic_conformance.conformance.model.calls import SUCCESS
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript.label import ProbeName

STREAM = "stream_task"
TOGETHER = NANO // 4
"""What arrives so soon behind another was sent with it."""


def _usual(model: Model) -> int | None:
    """The longest that a stream of an idle task took to its marker, in nanoseconds; None without any."""
    slowest = (each.slowest_idle_stream for each in model.tasks.values())
    return max((each for each in slowest if each is not None), default=None)


@invariant("STREAM-022", STREAM, reason="held-back", expected="head and history without waiting for an event")
def history_does_not_wait(seen: Seen) -> Findings:
    """The marker reaches who comes while a call waits or a tool runs, before anything more happens.

    Where a stream takes its time although nothing can be waited for, so may this one.
    """
    task, stream = seen.task, seen.stream
    if task is None or stream is None:
        return
    least = NANO + (_usual(seen.model) or 0)
    for call in task.calls.values():
        first = call.first
        if first is None or first.at >= seen.began:
            continue
        later = [each.at for each in call.heard if each.at > seen.began]
        later += [each.sent for each in call.decisions if each.sent > seen.began]
        ends = call.result is not None and call.result.at < seen.began
        until = min(
            [*later, *(each.started for each in task.cancellations if each.started > seen.began)], default=0
        )
        unsure = noisy(seen.model.record, ProbeName(seen.exchange.probe))
        if ends or unsure or until - seen.began < least or until > seen.ended + NANO:
            continue
        there = stream.marker is not None and stream.marker.at < until
        waited = "never" if stream.marker is None else f"after {(stream.marker.at - seen.began) / NANO:.2f} s"
        yield says(
            there, f"nothing happened for {(until - seen.began) / NANO:.1f} s", f"history_done came {waited}"
        )
        return


@invariant("STREAM-022", STREAM, reason="held-back", expected="head and history while a command sleeps")
def history_comes_while_a_command_sleeps(seen: Seen) -> Findings:
    """The marker does not wait for the result of a command that sleeps when the reader comes.

    Nothing happens while the one call sleeps: its length is told by its arguments, its end by its result. Who
    is slow with the head of every stream is known by those of tasks at rest.
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or seen.exchange.paused_at is not None:
        return
    result = next((event for event in stream.live if event.type == "tool_result"), None)
    call = task.calls.get(result.call) if result is not None else None
    sleeps = call.sleeps if call is not None else None
    if result is None or sleeps is None or result.get("status") != SUCCESS:
        return
    quiet = max(seen.began, result.at - round(sleeps * NANO))
    usual = _usual(seen.model)
    if usual is not None and quiet - seen.began < NANO and result.at - quiet > NANO + usual:
        waited = stream.marker.at - seen.began
        late = compare(
            seen.model.record, stream.marker.at - quiet - usual, ProbeName(seen.exchange.probe), over=0
        )
        together = result.at - stream.marker.at < TOGETHER
        if late is Comparison.WITHIN or (late is Comparison.BEYOND and together):
            shown = f"history_done came {waited / NANO:.2f} s after the request"
            yield says(late is Comparison.WITHIN, f"the command sleeps for {sleeps:g} s", shown)
