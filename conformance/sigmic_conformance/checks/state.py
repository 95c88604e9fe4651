"""The task's lifecycle."""

from itertools import pairwise

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import AWAITING
from sigmic_conformance.model.lives import task_path
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import decided
from sigmic_conformance.model.observation.seen_tasks import statuses_shown, stays_final
from sigmic_conformance.model.observation.seen_turns import turn_joined, was_at_work
from sigmic_conformance.model.operations import APPROVE, DOWNLOAD, FILES, GET, HISTORY, LIST, STREAM
from sigmic_conformance.model.record.finding import Findings, breaks, fulfils, says
from sigmic_conformance.model.record.record import NotReached, Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.state_machines import TASK
from sigmic_conformance.model.statuses import COMPLETED, PENDING, RUNNING, SeenStatus
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.json_values import FINAL
from sigmic_conformance.wire.stream import Stream
from sigmic_spec.plural import plural

AT_WORK_SECONDS = 0.5
SETTLED, PATIENCE = 5 * NANO, 6 * NANO
WAITED, STILL, QUICK, SAME_MOMENT = NANO, NANO // 2, NANO // 4, 3 * NANO // 10
LARGE = 1 << 20
"""A body of more bytes may take its time."""
ORDER = {PENDING: 0, RUNNING: 1, AWAITING: 1} | dict.fromkeys(FINAL, 2)


def _shown_last(seen: Seen, *operations: str) -> SeenStatus | None:
    """The last status before this request: answers that overlap have no order."""
    told = seen.task.statuses if seen.task and seen.exchange.ok else ()
    earlier = (each for each in told if each.operation in operations and each.ended <= seen.began)
    return max(earlier, key=lambda each: each.ended, default=None)


@check("STATE-001", GET, reason="impossible-step")
def statuses_are_in_order(seen: Seen, turn: Turn) -> Findings:
    """get_task returns no status that precedes its last one of the turn."""
    status, before = seen.fields.get("status"), _shown_last(seen, GET)
    if before is None or not turn.is_clear or not turn.holds(before.began, seen.ended):
        return
    if isinstance(status, str) and status in ORDER and before.status in ORDER:
        holds = before.status == status if before.is_final else ORDER[status] >= ORDER[before.status]
        yield says(holds, f"{before.exchange.label} had shown {before.status}", f"the status is {status}")


@check("STATE-002", GET, reason="changed-when-finished")
def final_status_stays(seen: Seen) -> Findings:
    """A task that is over keeps the status with which it ended."""
    return stays_final(seen)


@check("STATE-003", GET, HISTORY, LIST, reason="not-completed")
def easy_tasks_complete(seen: Seen) -> Findings:
    """The task with the simple message ends as completed."""
    record = seen.model.record
    easy = record.noted("easy_task", "task") if "easy_task" in record.probes else None
    for task, status in statuses_shown(seen):
        if task.id == easy and status in FINAL and not task.may_be_cancelled(seen.began, seen.ended):
            known = "its message is easy, and it was not cancelled"
            yield says(status == COMPLETED, known, f"status {status}")


@check("STATE-003", GET, HISTORY, LIST, reason="not-completed")
def done_tasks_are_completed(seen: Seen) -> Findings:
    """A task that was over, by a stream's done or by an answer, is shown as over."""
    entries = seen.exchange.entries if seen.operation == LIST else [seen.exchange.fields]
    for entry in entries if seen.exchange.ok else ():
        name = entry.get("id") if seen.operation == LIST else seen.exchange.task
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        rest = task.turns.at_rest(seen.began, seen.ended) if task else None
        final = rest.final(seen.began) if rest is not None else None
        if rest is not None and rest.over is not None and final is not None:
            status = entry.get("status")
            known = f"{rest.over.source} showed the turn as {final}"
            yield says(json_values.one_of(status, FINAL), known, f"status {status}")


@check("STATE-004", GET, reason="stuck")
def answered_tasks_go_on(seen: Seen, task: Task) -> Findings:
    """A task whose pending calls were all answered some seconds ago does not await an approval."""
    status = seen.fields.get("status")
    if not seen.exchange.ok or not isinstance(status, str):
        return
    pending = set(seen.exchange.pending_calls)
    turn = seen.turn
    answered = {
        call.id
        for call, each in decided(task, turn.began if turn else 0, seen.began)
        if each.answered + SETTLED <= seen.began
    }
    # Without a list the waiting call is unknown, unless the task stopped waiting.
    if answered and (pending or status != AWAITING):
        stuck = status == AWAITING and pending <= answered
        yield says(not stuck, f"{min(answered)} was answered", f"the status is {status}")


@check("STATE-004", GET, reason="stuck")
def answered_tasks_do_not_wait(seen: Seen, task: Task) -> Findings:
    """A task whose calls were all answered some time ago does not list one of them as waiting."""
    pending = seen.exchange.pending_calls
    if not seen.exchange.ok or seen.fields.get("status") != AWAITING or not pending:
        return
    answered = {
        decision.call
        for decision in task.decisions
        if decision.certainty is Certainty.ACCEPTED and decision.answered + PATIENCE < seen.began
    }
    waiting = [call for call in pending if call not in answered]
    known = f"{plural(len(answered), 'call')} had been answered"
    yield says(bool(waiting), known, f"{len(waiting)} of {len(pending)} pending calls had not")


