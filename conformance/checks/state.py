"""The task's lifecycle."""

import re

from sigmic_conformance.conformance.judging.answer_data import status_of
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.status_samples import Sample, actions, samples
from sigmic_conformance.conformance.judging.task_objects import failed_answers
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.traces import add_transition, task_transitions
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.state import SlowFollowUp
from sigmic_conformance.conformance.model.calls import AWAITING
from sigmic_conformance.conformance.model.operations import GET, HISTORY, LIST, SAY
from sigmic_conformance.conformance.model.reading import DENIALS
from sigmic_conformance.conformance.model.requests import Certainty, asked
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.seen_calls import decided
from sigmic_conformance.conformance.model.seen_tasks import stays_final
from sigmic_conformance.conformance.model.seen_turns import was_at_work
from sigmic_conformance.conformance.model.statuses import FAILED, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.registry import check, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.json_values import FINAL
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

AT_WORK_SECONDS = 0.5


SERVER_PATH = re.compile(r"(?<![\w:/])/(?:[\w.-]+/){2,}[\w.-]*|[A-Za-z]:\\[\w\\]+")


STACK_TRACE = re.compile(r"Traceback \(most recent|File \"[^\"]+\", line \d+|\bat [\w.$<>]+ ?\([^)]*:\d+\)")


SETTLED = 5 * NANO


BEGUN = FINAL | {RUNNING, AWAITING}


PATIENCE = 6 * NANO


@check_record("STATE-001")
def statuses_in_order(record: Record) -> Verdict:
    observations = Observations(
        "impossible-step", "pending, then running or awaiting_approval, then finished"
    )
    rank = {"pending": 0, "running": 1, "awaiting_approval": 1, "completed": 2, "failed": 2, "cancelled": 2}
    followed = {exchange.task for exchange in record.exchanges() if exchange.operation == "send_message"}
    seen: dict[str, tuple[Exchange, str]] = {}
    for exchange in sorted(record.exchanges(), key=lambda each: each.ended):
        told = status_of(exchange)
        if exchange.operation != "get_task" or told is None or told not in rank:
            continue
        task = shapes.word(exchange.fields.get("id"))
        # Two requests that overlap may be answered in either order.
        if task in seen and task not in followed and exchange.started >= seen[task][0].ended:
            before = seen[task][1]
            holds = before == told if rank[before] == 2 else rank[told] >= rank[before]
            observations.add(holds, exchange, f"{before}, then {told}")
        seen[task] = (exchange, told)
    return observations.verdict()


