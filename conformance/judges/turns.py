"""FOLLOWUP, STATE and EVENT: a second turn, a failing one, and what is told about both."""

import re
from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judges.cancellation import status
from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import brief, cite, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotReached, Record
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict, failed, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

SLOW, FAILING = "slow_follow_up", "failing_task"
SERVER_PATH = re.compile(r"(?<![\w:/])/(?:[\w.-]+/){2,}[\w.-]*|[A-Za-z]:\\[\w\\]+")
STACK_TRACE = re.compile(r"Traceback \(most recent|File \"[^\"]+\", line \d+|\bat [\w.$<>]+ ?\([^)]*:\d+\)")


def data(exchange: Exchange) -> dict[str, Any]:
    """The data object of an answer; empty when there is none."""
    return exchange.data if isinstance(exchange.data, dict) else {}


@judge("FOLLOWUP-006", SLOW)
def answers_before_the_end(record: Record) -> Verdict:
    claim = Claim("answered-late", "an answer before the agent has finished")
    answer, stream = record.exchange(SLOW, "follow-up"), record.stream(SLOW, "run of follow-up")
    seconds = (answer.ended - answer.started) / NANO
    if stream.is_streaming:
        end = stream.terminal.at if stream.terminal else stream.exchange.ended
        claim.see(
            answer.ended < end, answer, f"{seconds:.2f} s, {(end - answer.ended) / NANO:.2f} s before the end"
        )
        return claim.verdict()
    if seconds < record.fact(SLOW, "seconds"):
        raise NotReached("the follow-up was over before its stream could be opened")
    claim.see(False, answer, f"answered after {seconds:.2f} s, when the run was over")
    return claim.verdict()


@judge("FOLLOWUP-016", "cancel_finished", FAILING)
def follow_up_after_the_worst(record: Record) -> Verdict:
    claim = Claim("not-run", "a follow-up on a cancelled or failed task is taken and completes")
    for probe, said, after in (
        ("cancel_finished", "follow-up on the cancelled", "cancelled, followed up"),
        (FAILING, "follow-up", "after"),
    ):
        if record.transcript(probe).labelled(said):
            taken = record.exchange(probe, said)
            if claim.see(taken.ok, taken, summary(taken)):
                final = record.exchange(probe, after)
                claim.see(status(final) == "completed", final, f"{probe}: then {status(final)}")
    return claim.verdict()


@judge("FOLLOWUP-017", SLOW)
def completed_at_is_reset(record: Record) -> Verdict:
    claim = Claim("not-reset", "completedAt null while the new turn runs, and set afterwards")
    for label in ("right after", "meanwhile"):
        exchange = record.exchange(SLOW, label)
        if status(exchange) not in shapes.FINAL:
            told = data(exchange).get("completedAt")
            claim.see(told is None, exchange, f"{label}: completedAt {told}")
    verdict = claim.verdict()
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return verdict
    last = record.exchange(SLOW, "at the end")
    claim.see(
        shapes.timestamp(data(last).get("completedAt")), last, f"{data(last).get('completedAt')} at the end"
    )
    return claim.verdict()


@judge("FOLLOWUP-018", SLOW)
def no_other_fields(record: Record) -> Verdict:
    asked = [each.label for each in record.exchanges(SLOW) if each.label.startswith("field: ")]
    expected = "400 VALIDATION_ERROR for env, secrets, autoExecute and systemPrompt"
    codes = frozenset({"VALIDATION_ERROR"})
    verdict = refused(record, SLOW, asked, twin="follow-up", expected=expected, status=400, codes=codes)
    before, after = record.exchange(SLOW, "history before"), record.exchange(SLOW, "history after fields")
    if verdict.outcome is Outcome.PASSED and messages(before) != messages(after):
        observed = f"{len(messages(before))} messages before the refusals, {len(messages(after))} after them"
        return failed(
            "half-taken", cite(after), expected="a refused follow-up is not saved", observed=observed
        )
    return verdict