def _tool_times(stream: Stream) -> list[tuple[int, int]]:
    """The periods between a call and its result that are long enough for requests in between."""
    calls = {event.call: event.at for event in stream.of("tool_call")}
    ends = ((calls.get(event.call), event.at) for event in stream.of("tool_result"))
    return [(start, end) for start, end in ends if start is not None and end - start > AT_WORK_SECONDS * NANO]


@check("STATE-005", GET, HISTORY, LIST, reason="statuses-differ")
def final_status_is_the_same_everywhere(seen: Seen) -> Findings:
    """Each operation reports the status with which a task ended."""
    return stays_final(seen)


@check("STATE-006", reason="one-by-one")
def side_by_side(record: Record) -> Findings:
    runs = [stream for stream in record.streams() if stream.exchange.role == "owner" and _tool_times(stream)]
    known, went_on = "two tasks of one key ran", False
    waited: list[tuple[Stream, Stream]] = []
    for one in runs:
        for start, end in _tool_times(one):
            for other in runs:
                if other.exchange.task == one.exchange.task:
                    continue
                received = [event.at for event in other.live]
                # The last events of an earlier task may reach a reader when the next task has started.
                if any(start + AT_WORK_SECONDS * NANO < at < end for at in received):
                    went_on = True
                    shown = f"{other.exchange.probe} went on while a tool of {one.exchange.probe} ran"
                    yield fulfils(known, shown, exchange=one.exchange)
                elif other.exchange.started < start and received and received[0] > end:
                    waited.append((one, other))
    if not went_on and not waited:
        raise NotReached("no two tasks were there at the same time")
    for one, other in waited if not went_on else ():
        shown = f"{other.exchange.probe} waited until {one.exchange.probe} had finished"
        yield breaks(known, shown, exchange=other.exchange)


def _answering(seen: Seen, task: Task) -> Turn | None:
    """The follow-up's turn that was known to run during a read."""
    turn = seen.turn
    if turn is None or turn.number == 1 or not was_at_work(seen, task, turn):
        return None
    return turn


@check("STATE-008", GET, HISTORY, reason="never-running")
def followed_up_tasks_run(seen: Seen, task: Task) -> Findings:
    """A task whose follow-up is in progress is shown as running or awaiting an approval."""
    turn = _answering(seen, task)
    if turn is not None and seen.exchange.ok:
        status = seen.fields.get("status")
        holds = json_values.one_of(status, {RUNNING, AWAITING})
        yield says(holds, f"turn {turn.number} was going on", f"the status is {status}")


@check("STATE-008", STREAM, reason="never-running")
def streamed_follow_ups_run(seen: Seen, task: Task, stream: Stream) -> Findings:
    """One of the answers well before the last live event of a follow-up has the status running.

    The last events of a stream may arrive later than the status that follows them.
    """
    turn = turn_joined(seen)
    if turn is None or turn.number == 1:
        return
    end = max((event.at for event in stream.live if event is not stream.terminal), default=0)
    during = [
        told.status
        for told in task.statuses
        if told.operation == GET
        and told.ended < end - AT_WORK_SECONDS * NANO
        and turn.holds(told.began, told.ended)
    ]
    if during:
        holds = not {RUNNING, AWAITING}.isdisjoint(during)
        yield says(holds, "its run was streamed", f"while it ran: {', '.join(during)}")


@check("STATE-010", GET, HISTORY, reason="no-such-step")
def steps_are_documented(seen: Seen, task: Task) -> Findings:
    """Documented steps lead from the last status to this one, caused by the agent or by requests."""
    status, before = seen.fields.get("status"), _shown_last(seen, GET, HISTORY)
    if not seen.exchange.ok or not json_values.one_of(status, TASK.states):
        return
    known, since = (TASK.start, 0) if before is None else (before.status, before.began)
    if known in TASK.states:
        path = task_path(task, known, str(status), since, seen.ended)
        through = "".join(f", then {step.after}" for step in path or ())
        yield says(
            path is not None, f"the last status was {known}", through.removeprefix(", then ") or str(status)
        )


@check("STATE-011", GET, HISTORY, FILES, DOWNLOAD, APPROVE, reason="waited")
def no_answer_waits_for_a_command(seen: Seen, task: Task) -> Findings:
    """A request that is sent while a command runs is answered before the command has ended.

    One that is answered at the moment when the command ends has waited for it, if other requests were
    answered quickly all the time.
    """
    if not seen.was_answered or max(seen.exchange.size, seen.exchange.sent.size) > LARGE:
        return
    for call in task.calls.values():
        if call.first is None or call.result is None:
            continue
        since = min((each.sent for each in call.taken), default=call.first.at)
        until = call.result.at
        if not since <= seen.began <= until - WAITED:
            continue
        known = f"a command of the task ran for {(until - seen.began) / NANO:.1f} s more"
        shown = f"answered after {(seen.ended - seen.began) / NANO:.1f} s"
        if seen.ended <= until - WAITED // 2:
            yield fulfils(known, shown)
        elif abs(seen.ended - until) <= SAME_MOMENT and _others_were_answered(seen.model, seen.began, until):
            yield breaks(known, f"{shown}, when the command had ended")


def _others_were_answered(model: Model, began: int, ended: int) -> bool:
    """Whether the server answered other requests quickly all the time between two moments.

    A server or a network that stood still for a while ends several waits at once.
    """
    quick = sorted(
        each.ended
        for each in model.exchanges
        if each.succeeded and began < each.started and each.ended < min(each.started + QUICK, ended)
    )
    return all(later - earlier <= STILL for earlier, later in pairwise([began, *quick, ended]))
