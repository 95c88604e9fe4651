"""CANCEL and STATE: what stops, what stays, and that finished is finished."""

from typing import Any

from sigmic_conformance.conformance.judges.uploads import listed
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

RUNNING = "cancel_running"
FINISHED = "cancel_finished"
WAITING = "heartbeat_while_waiting"
CLOSE_SECONDS = 5.0


def status(exchange: Exchange) -> Any:
    """The status told by get_task."""
    return exchange.fields.get("status")


@judge("CANCEL-001", RUNNING)
def becomes_cancelled(record: Record) -> Verdict:
    claim = Claim("not-cancelled", "status cancelled, still readable")
    for label in ("cancelled", "at the end"):
        exchange = record.exchange(RUNNING, label)
        claim.see(status(exchange) == "cancelled", exchange, f"status {status(exchange)}")
    return claim.verdict()


@judge("CANCEL-003", RUNNING)
def stops_the_execution(record: Record) -> Verdict:
    page = record.exchange(RUNNING, "files")
    word = record.fact(RUNNING, "word")
    if not any(f"before-{word}" in path for path in listed(page)):
        return inconclusive(Unproven.CONTROL_FAILED, "not even the command's first file is there")
    claim = Claim("went-on", "what the command would have done later does not happen")
    later = [path for path in listed(page) if f"after-{word}" in path]
    claim.see(not later, page, f"made after the cancellation: {later or 'nothing'}")
    return claim.verdict()


@judge("CANCEL-005", RUNNING)
def answer(record: Record) -> Verdict:
    claim = Claim("other-message", "data.message is Task cancelled")
    exchange = record.exchange(RUNNING, "cancel")
    claim.see(exchange.fields.get("message") == "Task cancelled", exchange, summary(exchange))
    return claim.verdict()


@judge("CANCEL-006", RUNNING)
def during_the_stream(record: Record) -> Verdict:
    claim = Claim("refused", "accepted while the stream is read")
    exchange = record.exchange(RUNNING, "cancel")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("CANCEL-007", RUNNING)
def needs_no_body(record: Record) -> Verdict:
    claim = Claim("refused", "accepted without a body")
    exchange = record.exchange(RUNNING, "cancel")
    claim.see(exchange.ok and exchange.sent.size == 0, exchange, summary(exchange))
    return claim.verdict()


@judge("CANCEL-008", FINISHED, RUNNING)
def finished_stays(record: Record) -> Verdict:
    claim = Claim("status-changed", "the status of a finished task stays")
    before, after = record.exchange(FINISHED, "before"), record.exchange(FINISHED, "after")
    claim.see(status(before) == status(after) is not None, after, f"{status(before)}, then {status(after)}")
    again = record.exchange(RUNNING, "after second cancel")
    claim.see(status(again) == "cancelled", again, f"cancelled twice: {status(again)}")
    return claim.verdict()


@judge("CANCEL-009", RUNNING)
def streams_end(record: Record) -> Verdict:
    claim = Claim("left-open", f"the stream ends within {CLOSE_SECONDS:g} s")
    stream = record.stream(RUNNING, record.fact(RUNNING, "stream"))
    cancelled = record.exchange(RUNNING, "cancel")
    seconds = (stream.exchange.ended - cancelled.ended) / NANO
    claim.see(
        stream.complete and seconds <= CLOSE_SECONDS,
        stream.exchange,
        f"{stream.exchange.closed} {seconds:.2f} s",
    )
    return claim.verdict()


@judge("CANCEL-010", FINISHED, RUNNING)
def finished_conflicts(record: Record) -> Verdict:
    asked = [record.exchange(FINISHED, "cancel"), record.exchange(RUNNING, "cancel again")]
    codes = frozenset({"CONFLICT"})
    twin = record.exchange(RUNNING, "cancel")
    return refusals(asked, twin=twin, expected="409 CONFLICT", status=409, codes=codes)


@judge("CANCEL-012", RUNNING)
def cancelled_fields(record: Record) -> Verdict:
    claim = Claim("other-fields", "completedAt set, error null")
    exchange = record.exchange(RUNNING, "at the end")
    data = exchange.fields
    holds = shapes.timestamp(data.get("completedAt")) and data.get("error") is None
    claim.see(holds, exchange, f"completedAt {data.get('completedAt')}, error {data.get('error')}")
    return claim.verdict()


