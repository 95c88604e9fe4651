"""APPROVE: nothing before the decision; each outcome does what it says and nothing else."""

from typing import Any

from sigmic_conformance.conformance.judges.uploads import listed, messages
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Exchange

ONCE, CANCEL, ALWAYS = "approve_once", "approve_cancel", "approve_always"


def call_events(stream: Stream, call: Any) -> list[StreamEvent]:
    """What a stream says of one call."""
    return [
        event
        for event in stream.live
        if event.type in {"tool_call", "tool_result"} and event.get("callId") == call
    ]


def pending(exchange: Exchange) -> list[Any]:
    """The callIds in pendingApprovals."""
    return [entry.get("callId") for entry in shapes.objects(exchange.fields.get("pendingApprovals"))]


def status(exchange: Exchange) -> Any:
    """The status told by get_task."""
    return exchange.fields.get("status")


@judge("APPROVE-001", ONCE)
def asks_first(record: Record) -> Verdict:
    claim = Claim("ran-unasked", "tool_call awaiting_approval, and no result before the decision")
    stream = record.stream(ONCE, "once: stream")
    call = record.fact(ONCE, "call")
    first = next(iter(call_events(stream, call)), None)
    if first is None:
        raise NotRecorded("the call that asks is in no live phase of its stream")
    claim.see(
        first.get("status") == "awaiting_approval", stream.exchange, f"first told as {first.get('status')!r}"
    )
    decided = record.exchange(ONCE, "approve").started
    early = [
        event for event in call_events(stream, call) if event.type == "tool_result" and event.at < decided
    ]
    claim.see(not early, stream.exchange, f"{len(early)} results before the decision")
    word = record.fact(ONCE, "first")
    page = record.exchange(ONCE, "files while waiting")
    claim.see(
        not any(word in path for path in listed(page)), page, "the file is not made while the call waits"
    )
    return claim.verdict()


@judge("APPROVE-002", ONCE)
def awaiting_status(record: Record) -> Verdict:
    claim = Claim("other-status", "awaiting_approval")
    exchange = record.exchange(ONCE, "waiting")
    claim.see(status(exchange) == "awaiting_approval", exchange, f"status {status(exchange)}")
    return claim.verdict()


@judge("APPROVE-003", ONCE)
def runs_after_approval(record: Record) -> Verdict:
    claim = Claim("did-not-run", "tool_result after the approval, then content")
    stream = record.stream(ONCE, "once: stream")
    results = [each for each in call_events(stream, record.fact(ONCE, "call")) if each.type == "tool_result"]
    if claim.see(bool(results), stream.exchange, f"{len(results)} results after the approval"):
        output = str(results[0].get("output"))
        claim.see(record.fact(ONCE, "first") in output, stream.exchange, f"output {brief(output)!r}")
        after = [event for event in stream.of("content") if event.at >= results[0].at]
        claim.see(bool(after), stream.exchange, f"{len(after)} content events after the result")
    return claim.verdict()


@judge("APPROVE-004", ONCE, ALWAYS)
def approved_true(record: Record) -> Verdict:
    claim = Claim("wrong-answer", "approved true")
    for probe, label in ((ONCE, "approve"), (ALWAYS, "approve always")):
        exchange = record.exchange(probe, label)
        claim.see(exchange.fields.get("approved") is True, exchange, summary(exchange))
    return claim.verdict()


@judge("APPROVE-005", CANCEL)
def approved_false(record: Record) -> Verdict:
    claim = Claim("wrong-answer", "approved false")
    exchange = record.exchange(CANCEL, "cancel the call")
    claim.see(exchange.fields.get("approved") is False, exchange, summary(exchange))
    return claim.verdict()


@judge("APPROVE-006", CANCEL)
def cancel_has_no_effect(record: Record) -> Verdict:
    claim = Claim("ran-although-refused", "no effect and no result of status success")
    stream = record.stream(CANCEL, "refused: stream")
    call = record.fact(CANCEL, "call")
    good = [
        each
        for each in call_events(stream, call)
        if each.type == "tool_result" and each.get("status") == "success"
    ]
    claim.see(not good, stream.exchange, f"{len(good)} results of status success")
    page = record.exchange(CANCEL, "files")
    found = [path for path in listed(page) if record.fact(CANCEL, "word") in path]
    claim.see(page.ok and not found, page, f"made: {found or 'nothing'}")
    return claim.verdict()


