"""STATE and CANCEL: a status that was final stays until a follow-up, and everybody is told the same."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import SUCCESS
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.reading import not_refused
from sigmic_conformance.conformance.model.requests import Certainty, certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, CANCELLED, COMPLETED, FAILED, FINAL
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Exchange

GET, LIST, HISTORY, STREAM = "get_task", "list_tasks", "get_task_history", "stream_task"
GRACE, PATIENCE = 2 * NANO, 6 * NANO
"""How long after a cancellation something may still be told, and a stream stay open, in nanoseconds."""


def _told(seen: Seen) -> Iterator[tuple[Task, str]]:
    """The tasks that an answer tells of, each with its status."""
    if not seen.exchange.ok:
        return
    entries = seen.exchange.entries if seen.operation == LIST else [seen.exchange.fields]
    for entry in entries:
        name = entry.get("id") if seen.operation == LIST else seen.exchange.task
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        if task is not None and isinstance(status := entry.get("status"), str):
            yield task, status


def _stays(seen: Seen) -> Findings:
    """The final status that was told before, for a task that was at rest all the time."""
    for task, status in _told(seen):
        rest = task.at_rest(seen.began, seen.ended)
        final = rest.final(seen.began) if rest is not None else None
        if rest is not None and rest.over is not None and final is not None:
            known = f"turn {rest.number} was {final}, told by {rest.over.source}"
            yield says(status == final, known, f"the status is {status}")


@invariant(
    "STATE-002",
    GET,
    reason="changed-when-finished",
    expected="a finished task keeps its status until a follow-up",
)
def finished_stays_for_readers(seen: Seen) -> Findings:
    """get_task tells the final status that was told before."""
    yield from _stays(seen)


@invariant("HISTORY-003", HISTORY, reason="stale-status", expected="the task's current status")
def finished_stays_in_history(seen: Seen) -> Findings:
    """A history tells the final status that was told before."""
    yield from _stays(seen)


@invariant(
    "STATE-005", LIST, reason="statuses-differ", expected="one status in get_task, list_tasks and history"
)
def finished_stays_in_lists(seen: Seen) -> Findings:
    """A list tells the final status that was told before."""
    yield from _stays(seen)


@invariant("STATE-005", GET, HISTORY, reason="statuses-differ", expected="one status in all answers")
def readers_agree_at_rest(seen: Seen) -> Findings:
    """get_task and history tell the final status that was told before."""
    yield from _stays(seen)


@invariant(
    "CANCEL-008", GET, HISTORY, LIST, reason="status-changed", expected="a finished task keeps its status"
)
def cancelling_a_finished_task(seen: Seen) -> Findings:
    """A task that was cancelled after it had ended, accepted or not, has the status that it had."""
    for task, status in _told(seen):
        rest = task.at_rest(seen.began, seen.ended)
        late = [
            final
            for each in task.cancellations
            if rest is not None and each.started < seen.ended and (final := rest.final(each.started))
        ]
        if late:
            known = f"it was {late[0]} before it was cancelled"
            yield says(status == late[0], known, f"the status is {status}")


def _cancelled_at_work(task: Task, seen: Seen) -> Exchange | None:
    """The first accepted cancellation of the last turn, when nothing was known to have ended it before."""
    turn = task.turn_at(seen.ended)
    if turn is None or not turn.is_clear:
        return None
    for each in task.cancellations:
        in_turn = turn.taken <= each.started and each.ended <= seen.began
        if in_turn and certainty(each) is Certainty.ACCEPTED and not turn.was_over(each.ended):
            return each
    return None


@invariant("CANCEL-001", GET, HISTORY, LIST, reason="not-cancelled", expected="the status cancelled")
def cancelled_is_final(seen: Seen) -> Findings:
    """After an accepted cancellation no answer tells a task at work; it may have ended first."""
    for task, status in _told(seen):
        cancelled = _cancelled_at_work(task, seen)
        if cancelled is not None:
            known = f"{cancelled.label} was accepted before anything had ended the turn"
            yield says(status in FINAL, known, f"the status is {status}")


@invariant("CANCEL-001", GET, HISTORY, LIST, reason="not-cancelled", expected="the status cancelled")
def what_was_cancelled_stays_so(seen: Seen) -> Findings:
    """A turn that an accepted cancellation was told to have ended is told as cancelled by everybody."""
    for task, status in _told(seen):
        cancelled, turn = _cancelled_at_work(task, seen), task.turn_at(seen.ended)
        if cancelled is None or turn is None or not turn.holds(seen.began, seen.ended):
            continue
        told = [
            each.exchange
            for each in task.told
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
                status == CANCELLED, f"{ended[0].label} told it to be cancelled", f"the status is {status}"
            )


@invariant(
    "CANCEL-011", GET, HISTORY, LIST, reason="not-cancelled", expected="cancelled, and its call never runs"
)
def cancelled_while_waiting(seen: Seen) -> Findings:
    """A task that was cancelled while its call waited, which nobody answered, is cancelled."""
    for task, status in _told(seen):
        cancelled = _cancelled_at_work(task, seen)
        if cancelled is None:
            continue
        waiting = [each for each in task.calls.values() if each.waits(cancelled.started, cancelled.ended)]
        if waiting:
            known = f"the call {waiting[0].id} waited when the task was cancelled"
            yield says(status == CANCELLED, known, f"the status is {status}")


@invariant("CANCEL-001", GET, reason="not-cancelled", expected="a cancelled task can still be read")
def cancelled_is_readable(seen: Seen) -> Findings:
    """The owner of a cancelled task is not refused."""
    if seen.task is not None and any(
        each.succeeded and each.ended <= seen.began for each in seen.task.cancellations
    ):
        yield from not_refused(seen)


@invariant(
    "CANCEL-014", HISTORY, "list_artifacts", reason="not-readable", expected="history and files stay readable"
)
def cancelled_keeps_history_and_files(seen: Seen) -> Findings:
    """The owner of a cancelled task reads its history and its files."""
    if seen.task is not None and any(
        each.succeeded and each.ended <= seen.began for each in seen.task.cancellations
    ):
        yield from not_refused(seen)


@invariant("CANCEL-005", "cancel_task", reason="other-message", expected="`Task cancelled`")
def cancellation_says_so(seen: Seen) -> Findings:
    """An accepted cancellation of a task at work, which ended it, answers the documented message."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if turn is None or turn.over is None or turn.over.status != CANCELLED:
        return  # it may have ended by itself before
    if seen.exchange.ok and turn.is_clear and not turn.was_over(seen.began):
        shown = shapes.word(seen.fields.get("message"))
        yield says(shown == "Task cancelled", "a running task was cancelled", f"message {shown}")