@check("STATE-001", GET, reason="impossible-step")
def what_has_begun_is_not_pending(seen: Seen) -> Findings:
    """A turn that get_task told to be at work or over is not pending when it is asked again."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not seen.exchange.ok:
        return
    if not turn.holds(seen.began, seen.ended):
        return
    for told in task.told:
        before = told.operation == GET and told.ended <= seen.began and turn.holds(told.began, told.ended)
        if before and told.status in BEGUN:
            status = seen.fields.get("status")
            known = f"{told.exchange.label} had told it as {told.status}, and no message came since"
            yield says(status != "pending", known, f"the status is {status}")
            return


def _done_is_kept(observations: Observations, record: Record, task: str, statuses: list[Sample]) -> None:
    """After `done` a task may take a moment to be told as completed (PHASE-023), but is not pending again."""
    for stream in record.streams():
        if stream.exchange.task == task and stream.of("done") and stream.complete:
            for sample in statuses:
                pending = sample.started >= stream.exchange.ended and sample.status == "pending"
                if pending and record.admits(Premise.DONE_COMPLETES):
                    observations.broken(sample.exchange, "pending after the stream said done")


def _keeps(observations: Observations, statuses: list[Sample], followed: list[Exchange]) -> None:
    """A change of a finished status uses up one follow-up."""
    changes = 0
    last: Sample | None = None
    for sample in statuses:
        if last is not None and sample.started >= last.ended and last.status in FINAL:
            changes += last.status != sample.status
            allowed = sum(each.started <= sample.ended for each in followed)
            observations.add(changes <= allowed, sample.exchange, f"{last.status}, then {sample.status}")
        if last is None or sample.started >= last.ended:
            last = sample


@check_record("STATE-002")
def finished_is_finished(record: Record) -> Verdict:
    observations = Observations("changed-when-finished", "a finished task keeps its status until a follow-up")
    done = actions(record)
    for task, statuses in samples(record).items():
        followed = [each for each in done.get(task, []) if each.operation == "send_message"]
        _keeps(observations, [each for each in statuses if each.operation == "get_task"], followed)
        if not followed:
            _done_is_kept(observations, record, task, statuses)
    return observations.verdict()


@check("STATE-002", GET, reason="changed-when-finished")
def finished_stays_for_readers(seen: Seen) -> Findings:
    """get_task tells the final status that was told before."""
    yield from stays_final(seen)


@check("STATE-003", GET, HISTORY, LIST, reason="not-completed")
def done_tasks_are_completed(seen: Seen) -> Findings:
    """A task of which a stream has told done to its end, or an answer that it is over, is told as over."""
    entries = seen.exchange.entries if seen.operation == LIST else [seen.exchange.fields]
    for entry in entries if seen.exchange.ok else ():
        name = entry.get("id") if seen.operation == LIST else seen.exchange.task
        task = seen.model.tasks.get(name) if isinstance(name, str) else None
        rest = task.at_rest(seen.began, seen.ended) if task else None
        final = rest.final(seen.began) if rest is not None else None
        if rest is not None and rest.over is not None and final is not None:
            status = entry.get("status")
            known = f"{rest.over.source} told the turn to be {final}"
            yield says(shapes.one_of(status, FINAL), known, f"status {status}")


@check("STATE-004", GET, reason="stuck")
def answered_tasks_go_on(seen: Seen) -> Findings:
    """A task whose pending calls were all answered some seconds ago does not await an approval."""
    task = seen.task
    if task is None or not seen.exchange.ok:
        return
    pending = {
        shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))
    }
    turn = task.turn_at(seen.began)
    answered = {
        call.id
        for call, each in decided(task, turn.began if turn else 0, seen.began)
        if each.answered + SETTLED <= seen.began
    }
    # Without a list it is not known for which call it waits, unless it stopped working.
    if answered and (pending or seen.fields.get("status") != AWAITING):
        stuck = seen.fields.get("status") == AWAITING and pending <= answered
        yield says(not stuck, f"{min(answered)} was answered", f"the status is {seen.fields.get('status')}")


@check("STATE-004", GET, reason="stuck")
def answered_tasks_do_not_wait(seen: Seen) -> Findings:
    """A task whose calls were all answered some time ago is not told to wait for one of them."""
    task = seen.task
    pending = [
        shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))
    ]
    if task is None or not seen.exchange.ok or seen.fields.get("status") != AWAITING or not pending:
        return
    answered = {
        decision.call
        for decision in task.decisions
        if decision.certainty is Certainty.ACCEPTED and decision.answered + PATIENCE < seen.began
    }
    waiting = [call for call in pending if call not in answered]
    known = f"{plural(len(answered), 'call')} had been answered"
    yield says(bool(waiting), known, f"{len(waiting)} of {len(pending)} pending calls had not")


@check("STATE-005", LIST, reason="statuses-differ")
def finished_stays_in_lists(seen: Seen) -> Findings:
    """A list tells the final status that was told before."""
    yield from stays_final(seen)


@check("STATE-005", GET, HISTORY, reason="statuses-differ")
def readers_agree_at_rest(seen: Seen) -> Findings:
    """get_task and history tell the final status that was told before."""
    yield from stays_final(seen)


def _tool_times(stream: Stream) -> list[tuple[int, int]]:
    """The times between a call and its result that are long enough to look into."""
    calls = {event.call: event.at for event in stream.of("tool_call")}
    ends = ((calls.get(event.call), event.at) for event in stream.of("tool_result"))
    return [(start, end) for start, end in ends if start is not None and end - start > AT_WORK_SECONDS * NANO]


@check_record("STATE-006")
def side_by_side(record: Record) -> Verdict:
    observations = Observations("one-by-one", "two tasks of one key run at the same time")
    runs = [stream for stream in record.streams() if stream.exchange.role == "owner" and _tool_times(stream)]
    waited: list[tuple[Stream, Stream]] = []
    for one in runs:
        for start, end in _tool_times(one):
            for other in runs:
                if other.exchange.task == one.exchange.task:
                    continue
                received = [event.at for event in other.live]
                if any(start < at < end for at in received):
                    observed = f"{other.exchange.probe} went on while a tool of {one.exchange.probe} ran"
                    observations.holds(one.exchange, observed)
                elif other.exchange.started < start and received and received[0] > end:
                    waited.append((one, other))
    if observations.verdict().outcome == "inconclusive":
        if not waited:
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no two tasks were there at the same time")
        for one, other in waited:
            observed = f"{other.exchange.probe} waited until {one.exchange.probe} had finished"
            observations.broken(other.exchange, observed)
    return observations.verdict()


@check_record("STATE-007")
def error_is_for_people(record: Record) -> Verdict:
    observations = Observations(
        "not-for-people", "a text without a path of the server and without a stack trace"
    )
    for exchange in failed_answers(record):
        text = exchange.fields.get("error")
        good = shapes.filled(text) and not SERVER_PATH.search(str(text)) and not STACK_TRACE.search(str(text))
        observations.add(good, exchange, f"error {brief(text)!r}")
    return observations.verdict()


@check_record("STATE-008")
def goes_through_running(record: Record) -> Verdict:
    observations = Observations("never-running", "running before it is finished again")
    stream = record.stream(SlowFollowUp.RUN_OF_FOLLOW_UP)
    answers = [record.exchange(label) for label in (SlowFollowUp.RIGHT_AFTER, SlowFollowUp.MEANWHILE)]
    # What was told before the run was heard to end was told while it ran.
    end = stream.terminal.at if stream.terminal else stream.exchange.ended
    during = [each for each in answers if each.ended < end] if stream.is_streaming else []
    if not during:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the run was over before its state could be read")
    holds = any(status_of(each) in {"running", "awaiting_approval"} for each in during)
    observations.add(holds, during[-1], f"while it ran: {', '.join(str(status_of(each)) for each in during)}")
    return observations.verdict()


def _answering(seen: Seen, task: Task) -> Turn | None:
    """The follow-up's turn that was known to go on while something was read."""
    turn = task.turn_at(seen.began)
    if turn is None or turn.number == 1 or not was_at_work(seen, task, turn):
        return None
    return turn


