"""Cancelling a task."""

import posixpath
import re
from collections.abc import Iterator

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import SUCCESS, Call, went_on
from sigmic_conformance.model.lives import GRACE
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.results import results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_tasks import statuses_shown
from sigmic_conformance.model.operations import CANCEL, FILES, GET, HISTORY, LIST, STREAM
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.timing import NANO, jitter
from sigmic_conformance.model.requests import Certainty, certainty
from sigmic_conformance.model.statuses import (
    AWAITING,
    CANCELLED,
    COMPLETED,
    FAILED,
    FINAL,
    PENDING,
    RUNNING,
)
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Listing
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Exchange

AT_WORK = frozenset({PENDING, RUNNING, AWAITING})
NOT_FOUND = 404
WORK = frozenset({"tool_call", "tool_result"})
HELD = NANO
SHORTEST = 6
"""Letters of a command that is not part of a message by chance."""
WHILE, PATIENCE = NANO // 2, 6 * NANO
_SLEEPING = re.compile(r"`sleep ([0-9]+(?:\.[0-9]+)?); ([^`]+)`")
"""A command of a message, behind the sleep with which it starts."""
_WRITTEN = re.compile(r" > ([A-Za-z0-9_][A-Za-z0-9_.-]*)")


def _cancelled_at_work(task: Task, seen: Seen) -> Exchange | None:
    """The first accepted cancellation of the last turn, if the turn was not known to be over before."""
    turn = task.turns.at(seen.ended)
    if turn is None or not turn.is_clear:
        return None
    for each in task.cancellations:
        in_turn = turn.taken <= each.started and each.ended <= seen.began
        # Another answer may show the cancellation before its own answer arrives.
        before = turn.was_over(each.started if turn.final(each.ended) == CANCELLED else each.ended)
        if in_turn and certainty(each) is Certainty.ACCEPTED and not before:
            return each
    return None


def _has_effect(cancelled: Exchange, seen: Seen, task: Task) -> bool:
    """Whether an accepted cancellation has taken effect before a request.

    It had none if the task was active for a while, and was completed then.
    """
    turn = task.turns.at(seen.ended)
    completed = turn is not None and turn.over is not None and turn.over.status == COMPLETED
    lasts = WHILE if completed else GRACE
    return cancelled.ended + lasts <= seen.began or seen.model.record.admits(Premise.CANCELS_AT_ONCE)


@check("CANCEL-001", GET, HISTORY, LIST, reason="not-cancelled")
def cancelled_is_final(seen: Seen) -> Findings:
    """After an accepted cancellation no answer shows the task as running; it may have ended first."""
    for task, status in statuses_shown(seen):
        cancelled = _cancelled_at_work(task, seen)
        if cancelled is not None and _has_effect(cancelled, seen, task):
            known = f"{cancelled.label} was accepted before anything had ended the turn"
            yield says(status in FINAL, known, f"the status is {status}")


def _shown_of_cancelled(seen: Seen) -> Iterator[tuple[Task, Turn, Exchange, object]]:
    """Each status that an answer shows of a turn, and the accepted cancellation that found the turn busy."""
    for task, status in statuses_shown(seen):
        cancelled, turn = _cancelled_at_work(task, seen), task.turns.at(seen.ended)
        if cancelled is not None and turn is not None and turn.holds(seen.began, seen.ended):
            yield task, turn, cancelled, status


@check("CANCEL-001", GET, HISTORY, LIST, reason="not-cancelled")
def what_was_cancelled_stays_so(seen: Seen) -> Findings:
    """If one answer shows that an accepted cancellation ended a turn, all answers show it as cancelled."""
    for task, turn, cancelled, status in _shown_of_cancelled(seen):
        told = [
            each.exchange
            for each in task.statuses
            if each.status == CANCELLED
            and each.exchange is not seen.exchange
            and turn.holds(each.began, each.ended)
        ]
        told += [
            each.exchange
            for each in task.streams
            if each.terminal is not None
            and each.terminal.get("code") == "CANCELLED"
            and cancelled.started < each.terminal.at
            and (turn.until is None or each.terminal.at < turn.until)
            and seen.model.record.admits(Premise.CANCELLED_CANCELS)
        ]
        ended = [each for each in told if each.ended <= seen.began]
        if ended:
            yield says(
                status == CANCELLED, f"{ended[0].label} shows it as cancelled", f"the status is {status}"
            )