@invariant("HTTP-007", GET, reason="state-changed", expected="a repeated DELETE leaves the task unchanged")
def repeated_cancellation(seen: Seen) -> Findings:
    """A task that was cancelled twice is in the state that the first left it in."""
    task = seen.task
    if task is None or not seen.exchange.ok:
        return
    done = [each for each in task.cancellations if each.ended <= seen.began]
    rest = task.at_rest(seen.began, seen.ended)
    if len(done) < 2 or rest is None:  # noqa: PLR2004  twice
        return
    if final := rest.final(done[-1].started):
        known = f"it was {final} before the last of {len(done)} cancellations"
        status = seen.fields.get("status")
        yield says(status == final, known, f"the status is {status}")


@invariant("GET-019", GET, reason="not-listed", expected="the waiting call in pendingApprovals")
def waiting_call_is_listed(seen: Seen) -> Findings:
    """A call that was known to wait all the time is in pendingApprovals."""
    if seen.task is None or not seen.exchange.ok:
        return
    shown = [shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))]
    for call in seen.task.calls.values():
        waits = call.waits(seen.began, seen.ended) and seen.fields.get("status") != FAILED
        if waits and not seen.task.may_be_cancelled(seen.began, seen.ended):
            yield says(
                call.id in shown, f"the call {call.id} had asked and was not answered", f"pending are {shown}"
            )


