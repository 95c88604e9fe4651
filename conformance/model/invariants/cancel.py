"""CANCEL: what a cancellation is answered, by the state that it meets, and how a cancelled task is told."""

import posixpath
from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.timing import NANO, noisy
from sigmic_conformance.conformance.model.calls import SUCCESS, went_on
from sigmic_conformance.conformance.model.files_seen import listing_of
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty, certainty
from sigmic_conformance.conformance.model.results import results
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, CANCELLED, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

CANCEL, GET, STREAM = "cancel_task", "get_task", "stream_task"
WORK = frozenset({"tool_call", "tool_result"})
FAILURE = 500
HELD = NANO
"""For how long a network may have held back what was told before."""
AT_WORK = frozenset({"pending", RUNNING, AWAITING})


def _meets_work(seen: Seen) -> bool | None:
    """Whether the owner's cancellation met a task at work; None where it is not known.

    An accepted one did, when the turn was not known to be over; a refused one only when an answer that was
    asked for afterwards told the turn to go on.
    """
    task = seen.task
    turn = task.turn_at(seen.began) if task and seen.is_own else None
    if (
        task is None
        or turn is None
        or not turn.is_clear
        or turn.taken > seen.began
        or turn.was_over(seen.began)
        or (
            seen.exchange.refused and _may_wait(task, turn, seen) and not task.admits(Premise.WAITING_CANCELS)
        )
    ):
        return None
    if any(
        # One that was answered before this turn's message met an earlier turn.
        each is not seen.exchange
        and each.started < seen.ended
        and (each.status is None or each.ended > turn.began)
        for each in task.cancellations
    ):
        return None
    if seen.exchange.succeeded:
        return True
    went_on = any(
        told.status in AT_WORK and told.began >= seen.ended and turn.holds(told.began, told.ended)
        for told in task.told
    )
    heard = any(
        event.type in WORK and seen.ended + HELD < event.at and (turn.until is None or event.at < turn.until)
        for stream in task.streams
        for event in stream.live
    )
    sure = heard and not noisy(seen.model.record, *seen.model.record.probes)
    return seen.exchange.refused and (went_on or sure)


def _may_wait(task: Task, turn: Turn, seen: Seen) -> bool:
    """Whether a task may have awaited an approval: that it can be cancelled then, no page says (G-72)."""
    if task.asks is not False:
        return True
    told = [each for each in task.told if turn.taken <= each.began and each.ended <= seen.ended]
    return any(each.status == AWAITING for each in told)


def _accepted(seen: Seen, known: str) -> Findings:
    if _meets_work(seen):
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


@invariant(
    "CANCEL-006", CANCEL, reason="refused", expected="a task can be cancelled while its stream is read"
)
def cancelled_while_read(seen: Seen) -> Findings:
    """A cancellation of a task at work, while a stream of it is open, is accepted."""
    streams = seen.task.streams if seen.task else []
    if any(
        each.is_streaming and each.opened < seen.began and each.exchange.ended > seen.began
        for each in streams
    ):
        yield from _accepted(seen, "the task was running, and its stream was read")


@invariant("CANCEL-007", CANCEL, reason="refused", expected="a cancellation needs no body")
def cancelled_without_a_body(seen: Seen) -> Findings:
    """A cancellation of a task at work without a body is accepted."""
    if seen.exchange.sent.size == 0:
        yield from _accepted(seen, "the task was running")


@invariant("CANCEL-015", CANCEL, reason="body-matters", expected="a body of the cancellation changes nothing")
def cancelled_with_a_body(seen: Seen) -> Findings:
    """A cancellation of a task at work with a body is accepted like one without."""
    if seen.exchange.sent.size > 0 and seen.exchange.sent.whole:
        yield from _accepted(seen, "the task was running")


@invariant("CANCEL-010", CANCEL, reason="other-refusal", expected="409 CONFLICT for a finished task")
def finished_tasks_conflict(seen: Seen) -> Findings:
    """The owner's cancellation of a task that was known to have ended is refused with 409 CONFLICT."""
    task = seen.task
    rest = task.at_rest(seen.began, seen.ended) if task and seen.is_own else None
    if rest is not None and rest.over is not None and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (409, "CONFLICT")
        yield says(holds, f"turn {rest.number} was {rest.over.words}", summary(seen.exchange))


@invariant("ERROR-024", CANCEL, reason="other-refusal", expected="409 CONFLICT")
def conflicts_of_cancellations(seen: Seen) -> Findings:
    """The owner's cancellation of a task that had ended, when it is refused, is refused with 409 CONFLICT."""
    task = seen.task
    rest = task.at_rest(seen.began, seen.ended) if task and seen.is_own else None
    if rest is not None and rest.over is not None and seen.exchange.refused:
        holds = (seen.exchange.status, seen.exchange.code) == (409, "CONFLICT")
        yield says(holds, f"turn {rest.number} was {rest.over.words}", summary(seen.exchange))


def _cancellations(task: Task, turn: Turn, before: int) -> Iterator[Exchange]:
    """The accepted cancellations of a turn that was not known to be over then."""
    for each in task.cancellations:
        mine = turn.taken <= each.started and each.ended <= before
        if mine and certainty(each) is Certainty.ACCEPTED and not turn.was_over(each.started):
            yield each