@judge("FOLLOWUP-019", SLOW, "approve_each")
def options_of_the_creation_last(record: Record) -> Verdict:
    claim = Claim("not-applied", "env, systemPrompt and autoExecute of the creation apply to a follow-up")
    word = record.fact(SLOW, "word")
    stream = record.stream(SLOW, "run of follow-up")
    outputs = [str(event.get("output")) for event in stream.of("tool_result")]
    claim.see(any(word in text for text in outputs), stream.exchange, f"the variable printed: {outputs[:1]}")
    last = record.exchange(SLOW, "at the end")
    kept = data(last).get("env") == {"FOLLOWED": word} and data(last).get("systemPrompt") == f"Mark {word}."
    claim.see(kept, last, f"env {data(last).get('env')}, systemPrompt {data(last).get('systemPrompt')!r}")
    asked = record.fact("approve_each", "follow-up asks")
    run = record.stream("approve_each", "run of follow-up")
    if asked or run.of("tool_call"):
        claim.see(asked, run.exchange, "the follow-up's call asks" if asked else "the call runs unasked")
    return claim.verdict()


@judge("STATE-008", SLOW)
def goes_through_running(record: Record) -> Verdict:
    claim = Claim("never-running", "running before it is finished again")
    stream = record.stream(SLOW, "run of follow-up")
    told = [record.exchange(SLOW, label) for label in ("right after", "meanwhile")]
    # What was told before the run was heard to end was told while it ran.
    end = stream.terminal.at if stream.terminal else stream.exchange.ended
    during = [each for each in told if each.ended < end] if stream.is_streaming else []
    if not during:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the run was over before anybody could look")
    holds = any(status(each) in {"running", "awaiting_approval"} for each in during)
    claim.see(holds, during[-1], f"while it ran: {', '.join(str(status(each)) for each in during)}")
    return claim.verdict()


@judge("STATE-009", FAILING)
def failed_goes_on(record: Record) -> Verdict:
    claim = Claim("stuck-failed", "a follow-up is taken and completes")
    record.fact(FAILING, "task")
    taken, final = record.exchange(FAILING, "follow-up"), record.exchange(FAILING, "after")
    claim.see(taken.ok and status(final) == "completed", final, f"{summary(taken)}, then {status(final)}")
    return claim.verdict()


def failed_answers(record: Record) -> Iterator[Exchange]:
    """Every answer of get_task that tells a failed task."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task" and exchange.ok and status(exchange) == "failed":
            yield exchange


@judge("STATE-007", FAILING, sweep=True)
def error_is_for_people(record: Record) -> Verdict:
    claim = Claim("not-for-people", "a text without a path of the server and without a stack trace")
    for exchange in failed_answers(record):
        text = data(exchange).get("error")
        good = shapes.filled(text) and not SERVER_PATH.search(str(text)) and not STACK_TRACE.search(str(text))
        claim.see(good, exchange, f"error {brief(text)!r}")
    return claim.verdict()


def runs_that_failed(record: Record) -> Iterator[tuple[Exchange, Stream]]:
    """Tasks told as failed, each with a stream that was opened on the run that failed."""
    for exchange in failed_answers(record):
        for stream in record.streams(exchange.probe):
            same = stream.exchange.task == exchange.task and stream.exchange.ended <= exchange.ended
            if same and stream.is_streaming and stream.exchange.started < exchange.started:
                yield exchange, stream


@judge("PHASE-027", FAILING, sweep=True)
def failing_ends_with_error(record: Record) -> Verdict:
    claim = Claim("silent-end", "an error event at the end of a run that fails")
    for _, stream in runs_that_failed(record):
        if stream.complete:
            last = stream.terminal
            claim.see(
                last is not None and last.type == "error", stream.exchange, f"ended with {last and last.type}"
            )
    return claim.verdict()


@judge("EVENT-027", FAILING, sweep=True)
def error_event_fails_the_task(record: Record) -> Verdict:
    claim = Claim("not-failed", "status failed and a text in error")
    cancelled = {each.task for each in record.exchanges() if each.operation == "cancel_task"}
    for stream in record.streams():
        last, task = stream.terminal, stream.exchange.task
        if last is None or last.type != "error" or last.get("code") == "CANCELLED" or task in cancelled:
            continue
        after = _next_reading(record, task, stream.exchange.ended)
        if after is not None:
            told = data(after)
            good = told.get("status") == "failed" and shapes.filled(told.get("error"))
            claim.see(good, after, f"status {told.get('status')}, error {brief(told.get('error'))!r}")
    return claim.verdict()


def _next_reading(record: Record, task: str, at: int) -> Exchange | None:
    """The first get_task after a moment, unless a follow-up was sent in between."""
    later = [each for each in record.exchanges() if each.task == task and each.started >= at]
    for exchange in sorted(later, key=lambda each: each.started):
        if exchange.operation == "send_message":
            return None
        if exchange.operation == "get_task" and exchange.ok:
            return exchange
    return None
