"""STATE: the statuses of every task follow the automaton of a task's life."""

import re

from sigmic_conformance.conformance.judging.answer_data import status
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.status_samples import Sample, actions, samples
from sigmic_conformance.conformance.judging.task_objects import failed_answers
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.traces import add_transition, task_transitions
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.cancel import CancelRunning
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.state import FailingTask, SlowFollowUp
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.json_values import FINAL
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

AT_WORK_SECONDS = 0.5
SERVER_PATH = re.compile(r"(?<![\w:/])/(?:[\w.-]+/){2,}[\w.-]*|[A-Za-z]:\\[\w\\]+")
STACK_TRACE = re.compile(r"Traceback \(most recent|File \"[^\"]+\", line \d+|\bat [\w.$<>]+ ?\([^)]*:\d+\)")


@judge("STATE-001", EasyTask.PROBE, ApproveOnce.PROBE, CancelRunning.PROBE, sweep=True)
def statuses_in_order(record: Record) -> Verdict:
    observations = Observations(
        "impossible-step", "pending, then running or awaiting_approval, then finished"
    )
    rank = {"pending": 0, "running": 1, "awaiting_approval": 1, "completed": 2, "failed": 2, "cancelled": 2}
    followed = {exchange.task for exchange in record.exchanges() if exchange.operation == "send_message"}
    seen: dict[str, tuple[Exchange, str]] = {}
    for exchange in sorted(record.exchanges(), key=lambda each: each.ended):
        told = status(exchange)
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


@judge("STATE-002", EasyTask.PROBE, ToolTask.PROBE, sweep=True)
def finished_is_finished(record: Record) -> Verdict:
    observations = Observations("changed-when-finished", "a finished task keeps its status until a follow-up")
    done = actions(record)
    for task, statuses in samples(record).items():
        followed = [each for each in done.get(task, []) if each.operation == "send_message"]
        _keeps(observations, [each for each in statuses if each.operation == "get_task"], followed)
        if not followed:
            _done_is_kept(observations, record, task, statuses)
    return observations.verdict()


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


def _done_is_kept(observations: Observations, record: Record, task: str, statuses: list[Sample]) -> None:
    """After `done` a task may take a moment to be told as completed (PHASE-023), but is not pending again."""
    for stream in record.streams():
        if stream.exchange.task == task and stream.of("done") and stream.complete:
            for sample in statuses:
                pending = sample.started >= stream.exchange.ended and sample.status == "pending"
                if pending and record.admits(Premise.DONE_COMPLETES):
                    observations.broken(sample.exchange, "pending after the stream said done")


@judge("STATE-003", EasyTask.PROBE)
def easy_task_completes(record: Record) -> Verdict:
    observations = Observations("not-completed", "status completed")
    exchange = record.exchange(EasyTask.FINISHED)
    observations.add(status(exchange) == "completed", exchange, f"status {status(exchange)}")
    return observations.verdict()


@judge("STATE-004", ApproveOnce.PROBE)
def leaves_awaiting(record: Record) -> Verdict:
    observations = Observations("stuck", "the task leaves awaiting_approval")
    exchange = record.exchange(ApproveOnce.FINISHED)
    observations.add(
        shapes.one_of(status(exchange), {"completed", "failed"}), exchange, f"status {status(exchange)}"
    )
    return observations.verdict()


@judge("STATE-005", EasyTask.PROBE)
def one_status_everywhere(record: Record) -> Verdict:
    observations = Observations("statuses-differ", "get_task, list_tasks and history tell the same status")
    task = record.fact(EasyTask.TASK)
    statuses = {"get_task": status(record.exchange(EasyTask.FINISHED))}
    saved = record.exchange(EasyTask.HISTORY)
    if saved.ok:
        statuses["history"] = status(saved)
    page = record.exchange(EasyTask.LIST)
    for entry in page.entries:
        if entry.get("id") == task:
            statuses["list_tasks"] = entry.get("status")
    observations.add(len(set(map(shapes.word, statuses.values()))) == 1, page, f"{statuses}")
    return observations.verdict()


@judge("STATE-006", ToolTask.PROBE, CancelRunning.PROBE, sweep=True)
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


def _tool_times(stream: Stream) -> list[tuple[int, int]]:
    """The times between a call and its result that are long enough to look into."""
    calls = {event.call: event.at for event in stream.of("tool_call")}
    ends = ((calls.get(event.call), event.at) for event in stream.of("tool_result"))
    return [(start, end) for start, end in ends if start is not None and end - start > AT_WORK_SECONDS * NANO]


@judge("STATE-007", FailingTask.PROBE, sweep=True)
def error_is_for_people(record: Record) -> Verdict:
    observations = Observations(
        "not-for-people", "a text without a path of the server and without a stack trace"
    )
    for exchange in failed_answers(record):
        text = exchange.fields.get("error")
        good = shapes.filled(text) and not SERVER_PATH.search(str(text)) and not STACK_TRACE.search(str(text))
        observations.add(good, exchange, f"error {brief(text)!r}")
    return observations.verdict()


@judge("STATE-008", SlowFollowUp.PROBE)
def goes_through_running(record: Record) -> Verdict:
    observations = Observations("never-running", "running before it is finished again")
    stream = record.stream(SlowFollowUp.RUN_OF_FOLLOW_UP)
    answers = [record.exchange(label) for label in (SlowFollowUp.RIGHT_AFTER, SlowFollowUp.MEANWHILE)]
    # What was told before the run was heard to end was told while it ran.
    end = stream.terminal.at if stream.terminal else stream.exchange.ended
    during = [each for each in answers if each.ended < end] if stream.is_streaming else []
    if not during:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the run was over before its state could be read")
    holds = any(status(each) in {"running", "awaiting_approval"} for each in during)
    observations.add(holds, during[-1], f"while it ran: {', '.join(str(status(each)) for each in during)}")
    return observations.verdict()


@judge("STATE-009", FailingTask.PROBE)
def failed_goes_on(record: Record) -> Verdict:
    observations = Observations("stuck-failed", "a follow-up is taken and completes")
    record.fact(FailingTask.TASK)
    taken, final = record.exchange(FailingTask.FOLLOW_UP), record.exchange(FailingTask.AFTER)
    observations.add(
        taken.ok and status(final) == "completed", final, f"{summary(taken)}, then {status(final)}"
    )
    return observations.verdict()


@judge("STATE-010", EasyTask.PROBE, ToolTask.PROBE, ApproveOnce.PROBE, CancelRunning.PROBE, sweep=True)
def task_automaton(record: Record) -> Verdict:
    observations = Observations(
        "no-such-step", "each status follows from the one before, by the agent or by what a client did"
    )
    for transition in task_transitions(record):
        add_transition(observations, transition)
    return observations.verdict()