@judge("CANCEL-013", RUNNING)
def streams_say_cancelled(record: Record) -> Verdict:
    claim = Claim("other-end", "an error event with the code CANCELLED")
    stream = record.stream(RUNNING, record.fact(RUNNING, "stream"))
    last = stream.terminal
    holds = last is not None and last.type == "error" and last.get("code") == "CANCELLED"
    claim.see(holds, stream.exchange, f"ended with {last.data if last else 'nothing'}")
    return claim.verdict()


@judge("CANCEL-014", RUNNING)
def still_readable(record: Record) -> Verdict:
    claim = Claim("not-readable", "files and history remain readable")
    for label in ("files", "history"):
        exchange = record.exchange(RUNNING, label)
        claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("HTTP-007", RUNNING)
def delete_is_idempotent(record: Record) -> Verdict:
    claim = Claim("state-changed", "repeated, the state is the same")
    one, other = record.exchange(RUNNING, "cancelled"), record.exchange(RUNNING, "after second cancel")
    same = status(one) == status(other) == "cancelled"
    claim.see(same, other, f"{status(one)}, then {status(other)}")
    return claim.verdict()


@judge("STATE-003", "easy_task")
def easy_task_completes(record: Record) -> Verdict:
    claim = Claim("not-completed", "status completed")
    exchange = record.exchange("easy_task", "finished")
    claim.see(status(exchange) == "completed", exchange, f"status {status(exchange)}")
    return claim.verdict()


@judge("STATE-001", "easy_task", "approve_once", RUNNING, sweep=True)
def statuses_in_order(record: Record) -> Verdict:
    claim = Claim("impossible-step", "pending, then running or awaiting_approval, then finished")
    rank = {"pending": 0, "running": 1, "awaiting_approval": 1, "completed": 2, "failed": 2, "cancelled": 2}
    followed = {exchange.task for exchange in record.exchanges() if exchange.operation == "send_message"}
    seen: dict[str, Exchange] = {}
    for exchange in sorted(record.exchanges(), key=lambda each: each.ended):
        if exchange.operation != "get_task" or not shapes.one_of(status(exchange), rank):
            continue
        task = shapes.word(exchange.fields.get("id"))
        before = seen.get(task)
        # Two requests that overlap may be answered in either order.
        if before is not None and task not in followed and exchange.started >= before.ended:
            steps = (status(before), status(exchange))
            final = rank[steps[0]] == 2
            holds = steps[0] == steps[1] if final else rank[steps[1]] >= rank[steps[0]]
            claim.see(holds, exchange, f"{steps[0]}, then {steps[1]}")
        seen[task] = exchange
    return claim.verdict()


@judge("STATE-005", "easy_task")
def one_status_everywhere(record: Record) -> Verdict:
    claim = Claim("statuses-differ", "get_task, list_tasks and history tell the same status")
    task = record.fact("easy_task", "task")
    told = {"get_task": status(record.exchange("easy_task", "finished"))}
    saved = record.exchange("easy_task", "history")
    if saved.ok:
        told["history"] = status(saved)
    page = record.exchange("easy_task", "list")
    for entry in page.entries:
        if entry.get("id") == task:
            told["list_tasks"] = entry.get("status")
    claim.see(len(set(map(shapes.word, told.values()))) == 1, page, f"{told}")
    return claim.verdict()


@judge("CANCEL-002", FINISHED)
def pending_is_cancelled(record: Record) -> Verdict:
    made, after = record.exchange(FINISHED, "create early"), record.exchange(FINISHED, "early after")
    if status(made) != "pending":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the new task was {status(made)}")
    claim = Claim("not-cancelled", "status cancelled")
    asked = record.exchange(FINISHED, "cancel early")
    claim.see(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    return claim.verdict()


@judge("CANCEL-011", WAITING)
def awaiting_is_cancelled(record: Record) -> Verdict:
    claim = Claim("not-cancelled", "status cancelled, and the waiting call never runs")
    asked, after = record.exchange(WAITING, "cancel"), record.exchange(WAITING, "after the cancellation")
    claim.see(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    page = record.exchange(WAITING, "files after the cancellation")
    made = [path for path in listed(page) if record.fact(WAITING, "word") in path]
    claim.see(page.ok and not made, page, f"made: {made or 'nothing'}", reason="ran-although-cancelled")
    return claim.verdict()


@judge("CANCEL-015", "heartbeat_window")
def body_changes_nothing(record: Record) -> Verdict:
    claim = Claim("body-matters", "cancelled, whatever body was sent")
    asked = record.exchange("heartbeat_window", "cancel with a body")
    after = record.exchange("heartbeat_window", "after the cancellation")
    claim.see(asked.ok and status(after) == "cancelled", asked, f"{summary(asked)}, then {status(after)}")
    return claim.verdict()
