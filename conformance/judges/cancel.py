"""CANCEL: what stops, what stays, and what is answered."""

from sigmic_conformance.conformance.judging.answer_data import status
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS, NANO
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes

CANCEL_FINISHED = "cancel_finished"
CANCEL_RUNNING = "cancel_running"
HEARTBEAT_WHILE_WAITING = "heartbeat_while_waiting"


@judge("CANCEL-001", CANCEL_RUNNING)
def becomes_cancelled(record: Record) -> Verdict:
    observations = Observations("not-cancelled", "status cancelled, still readable")
    for label in ("cancelled", "at the end"):
        exchange = record.exchange(CANCEL_RUNNING, label)
        observations.add(status(exchange) == "cancelled", exchange, f"status {status(exchange)}")
    return observations.verdict()


@judge("CANCEL-002", CANCEL_FINISHED)
def pending_is_cancelled(record: Record) -> Verdict:
    made, after = (
        record.exchange(CANCEL_FINISHED, "create early"),
        record.exchange(CANCEL_FINISHED, "early after"),
    )
    if status(made) != "pending":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the new task was {status(made)}")
    observations = Observations("not-cancelled", "status cancelled")
    asked = record.exchange(CANCEL_FINISHED, "cancel early")
    observations.add(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    return observations.verdict()


@judge("CANCEL-003", CANCEL_RUNNING)
def stops_the_execution(record: Record) -> Verdict:
    page = record.exchange(CANCEL_RUNNING, "files")
    word = record.fact(CANCEL_RUNNING, "word")
    if not any(f"before-{word}" in path for path in listed(page)):
        return inconclusive(Unproven.CONTROL_FAILED, "not even the command's first file is there")
    observations = Observations("went-on", "what the command would have done later does not happen")
    later = [path for path in listed(page) if f"after-{word}" in path]
    observations.add(not later, page, f"made after the cancellation: {later or 'nothing'}")
    return observations.verdict()


@judge("CANCEL-005", CANCEL_RUNNING)
def answer(record: Record) -> Verdict:
    observations = Observations("other-message", "data.message is Task cancelled")
    exchange = record.exchange(CANCEL_RUNNING, "cancel")
    observations.add(exchange.fields.get("message") == "Task cancelled", exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-006", CANCEL_RUNNING)
def during_the_stream(record: Record) -> Verdict:
    observations = Observations("refused", "accepted while the stream is read")
    exchange = record.exchange(CANCEL_RUNNING, "cancel")
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-007", CANCEL_RUNNING)
def needs_no_body(record: Record) -> Verdict:
    observations = Observations("refused", "accepted without a body")
    exchange = record.exchange(CANCEL_RUNNING, "cancel")
    observations.add(exchange.ok and exchange.sent.size == 0, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-008", CANCEL_FINISHED, CANCEL_RUNNING)
def finished_stays(record: Record) -> Verdict:
    observations = Observations("status-changed", "the status of a finished task stays")
    before, after = record.exchange(CANCEL_FINISHED, "before"), record.exchange(CANCEL_FINISHED, "after")
    observations.add(
        status(before) == status(after) is not None, after, f"{status(before)}, then {status(after)}"
    )
    again = record.exchange(CANCEL_RUNNING, "after second cancel")
    observations.add(status(again) == "cancelled", again, f"cancelled twice: {status(again)}")
    return observations.verdict()


@judge("CANCEL-009", CANCEL_RUNNING)
def streams_end(record: Record) -> Verdict:
    observations = Observations("left-open", f"the stream ends within {CLOSE_SECONDS:g} s")
    stream = record.stream(CANCEL_RUNNING, record.fact(CANCEL_RUNNING, "stream"))
    cancelled = record.exchange(CANCEL_RUNNING, "cancel")
    seconds = (stream.exchange.ended - cancelled.ended) / NANO
    observations.add(
        stream.complete and seconds <= CLOSE_SECONDS,
        stream.exchange,
        f"{stream.exchange.closed} {seconds:.2f} s",
    )
    return observations.verdict()


@judge("CANCEL-010", CANCEL_FINISHED, CANCEL_RUNNING)
def finished_conflicts(record: Record) -> Verdict:
    asked = [record.exchange(CANCEL_FINISHED, "cancel"), record.exchange(CANCEL_RUNNING, "cancel again")]
    codes = frozenset({"CONFLICT"})
    control = record.exchange(CANCEL_RUNNING, "cancel")
    return refusals(asked, control=control, expected="409 CONFLICT", status=409, codes=codes)


@judge("CANCEL-011", HEARTBEAT_WHILE_WAITING)
def awaiting_is_cancelled(record: Record) -> Verdict:
    observations = Observations("not-cancelled", "status cancelled, and the waiting call never runs")
    asked, after = (
        record.exchange(HEARTBEAT_WHILE_WAITING, "cancel"),
        record.exchange(HEARTBEAT_WHILE_WAITING, "after the cancellation"),
    )
    observations.add(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    page = record.exchange(HEARTBEAT_WHILE_WAITING, "files after the cancellation")
    made = [path for path in listed(page) if record.fact(HEARTBEAT_WHILE_WAITING, "word") in path]
    observations.add(
        page.ok and not made, page, f"made: {made or 'nothing'}", reason="ran-although-cancelled"
    )
    return observations.verdict()


@judge("CANCEL-012", CANCEL_RUNNING)
def cancelled_fields(record: Record) -> Verdict:
    observations = Observations("other-fields", "completedAt set, error null")
    exchange = record.exchange(CANCEL_RUNNING, "at the end")
    data = exchange.fields
    holds = shapes.timestamp(data.get("completedAt")) and data.get("error") is None
    observations.add(holds, exchange, f"completedAt {data.get('completedAt')}, error {data.get('error')}")
    return observations.verdict()


@judge("CANCEL-013", CANCEL_RUNNING)
def streams_say_cancelled(record: Record) -> Verdict:
    observations = Observations("other-end", "an error event with the code CANCELLED")
    stream = record.stream(CANCEL_RUNNING, record.fact(CANCEL_RUNNING, "stream"))
    last = stream.terminal
    holds = last is not None and last.type == "error" and last.get("code") == "CANCELLED"
    observations.add(holds, stream.exchange, f"ended with {last.data if last else 'nothing'}")
    return observations.verdict()


@judge("CANCEL-014", CANCEL_RUNNING)
def still_readable(record: Record) -> Verdict:
    observations = Observations("not-readable", "files and history remain readable")
    for label in ("files", "history"):
        exchange = record.exchange(CANCEL_RUNNING, label)
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-015", "heartbeat_window")
def body_changes_nothing(record: Record) -> Verdict:
    observations = Observations("body-matters", "cancelled, whatever body was sent")
    asked = record.exchange("heartbeat_window", "cancel with a body")
    after = record.exchange("heartbeat_window", "after the cancellation")
    if asked.status == 409 and status(after) == "completed":
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the task was completed before it could be cancelled"
        )
    observations.add(
        asked.ok and status(after) == "cancelled", asked, f"{summary(asked)}, then {status(after)}"
    )
    return observations.verdict()