@invariant("APPROVE-002", GET, HISTORY, LIST, reason="other-status", expected="the status awaiting_approval")
def waiting_task_says_so(seen: Seen) -> Findings:
    """A task of which a call was known to wait all the time has the status awaiting_approval."""
    for task, status in _told(seen):
        # Whether a call may wait for ever is not documented: it may have failed its turn (G-68).
        if task.may_be_cancelled(seen.began, seen.ended) or status == FAILED:
            continue
        waiting = [call.id for call in task.calls.values() if call.waits(seen.began, seen.ended)]
        if waiting:
            known = f"the call {waiting[0]} had asked and was not answered"
            yield says(status == AWAITING, known, f"the status is {status}")


@invariant("GET-018", GET, reason="not-absent", expected="no pendingApprovals when no call waits")
def nothing_pends_at_rest(seen: Seen) -> Findings:
    """A task that was known to be completed lists no waiting call."""
    rest = seen.rest()
    if rest is not None and rest.over is not None and rest.over.status == COMPLETED and seen.exchange.ok:
        absent = "pendingApprovals" not in seen.fields
        shown = (
            "there is none"
            if absent
            else f"pendingApprovals {shapes.word(seen.fields['pendingApprovals'])[:80]}"
        )
        yield says(absent, f"turn {rest.number} was completed", shown)


@invariant("GET-028", GET, reason="still-pending", expected="an answered call is gone from pendingApprovals")
def answered_call_is_gone(seen: Seen) -> Findings:
    """A call that was answered before is not listed as waiting."""
    if seen.task is None or not seen.exchange.ok:
        return
    shown = {shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))}
    for call in seen.task.calls.values():
        answered = [
            each
            for each in call.decisions
            if each.certainty is Certainty.ACCEPTED and each.answered <= seen.began
        ]
        if answered:
            yield says(
                call.id not in shown, f"the call {call.id} had been answered", f"pending are {sorted(shown)}"
            )


@invariant("APPROVE-010", GET, reason="call-gone", expected="a refused approval leaves the call waiting")
def refused_answers_change_nothing(seen: Seen) -> Findings:
    """A call that was known to wait is still listed after an answer to it was refused."""
    if seen.task is None or not seen.exchange.ok or seen.task.may_be_cancelled(seen.began, seen.ended):
        return
    shown = [shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))]
    for call in seen.task.calls.values():
        refused = [
            each
            for each in call.decisions
            if each.certainty is Certainty.REFUSED and each.answered <= seen.began
        ]
        if refused and call.waits(seen.began, seen.ended):
            yield says(call.id in shown, f"an answer to {call.id} was refused", f"pending are {shown}")


@invariant("CANCEL-003", STREAM, reason="went-on", expected="cancelling stops the execution")
def cancelled_tasks_call_nothing_more(seen: Seen) -> Findings:
    """A stream that is opened seconds after a turn was cancelled tells of no tool call and no text live."""
    task, stream = seen.task, seen.stream
    turn = task.turn_at(seen.began) if task else None
    if task is None or stream is None or turn is None or not turn.is_clear:
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
        yield says(not late, f"{each.label} was accepted", shown)
        return


def _is_work(event: StreamEvent, cancelled: int) -> bool:
    """Whether an event tells that the agent went on: a new step some time later, or a step's good end."""
    good = event.type == "tool_result" and event.get("status") == SUCCESS
    return event.at > cancelled + GRACE and (good or event.type in {"tool_call", "content"})


@invariant("CANCEL-009", STREAM, reason="left-open", expected="the open streams of a cancelled task end")
def streams_of_cancelled_tasks_end(seen: Seen) -> Findings:
    """A stream that was open when its task was cancelled ends within seconds."""
    task, stream = seen.task, seen.stream
    turn = task.turn_at(seen.began) if task else None
    if task is None or stream is None or turn is None or not turn.is_clear or seen.exchange.paused_at:
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