@judge("APPROVE-007", ONCE)
def once_is_once(record: Record) -> Verdict:
    claim = Claim("not-asked-again", "the next call asks again")
    stream = record.stream(ONCE, "once: stream")
    second = [event for event in stream.of("tool_call") if record.fact(ONCE, "second") in event.data]
    if not second:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    claim.see(
        second[0].get("status") == "awaiting_approval",
        stream.exchange,
        f"told as {second[0].get('status')!r}",
    )
    return claim.verdict()


@judge("APPROVE-008", ALWAYS)
def always_covers_the_tool(record: Record) -> Verdict:
    claim = Claim("asked-again", "a later call of the tool runs without asking")
    answers = [each for each in record.exchanges(ALWAYS) if each.label.startswith("approve always")]
    if not any(answer.ok for answer in answers):
        raise NotRecorded("proceed_always was not accepted")
    stream = record.stream(ALWAYS, "always: stream")
    later = [event for event in stream.of("tool_call") if record.fact(ALWAYS, "second") in event.data]
    if not later:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    asked = [event for event in later if event.get("status") == "awaiting_approval"]
    results = [each for each in call_events(stream, later[0].get("callId")) if each.type == "tool_result"]
    holds = not asked and bool(results)
    claim.see(holds, stream.exchange, f"asked {len(asked)} times, {len(results)} results")
    return claim.verdict()


@judge("APPROVE-009", ONCE)
def json_body(record: Record) -> Verdict:
    claim = Claim("refused", "an application/json body with an outcome")
    exchange = record.exchange(ONCE, "approve")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("APPROVE-010", ONCE)
def refused_answers_change_nothing(record: Record) -> Verdict:
    claim = Claim("call-gone", "the call still waits")
    exchange = record.exchange(ONCE, "still waiting")
    call = record.fact(ONCE, "call")
    holds = status(exchange) == "awaiting_approval" and call in pending(exchange)
    claim.see(holds, exchange, f"status {status(exchange)}, pending {pending(exchange)}")
    return claim.verdict()


@judge("APPROVE-011", ALWAYS)
def one_call_id(record: Record) -> Verdict:
    claim = Claim("ids-differ", "one callId in stream and pendingApprovals, usable to approve")
    exchange = record.exchange(ALWAYS, "waiting")
    call = record.fact(ALWAYS, "call")
    claim.see(
        record.fact(ALWAYS, "pending call") == call, exchange, f"stream {call!r}, pending {pending(exchange)}"
    )
    answer = record.exchange(ALWAYS, "approve always")
    claim.see(answer.ok, answer, summary(answer))
    return claim.verdict()


@judge("APPROVE-012", ONCE)
def late_joiner_sees_it(record: Record) -> Verdict:
    claim = Claim("not-told", "the waiting call in the stream of a late joiner")
    stream = record.stream(ONCE, "joins while waiting")
    call, decided = record.fact(ONCE, "call"), record.exchange(ONCE, "approve").started
    # What is heard after the decision tells nobody that the call waits.
    told = any(
        event.get("callId") == call
        if event.type == "tool_call"
        else any(entry.get("callId") == call for entry in shapes.objects(event.get("toolCalls")))
        for event in stream.events
        if event.at < decided and event.type in {"tool_call", "history_message"}
    )
    claim.see(told, stream.exchange, "told" if told else "not told")
    return claim.verdict()


@judge("APPROVE-013", ONCE)
def never_twice(record: Record) -> Verdict:
    claim = Claim("ran-twice", "one result although approved twice")
    stream = record.stream(ONCE, "once: stream")
    results = [each for each in call_events(stream, record.fact(ONCE, "call")) if each.type == "tool_result"]
    claim.see(len(results) == 1, stream.exchange, f"{len(results)} results")
    return claim.verdict()