@invariant(
    "CANCEL-003", "list_artifacts", reason="went-on", expected="no file of a call that waited for its answer"
)
def what_waited_makes_no_file(seen: Seen) -> Findings:
    """A file that only calls name that waited when their task was cancelled, is not there afterwards.

    An approval that comes behind the cancellation changes nothing about that. Nothing is said where another
    call may have run: one approved before, or one of which nobody heard what it does.
    """
    task, listing = seen.task, listing_of(seen)
    turn = task.turn_at(seen.ended) if task else None
    if task is None or listing is None or turn is None or not turn.is_clear or not task.asks:
        return
    cancelled = next(_cancellations(task, turn, seen.began), None)
    if cancelled is None or any(each.may_proceed and each.sent < cancelled.ended for each in task.decisions):
        return
    calls = list(task.calls.values())
    waiting = [each for each in calls if each.waits(cancelled.started, cancelled.started)]
    if not waiting or not all(each.args for each in calls):
        return
    others = " ".join([*(each.words for each in calls if each not in waiting), *_names_brought(task)])
    there = {posixpath.basename(path) for path in listing.files}
    names = [name for name, owner in seen.model.made_names.items() if owner == task.id and name not in others]
    named = [name for name in names if any(name in each.words for each in waiting)]
    if named:
        made = [name for name in named if name in there]
        yield says(
            not made, f"calls that name {named[0]} waited when the task was cancelled", f"made: {made}"
        )


def _names_brought(task: Task) -> Iterator[str]:
    return (each.file.name for each in task.brought)


def _cancelled(seen: Seen) -> Exchange | None:
    task = seen.task
    turn = task.turn_at(seen.ended) if task else None
    if task is None or turn is None or not turn.is_clear or not seen.exchange.ok:
        return None
    return next(_cancellations(task, turn, seen.began), None)


@invariant("CANCEL-003", GET, STREAM, reason="went-on", expected="cancelling stops the running command")
def cancelled_commands_do_not_end_well(seen: Seen) -> Findings:
    """A command that begins with a sleep has not come to its last word when it was cancelled within that.

    It began no sooner than its turn's message was sent, or the answer that let it run.
    """
    task = seen.task
    turn = task.turn_at(seen.ended) if task else None
    if task is None or turn is None or not turn.is_clear:
        return
    cancelled = next(_cancellations(task, turn, seen.ended), None)
    for result in results(seen) if cancelled is not None else ():
        call = result.call
        let = min((each.sent for each in call.decisions if each.may_proceed), default=turn.began)
        mine = call.first is None or call.first.at >= turn.began
        if cancelled and mine and call.sleeps and cancelled.ended < max(let, turn.began) + call.sleeps * NANO:
            went = result.status == SUCCESS and went_on(result.output or "")
            known = f"{cancelled.label} was accepted while {call.id} slept"
            yield says(not went, known, f"its status is {result.status}", offset=result.offset)


@invariant("CANCEL-002", GET, reason="not-cancelled", expected="cancelled, when it was pending")
def pending_tasks_are_cancelled(seen: Seen) -> Findings:
    """A task of which nothing but `pending` was told before an accepted cancellation is cancelled."""
    task, cancelled = seen.task, _cancelled(seen)
    turn = task.turn_at(seen.ended) if task else None
    if task is None or cancelled is None or turn is None or turn.number > 1:
        return
    told = {each.status for each in task.told if each.began < cancelled.ended}
    heard = any(event.at < cancelled.ended for stream in task.streams for event in stream.live)
    # It may have gone through all of its life before the cancellation arrived.
    status = seen.fields.get("status")
    if told <= {"pending"} and not heard and not shapes.one_of(status, {"completed", "failed"}):
        yield says(status == CANCELLED, f"{cancelled.label} was accepted", f"the status is {status}")


@invariant("CANCEL-002", CANCEL, reason="not-cancelled", expected="a pending task is cancelled")
def pending_tasks_can_be_cancelled(seen: Seen) -> Findings:
    """The owner's cancellation of a task of which nothing but `pending` was told does not fail the server."""
    task = seen.task
    if task is None or not seen.is_own or len(task.turns) != 1:
        return
    told = {each.status for each in task.told if each.began < seen.ended}
    heard = any(event.at < seen.ended for stream in task.streams for event in stream.live)
    if told <= {"pending"} and not heard and (seen.exchange.succeeded or seen.exchange.status == FAILURE):
        yield says(seen.exchange.succeeded, "its only known status was `pending`", summary(seen.exchange))


@invariant("CANCEL-012", GET, reason="other-fields", expected="completedAt set, error null")
def cancelled_tasks_have_their_fields(seen: Seen) -> Findings:
    """A task that is told as cancelled has a time of its end and no error."""
    if seen.exchange.ok and seen.fields.get("status") == CANCELLED:
        ended, error = seen.fields.get("completedAt"), seen.fields.get("error")
        holds = shapes.timestamp(ended) and error is None
        yield says(holds, "the task is cancelled", f"completedAt {ended}, error {shapes.word(error)[:40]}")


@invariant("CANCEL-013", STREAM, reason="other-end", expected="an error event with the code CANCELLED")
def streams_tell_the_cancellation(seen: Seen) -> Findings:
    """A stream that was open when its task at work was cancelled, and ended, has ended with that error."""
    task, stream = seen.task, seen.stream
    turn = task.turn_at(seen.began) if task else None
    if task is None or stream is None or turn is None or not turn.is_clear or not stream.complete:
        return
    for each in _cancellations(task, turn, seen.ended):
        last = stream.terminal
        after = last is None or last.at > each.started
        told = [
            one.status for one in task.told if one.began >= each.ended and turn.holds(one.began, one.ended)
        ]
        if (
            stream.is_streaming
            and stream.opened < each.started < seen.ended
            and after
            and told[:1] == [CANCELLED]
        ):
            holds = last is not None and last.type == "error" and last.get("code") == "CANCELLED"
            yield says(
                holds, f"{each.label} was accepted", f"it ended with {last.data[:80] if last else 'nothing'}"
            )
            return