@check("STATE-008", GET, HISTORY, reason="never-running")
def followed_up_tasks_run(seen: Seen) -> Findings:
    """A task whose follow-up was known to be in progress is told to run, or to await an approval."""
    task = seen.task
    turn = _answering(seen, task) if task else None
    if turn is not None and seen.exchange.ok:
        status = seen.fields.get("status")
        holds = shapes.one_of(status, {RUNNING, AWAITING})
        yield says(holds, f"turn {turn.number} was going on", f"the status is {status}")


@check("STATE-009", SAY, reason="stuck-failed")
def failed_tasks_take_follow_ups(seen: Seen) -> Findings:
    """The owner's sound follow-up to a task that was known to have failed is accepted, whatever its form.

    Files may be refused for what they are, but not as if the task were at fault.
    """
    task, body = seen.task, asked(seen.exchange.sent)
    rest = task.at_rest(seen.began, seen.began) if task and seen.is_own else None
    if rest is None or rest.over is None or rest.over.status != FAILED:
        return
    said = (
        body.message is not None and any(map(str.isalnum, body.message)) and set(body.fields) == {"message"}
    )
    # That a front end refuses is nobody's failure here: too many requests, too long a body.
    refusals = DENIALS if body.files else DENIALS | {400, 422}
    if said and (seen.exchange.succeeded or seen.exchange.status in refusals):
        yield says(seen.exchange.succeeded, f"turn {rest.number} had failed", summary(seen.exchange))


@check("STATE-009", GET, reason="stuck-failed")
def failed_tasks_run_again(seen: Seen) -> Findings:
    """A failed task whose follow-up was accepted does not go on to tell the end that it had."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    before = task.turns[turn.number - 2] if task and turn and turn.number > 1 else None
    if task is None or turn is None or before is None or not turn.is_clear or turn.taken > seen.began:
        return
    if before.over is None or before.over.status != FAILED or not seen.exchange.ok:
        return
    ends = [
        each.fields.get("completedAt") or each.fields.get("startedAt")
        for each in task.read
        if before.over.ended <= each.ended <= turn.began and each.fields.get("status") == FAILED
    ]
    if ends and ends[-1] is not None and shapes.one_of(seen.fields.get("status"), FINAL):
        told = seen.fields.get("completedAt") or seen.fields.get("startedAt")
        yield says(
            told != ends[-1], "it had failed, and was followed up", f"{seen.fields['status']} at {told}"
        )


@check_record("STATE-010")
def task_automaton(record: Record) -> Verdict:
    observations = Observations(
        "no-such-step", "each status follows from the one before, by the agent or by what a client did"
    )
    for transition in task_transitions(record):
        add_transition(observations, transition)
    return observations.verdict()


@check("STATE-010", GET, HISTORY, reason="no-such-step")
def what_is_over_takes_no_step(seen: Seen) -> Findings:
    """A task at rest has the status with which it was told to be over."""
    rest = seen.rest()
    final = rest.final(seen.began) if rest is not None else None
    status = seen.fields.get("status")
    if rest is None or rest.over is None or final is None or not seen.exchange.ok:
        return
    if isinstance(status, str):
        yield says(status == final, f"{rest.over.source} told it as {final}", f"{status} now")


@check("STATE-010", GET, HISTORY, reason="no-such-step")
def what_waits_takes_no_step(seen: Seen) -> Findings:
    """A task that was told to wait goes on waiting while the call waits and nobody decides anything.

    It may fail: whether a call may wait for ever is not documented (G-68).
    """
    task, status = seen.task, seen.fields.get("status")
    before = None
    for told in task.told if task else ():
        if told.ended <= seen.began:
            before = told
    if task is None or before is None or before.status != AWAITING or not isinstance(status, str):
        return
    waits = any(call.waits(before.began, seen.ended) for call in task.calls.values())
    decided = any(before.began <= each.exchange.ended and each.sent <= seen.ended for each in task.decisions)
    if waits and not decided and seen.exchange.ok and not task.may_be_cancelled(before.began, seen.ended):
        known = f"{before.exchange.label} shows it waiting, and no decision was sent"
        yield says(status in {AWAITING, FAILED}, known, f"the status is {status}")