@judge("APPROVE-014", ONCE)
def second_answer(record: Record) -> Verdict:
    return refused(
        record,
        ONCE,
        ["approve again", "approve after the end"],
        twin="approve",
        expected="404 NOT_FOUND",
        status=404,
        codes=frozenset({"NOT_FOUND"}),
    )


@judge("APPROVE-015", CANCEL)
def agent_goes_on(record: Record) -> Verdict:
    claim = Claim("other-end", "a result of status cancelled, and the task completes")
    stream = record.stream(CANCEL, "refused: stream")
    results = [
        each.get("status")
        for each in call_events(stream, record.fact(CANCEL, "call"))
        if each.type == "tool_result"
    ]
    claim.see(results == ["cancelled"], stream.exchange, f"results {results}")
    final = record.exchange(CANCEL, "finished")
    claim.see(status(final) == "completed", final, f"status {status(final)}")
    return claim.verdict()


@judge("APPROVE-018", ONCE)
def bad_outcomes(record: Record) -> Verdict:
    return refused(
        record,
        ONCE,
        ["bad: outcome", "bad: number", "bad: no outcome"],
        twin="approve",
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("ERROR-014", ONCE)
def unknown_outcome(record: Record) -> Verdict:
    codes = frozenset({"VALIDATION_ERROR"})
    labels = ["bad: outcome", "bad: number"]
    return refused(record, ONCE, labels, twin="approve", expected="VALIDATION_ERROR", codes=codes)


@judge("ERROR-030", ONCE)
def unknown_call(record: Record) -> Verdict:
    codes = frozenset({"NOT_FOUND"})
    return refused(record, ONCE, ["bad: unknown call"], twin="approve", expected="NOT_FOUND", codes=codes)


@judge("GET-019", ONCE)
def pending_is_listed(record: Record) -> Verdict:
    claim = Claim("not-listed", "the waiting call in pendingApprovals")
    exchange = record.exchange(ONCE, "waiting")
    claim.see(record.fact(ONCE, "call") in pending(exchange), exchange, f"pending {pending(exchange)}")
    return claim.verdict()


@judge("GET-020", ONCE)
def pending_fields(record: Record) -> Verdict:
    claim = Claim("wrong-shape", "callId, toolName and an args object")
    exchange = record.exchange(ONCE, "waiting")
    for entry in map(shapes.fields, shapes.items(exchange.fields.get("pendingApprovals"))):
        holds = isinstance(entry.get("callId"), str) and isinstance(entry.get("toolName"), str)
        claim.see(holds and isinstance(entry.get("args"), dict), exchange, f"{sorted(entry)}")
    return claim.verdict()


@judge("GET-028", ALWAYS)
def answered_call_is_gone(record: Record) -> Verdict:
    claim = Claim("still-pending", "gone from pendingApprovals")
    exchange = record.exchange(ALWAYS, "right after")
    gone = record.fact(ALWAYS, "call") not in pending(exchange)
    claim.see(exchange.ok and gone, exchange, f"pending {pending(exchange)}")
    return claim.verdict()


@judge("STATE-004", ONCE)
def leaves_awaiting(record: Record) -> Verdict:
    claim = Claim("stuck", "the task leaves awaiting_approval")
    exchange = record.exchange(ONCE, "finished")
    claim.see(
        shapes.one_of(status(exchange), {"completed", "failed"}), exchange, f"status {status(exchange)}"
    )
    return claim.verdict()


@judge("HISTORY-013", ONCE, "tool_task")
def saved_calls(record: Record) -> Verdict:
    claim = Claim("wrong-shape", "callId, toolName and status")
    for probe in (ONCE, "tool_task"):
        exchange = record.exchange(probe, "history")
        for message in messages(exchange):
            for entry in map(shapes.fields, shapes.items(message.get("toolCalls"))):
                holds = all(isinstance(entry.get(name), str) for name in ("callId", "toolName", "status"))
                claim.see(holds, exchange, f"{sorted(entry)}")
    return claim.verdict()