@check("CANCEL-001", GET, HISTORY, LIST, reason="not-cancelled")
def cancelled_in_a_sleep_is_not_completed(seen: Seen) -> Findings:
    """A turn that was cancelled well before a command of it had slept is not completed."""
    for task, turn, cancelled, status in _shown_of_cancelled(seen):
        asleep = next(
            (each for each in task.calls.values() if _sleeps_through(task, each, turn, cancelled)), None
        )
        if asleep is not None and status in FINAL:
            known = f"{cancelled.label} was accepted while {asleep.id} slept"
            yield says(status != COMPLETED, known, f"the status is {status}")


def _sleeps_through(task: Task, call: Call, turn: Turn, cancelled: Exchange) -> bool:
    """Whether a reader knows that a command ran when its turn was cancelled, and had seconds to sleep."""
    if call.first is None or not call.sleeps or any(not each.may_proceed for each in call.decisions):
        return False
    heard = any(
        each.opened <= call.first.at and cancelled.ended <= each.exchange.ended for each in task.streams
    )
    runs = turn.began <= call.first.at < cancelled.started and not call.waits(
        cancelled.started, cancelled.started
    )
    ended = call.result is not None and call.result.at < cancelled.started
    return heard and runs and not ended and cancelled.ended + GRACE <= _began(call, turn) + call.sleeps * NANO


@check("CANCEL-001", GET, reason="not-cancelled")
def cancelled_is_readable(seen: Seen, task: Task) -> Findings:
    """The owner of a cancelled task is not refused."""
    if any(each.succeeded and each.ended <= seen.began for each in task.cancellations):
        yield from not_refused(seen)


def _cancellations(task: Task, turn: Turn, before: int) -> Iterator[Exchange]:
    """The accepted cancellations of a turn that was not known to be over at that time."""
    for each in task.cancellations:
        mine = turn.taken <= each.started and each.ended <= before
        if mine and certainty(each) is Certainty.ACCEPTED and not turn.was_over(each.started):
            yield each


def _cancelled(seen: Seen) -> Exchange | None:
    task = seen.task
    turn = task.turns.at(seen.ended) if task else None
    if task is None or turn is None or not turn.is_clear or not seen.exchange.ok:
        return None
    return next(_cancellations(task, turn, seen.began), None)


def _was_pending(task: Task, at: int) -> bool:
    """Whether only `pending` had been reported in a task's first turn, and no event of it had arrived."""
    turn = task.turns.at(at)
    told = {each.status for each in task.statuses if each.ended <= at}
    heard = any(event.at < at for stream in task.streams for event in stream.live)
    return turn is not None and turn.number == 1 and told <= {PENDING} and not heard


def _may_have_ended(task: Task, seen: Seen) -> bool:
    """Whether no later status shows that a task was running, on a target that accepts cancellations."""
    at_work = any(each.status in AT_WORK and each.began >= seen.ended for each in task.statuses)
    accepted = (each.succeeded for every in seen.model.tasks.values() for each in every.cancellations)
    return not at_work and any(accepted)


@check("CANCEL-002", GET, reason="not-cancelled")
def pending_tasks_are_cancelled(seen: Seen, task: Task) -> Findings:
    """A pending task whose cancellation was accepted is cancelled, if it had not ended before."""
    cancelled, status = _cancelled(seen), seen.fields.get("status")
    over = json_values.one_of(status, {COMPLETED, FAILED})
    if cancelled is None or over or task.turns.goes_on(seen.ended):
        return
    if _was_pending(task, cancelled.started) and _has_effect(cancelled, seen, task):
        yield says(status == CANCELLED, f"{cancelled.label} was accepted", f"the status is {status}")


