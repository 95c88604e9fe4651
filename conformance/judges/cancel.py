"""CANCEL: what stops, what stays, and what is answered."""

from sigmic_conformance.conformance.judging.answer_data import status
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import CLOSE_SECONDS, NANO
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.beat import HeartbeatWhileWaiting, HeartbeatWindow
from sigmic_conformance.conformance.labels.cancel import CancelFinished, CancelRunning
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes


@judge("CANCEL-001", CancelRunning.PROBE)
def becomes_cancelled(record: Record) -> Verdict:
    observations = Observations("not-cancelled", "status cancelled, still readable")
    for label in (CancelRunning.CANCELLED, CancelRunning.AT_THE_END):
        exchange = record.exchange(label)
        observations.add(status(exchange) == "cancelled", exchange, f"status {status(exchange)}")
    return observations.verdict()


@judge("CANCEL-002", CancelFinished.PROBE)
def pending_is_cancelled(record: Record) -> Verdict:
    made, after = (
        record.exchange(CancelFinished.CREATE_EARLY),
        record.exchange(CancelFinished.EARLY_AFTER),
    )
    if status(made) != "pending":
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"the new task was {status(made)}")
    observations = Observations("not-cancelled", "status cancelled")
    asked = record.exchange(CancelFinished.CANCEL_EARLY)
    observations.add(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    return observations.verdict()


@judge("CANCEL-003", CancelRunning.PROBE)
def stops_the_execution(record: Record) -> Verdict:
    page = record.exchange(CancelRunning.FILES)
    word = record.fact(CancelRunning.WORD)
    if not any(f"before-{word}" in path for path in listed(page)):
        return inconclusive(Unproven.CONTROL_FAILED, "not even the command's first file is there")
    observations = Observations("went-on", "what the command would have done later does not happen")
    later = [path for path in listed(page) if f"after-{word}" in path]
    observations.add(not later, page, f"made after the cancellation: {later or 'nothing'}")
    for other in record.any_of(CancelRunning.FILES_BESIDE):
        # Nothing had made a file yet when these tasks were cancelled.
        made = [path for path in listed(other) if word in path]
        observations.add(not made, other, f"{other.label} made after the cancellation: {made or 'nothing'}")
    return observations.verdict()


@judge("CANCEL-005", CancelRunning.PROBE)
def answer(record: Record) -> Verdict:
    observations = Observations("other-message", "data.message is Task cancelled")
    exchange = record.exchange(CancelRunning.CANCEL)
    observations.add(exchange.fields.get("message") == "Task cancelled", exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-006", CancelRunning.PROBE)
def during_the_stream(record: Record) -> Verdict:
    observations = Observations("refused", "accepted while the stream is read")
    exchange = record.exchange(CancelRunning.CANCEL)
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-007", CancelRunning.PROBE)
def needs_no_body(record: Record) -> Verdict:
    observations = Observations("refused", "accepted without a body")
    exchange = record.exchange(CancelRunning.CANCEL)
    observations.add(exchange.ok and exchange.sent.size == 0, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-008", CancelFinished.PROBE, CancelRunning.PROBE)
def finished_stays(record: Record) -> Verdict:
    observations = Observations("status-changed", "the status of a finished task stays")
    before, after = record.exchange(CancelFinished.BEFORE), record.exchange(CancelFinished.AFTER)
    observations.add(
        status(before) == status(after) is not None, after, f"{status(before)}, then {status(after)}"
    )
    once, again = record.exchange(CancelRunning.CANCELLED), record.exchange(CancelRunning.AFTER_SECOND_CANCEL)
    if shapes.one_of(status(once), shapes.FINAL):
        observations.add(status(again) == status(once), again, f"cancelled twice: {status(again)}")
    return observations.verdict()


@judge("CANCEL-009", CancelRunning.PROBE)
def streams_end(record: Record) -> Verdict:
    observations = Observations("left-open", f"the stream ends within {CLOSE_SECONDS:g} s")
    stream = record.stream(record.fact(CancelRunning.STREAM))
    cancelled = record.exchange(CancelRunning.CANCEL)
    seconds = (stream.exchange.ended - cancelled.ended) / NANO
    observations.add(
        stream.complete and seconds <= CLOSE_SECONDS,
        stream.exchange,
        f"{stream.exchange.closed} {seconds:.2f} s",
    )
    return observations.verdict()


@judge("CANCEL-010", CancelFinished.PROBE, CancelRunning.PROBE)
def finished_conflicts(record: Record) -> Verdict:
    asked = [record.exchange(CancelFinished.CANCEL), record.exchange(CancelRunning.CANCEL_AGAIN)]
    codes = frozenset({"CONFLICT"})
    control = record.exchange(CancelRunning.CANCEL)
    return refusals(asked, control=control, expected="409 CONFLICT", status=409, codes=codes)


@judge("CANCEL-011", HeartbeatWhileWaiting.PROBE)
def awaiting_is_cancelled(record: Record) -> Verdict:
    observations = Observations("not-cancelled", "status cancelled, and the waiting call never runs")
    asked, after = (
        record.exchange(HeartbeatWhileWaiting.CANCEL),
        record.exchange(HeartbeatWhileWaiting.AFTER_THE_CANCELLATION),
    )
    observations.add(status(after) == "cancelled", after, f"{summary(asked)}, then {status(after)}")
    page = record.exchange(HeartbeatWhileWaiting.FILES_AFTER_THE_CANCELLATION)
    made = [path for path in listed(page) if record.fact(HeartbeatWhileWaiting.WORD) in path]
    if page.ok:  # that the files stay readable is CANCEL-014
        observations.add(not made, page, f"made: {made or 'nothing'}", reason="ran-although-cancelled")
    return observations.verdict()


@judge("CANCEL-012", CancelRunning.PROBE)
def cancelled_fields(record: Record) -> Verdict:
    observations = Observations("other-fields", "completedAt set, error null")
    exchange = record.exchange(CancelRunning.AT_THE_END)
    data = exchange.fields
    holds = shapes.timestamp(data.get("completedAt")) and data.get("error") is None
    observations.add(holds, exchange, f"completedAt {data.get('completedAt')}, error {data.get('error')}")
    return observations.verdict()


@judge("CANCEL-013", CancelRunning.PROBE)
def streams_say_cancelled(record: Record) -> Verdict:
    observations = Observations("other-end", "an error event with the code CANCELLED")
    stream = record.stream(record.fact(CancelRunning.STREAM))
    last = stream.terminal
    holds = last is not None and last.type == "error" and last.get("code") == "CANCELLED"
    observations.add(holds, stream.exchange, f"ended with {last.data if last else 'nothing'}")
    return observations.verdict()


@judge("CANCEL-014", CancelRunning.PROBE)
def still_readable(record: Record) -> Verdict:
    observations = Observations("not-readable", "files and history remain readable")
    for label in (CancelRunning.FILES, CancelRunning.HISTORY):
        exchange = record.exchange(label)
        observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("CANCEL-015", HeartbeatWindow.PROBE)
def body_changes_nothing(record: Record) -> Verdict:
    observations = Observations("body-matters", "cancelled, whatever body was sent")
    asked = record.exchange(HeartbeatWindow.CANCEL_WITH_A_BODY)
    after = record.exchange(HeartbeatWindow.AFTER_THE_CANCELLATION)
    if asked.status == 409 and status(after) == "completed":
        return inconclusive(
            Unproven.STIMULUS_NOT_REACHED, "the task was completed before it could be cancelled"
        )
    observations.add(
        asked.ok and status(after) == "cancelled", asked, f"{summary(asked)}, then {status(after)}"
    )
    return observations.verdict()