@check("CANCEL-002", CANCEL, reason="not-cancelled")
def pending_tasks_can_be_cancelled(seen: Seen, task: Task) -> Findings:
    """The owner's cancellation of a pending task gets neither a server error nor "nothing to cancel".

    A 404 to a task that may have ended by then is a legal answer (G-71).
    """
    failed = seen.exchange.status in {404, 405, 500, 501}
    told = seen.is_own and (seen.exchange.succeeded or failed)
    if seen.exchange.status == NOT_FOUND and _may_have_ended(task, seen):
        return
    if told and _was_pending(task, seen.began):
        yield says(not failed, "every status of it was `pending`", summary(seen.exchange))


def _names_attached(task: Task) -> Iterator[str]:
    return (each.file.name for each in task.attachments)


@check("CANCEL-003", FILES, reason="went-on")
def what_waited_makes_no_file(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that only calls name that waited when their task was cancelled, is not there afterwards.

    An approval after the cancellation does not change that. Skipped if the call may have run, because it was
    approved before, or another one with unknown arguments.
    """
    turn = task.turns.at(seen.ended)
    if turn is None or not turn.is_clear or not task.asks:
        return
    cancelled = next(_cancellations(task, turn, seen.began), None)
    if cancelled is None:
        return
    calls = list(task.calls.values())
    waiting = [
        each
        for each in calls
        if each.waits(cancelled.started, cancelled.started)
        and not any(decision.may_proceed and decision.sent < cancelled.ended for decision in each.decisions)
    ]
    if not waiting or not all(each.args for each in calls):
        return
    others = " ".join([*(each.words for each in calls if each not in waiting), *_names_attached(task)])
    there = {posixpath.basename(path) for path in listing.files}
    names = [name for name, owner in seen.model.made_names.items() if owner == task.id and name not in others]
    named = [name for name in names if any(name in each.words for each in waiting)]
    if named:
        made = [name for name in named if name in there]
        yield says(
            not made, f"calls that name {named[0]} waited when the task was cancelled", f"made: {made}"
        )


@check("CANCEL-003", FILES, reason="went-on")
def cancelled_commands_make_no_file(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that a command writes after its sleep is missing if its turn was cancelled well before that.

    This applies to each command that ran at the same time, even in later turns. Files that another call
    or a message names are skipped.
    """
    calls = list(task.calls.values())
    attached = " ".join(_names_attached(task))
    there = {posixpath.basename(path) for path in listing.files}
    own = [name for name, owner in seen.model.made_names.items() if owner == task.id]
    for call in calls:
        turn = task.turns.at(call.first.at if call.first else seen.ended)
        if turn is None or not turn.is_clear:
            continue
        cancelled = next(_cancellations(task, turn, seen.began), None)
        until = _began(call, turn) + (call.sleeps or 0) * NANO
        if cancelled is None or not _is_before(cancelled, until, lag=GRACE) or seen.began < until:
            continue
        others = " ".join([attached, *(each.words for each in calls if each is not call)])
        for name in own:
            if name in call.words and name not in others:
                known = f"{call.id} was cancelled in the sleep after which it makes this file"
                yield says(name not in there, known, f"{name} is {'' if name in there else 'not '}listed")


@check("CANCEL-003", FILES, reason="went-on")
def cancelled_messages_make_no_file(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that only a cancelled message asks for, behind a sleep, is missing, even without a reader."""
    there = {posixpath.basename(path) for path in listing.files}
    for turn in task.turns if isinstance(seen.fields.get("files"), list) else ():
        cancelled = next(_cancellations(task, turn, seen.began), None) if turn.is_clear else None
        for seconds, command in _SLEEPING.findall(turn.message.asked.message or "") if cancelled else ():
            until = turn.began + round(float(seconds) * NANO)
            if cancelled is None or not _is_before(cancelled, until, lag=GRACE) or seen.began < until:
                continue
            others = [each.asked.message or "" for each in task.messages if each is not turn.message]
            others += [
                *_names_attached(task),
                *(each.words for each in task.calls.values() if _is_other(each, turn)),
            ]
            for name in _WRITTEN.findall(command):
                if name not in " ".join(others):
                    known = f"its message was cancelled {seconds} s before the command could make this file"
                    yield says(name not in there, known, f"{name} is {'' if name in there else 'not '}listed")


def _is_other(call: Call, turn: Turn) -> bool:
    """Whether a call is of another turn."""
    return call.first is None or not turn.holds(call.first.at, call.first.at)


def _is_before(cancelled: Exchange, until: float, *, lag: int) -> bool:
    """Whether a cancellation was accepted some time before the end of a sleep.

    One that is answered only when the command has ended by itself counts from a while after its request.
    """
    return cancelled.started + GRACE <= until <= cancelled.ended or cancelled.ended + lag < until


def _began(call: Call, turn: Turn) -> int:
    """The earliest start of a call: its turn's message, or the answer that approved it."""
    return max(min((each.sent for each in call.decisions if each.may_proceed), default=0), turn.began)


@check("CANCEL-003", GET, STREAM, reason="went-on")
def cancelled_commands_do_not_end_well(seen: Seen, task: Task) -> Findings:
    """A command that starts with a sleep has not printed its last word if it was cancelled within the sleep.

    It started no sooner than its turn's message was sent, or the answer that approved it.
    """
    turn = task.turns.at(seen.ended)
    if turn is None or not turn.is_clear:
        return
    cancelled = next(_cancellations(task, turn, seen.ended), None)
    for result in results(seen) if cancelled is not None else ():
        call = result.call
        mine = call.first is None or call.first.at >= turn.began
        until = _began(call, turn) + (call.sleeps or 0) * NANO
        if cancelled and mine and call.sleeps and _is_before(cancelled, until, lag=0):
            went = result.status == SUCCESS and went_on(result.output or "")
            known = f"{cancelled.label} was accepted while {call.id} slept"
            yield says(not went, known, f"its status is {result.status}", offset=result.offset)


def _is_work(event: StreamEvent, cancelled: int) -> bool:
    """Whether an event shows that the agent continued: a new step some time later, or a step's success."""
    good = event.type == "tool_result" and event.get("status") == SUCCESS
    return event.at > cancelled + GRACE and (good or event.type in {"tool_call", "content"})


@check("CANCEL-003", STREAM, reason="went-on")
def cancelled_tasks_call_nothing_more(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A stream that is opened seconds after a turn was cancelled has no live tool call and no live text."""
    if not turn.is_clear:
        return
    for each in task.cancellations:
        in_turn = turn.taken <= each.started and (turn.until is None or each.ended <= turn.until)
        if not in_turn or not each.succeeded or turn.was_over(each.started) or seen.ended < each.ended:
            continue
        until = turn.until or seen.ended
        late = [event for event in stream.live if _is_work(event, each.ended) and event.at < until]
        shown = (
            f"{late[0].type} {(late[0].at - each.ended) / NANO:.1f} s later"
            if late
            else "nothing more is shown"
        )
        if stream.live:
            yield says(not late, f"{each.label} was accepted", shown)
        return


@check("CANCEL-003", STREAM, reason="went-on")
def cancelled_messages_are_not_worked_on(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A later turn does not run the command that only a cancelled message asks for."""
    if not turn.is_clear or not seen.model.record.admits(Premise.CANCELLED_IS_DROPPED):
        return
    cancelled = [
        each.message.asked.message
        for each in task.turns[: turn.number - 1]
        if next(_cancellations(task, each, turn.began), None)
    ]
    others = [each.asked.message for each in task.messages if each.asked.message not in cancelled]
    for event in stream.of("tool_call") if cancelled else ():
        command = task.calls[event.call].command if event.call in task.calls else ""
        if event not in stream.live or len(command) < SHORTEST:
            continue
        asked = any(command in str(message) for message in cancelled)
        again = any(command in str(message) for message in others)
        yield says(
            again or not asked, f"{len(cancelled)} messages were cancelled", f"it runs: {command[:60]}"
        )


@check("CANCEL-005", CANCEL, reason="other-message")
def cancellation_says_so(seen: Seen, task: Task, turn: Turn) -> Findings:
    """An accepted cancellation that ended a running task answers with the documented message."""
    if turn.over is None or turn.over.status != CANCELLED:
        return  # it may have ended without the cancellation
    others = (each for each in task.cancellations if each is not seen.exchange and not each.refused)
    if any(each.started < seen.ended for each in others):
        return  # it may have been cancelled by another request
    if seen.exchange.ok and turn.is_clear and not turn.was_over(seen.began):
        shown = json_values.word(seen.fields.get("message"))
        yield says(shown == "Task cancelled", "a running task was cancelled", f"message {shown}")


def _may_wait(task: Task, turn: Turn, seen: Seen) -> bool:
    """Whether a task may have awaited an approval: no page says whether it can be cancelled then (G-72)."""
    if task.asks is not False:
        return True
    told = [each for each in task.statuses if turn.taken <= each.began and each.ended <= seen.ended]
    return any(each.status == AWAITING for each in told)


def _meets_work(seen: Seen) -> bool | None:
    """Whether the owner's cancellation came while a task was running; None if unknown.

    An accepted one did, if the turn was not known to be over. A refused one did only if an answer to a later
    request shows the turn as running.
    """
    task = seen.task
    turn = seen.turn if seen.is_own else None
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
        # A cancellation that was answered before this turn's message applies to an earlier turn.
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
        for told in task.statuses
    )
    sure = seen.ended + HELD + jitter(seen.model.record, *seen.model.record.probes)
    heard = any(
        event.type in WORK and sure < event.at and (turn.until is None or event.at < turn.until)
        for stream in task.streams
        for event in stream.live
    )
    return seen.exchange.refused and (went_on or heard)


def _accepted(seen: Seen, known: str) -> Findings:
    if _meets_work(seen) and not seen.from_elsewhere:
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


@check("CANCEL-006", CANCEL, reason="refused")
def cancelled_while_read(seen: Seen) -> Findings:
    """A cancellation of a running task is accepted while a stream of it is open."""
    streams = seen.task.streams if seen.task else []
    if any(
        each.is_streaming and each.opened < seen.began and each.exchange.ended > seen.began
        for each in streams
    ):
        yield from _accepted(seen, "the task was running, and its stream was read")


@check("CANCEL-007", CANCEL, reason="refused")
def cancelled_without_a_body(seen: Seen) -> Findings:
    """A cancellation of a running task without a body is accepted."""
    if seen.exchange.sent.size == 0:
        yield from _accepted(seen, "the task was running")


@check("CANCEL-008", GET, HISTORY, LIST, reason="status-changed")
def cancelling_a_finished_task(seen: Seen) -> Findings:
    """A task that was cancelled after it had ended keeps its status, whether this was accepted or not."""
    for task, status in statuses_shown(seen):
        rest = task.turns.at_rest(seen.began, seen.ended)
        late = [
            final
            for each in task.cancellations
            if rest is not None and each.started < seen.ended and (final := rest.final(each.started))
        ]
        if late:
            known = f"it was {late[0]} before it was cancelled"
            yield says(status == late[0], known, f"the status is {status}")


@check("CANCEL-009", STREAM, reason="left-open")
def streams_of_cancelled_tasks_end(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """A stream that was open when its task was cancelled ends within seconds."""
    if not turn.is_clear or seen.exchange.paused_at:
        return
    for each in task.cancellations:
        open_then = stream.is_streaming and stream.opened < each.started < seen.ended
        if not open_then or not each.succeeded or turn.was_over(each.started):
            continue
        late = seen.ended - each.ended
        if stream.complete or late > PATIENCE:
            known = f"{each.label} was accepted while it was open"
            shown = f"{late / NANO:.1f} s later: {seen.exchange.closed}"
            yield says(stream.complete and late <= PATIENCE, known, shown)
        return


@check("CANCEL-015", CANCEL, reason="body-matters")
def cancelled_with_a_body(seen: Seen) -> Findings:
    """A cancellation of a running task with a body is accepted like one without."""
    if seen.exchange.sent.size > 0 and seen.exchange.sent.whole:
        yield from _accepted(seen, "the task was running")
