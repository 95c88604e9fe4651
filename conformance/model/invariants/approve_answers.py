"""APPROVE and STATE: what an answer to a waiting call is answered, and what becomes of call and task."""

import re
from collections.abc import Iterator

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import (
    AWAITING,
    PROCEED_ALWAYS,
    REJECT,
    Call,
    Decision,
    decides,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty, Form, asked, call_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

APPROVE, STREAM, GET = "approve_tool_call", "stream_task", "get_task"
SETTLED = 5 * NANO
"""How long GET may lag behind an answer, in nanoseconds."""
_OF_A_REFUSAL = re.compile(
    r"^(?!.*\bconnection\b).*\b(?:tool|call|user)\b.{0,30}\b(?:refus|reject|declin)", re.IGNORECASE
)
"""What says of an error that a call was refused, by somebody."""


def _called(seen: Seen) -> Call | None:
    """The call that an answer of the task's owner names, when anybody has heard of it."""
    if seen.task is None or not seen.is_own:
        return None
    return seen.task.calls.get(call_of(seen.exchange.sent))


def _others(call: Call, seen: Seen) -> list[Decision]:
    """The other answers to a call that may have been taken before this one was answered."""
    return [
        each
        for each in call.decisions
        if each.exchange is not seen.exchange
        and each.certainty is not Certainty.REFUSED
        and each.sent < seen.ended
    ]


def _waited(seen: Seen) -> bool:
    """Whether the call was known to ask, and nothing can have decided it but this answer."""
    call = _called(seen)
    if call is None or call.asked is None or call.asked.at >= seen.began or _others(call, seen):
        return False
    over = any(each.at < seen.began for each in call.heard if each.is_result or each.status != AWAITING)
    return not over and seen.task is not None and not seen.task.may_be_cancelled(seen.began, seen.ended)


@invariant("APPROVE-009", APPROVE, reason="refused", expected="a JSON body with an outcome is taken")
def json_answers_are_taken(seen: Seen) -> Findings:
    """The owner's JSON answer with one of the three outcomes to a call that waits is accepted."""
    body = asked(seen.exchange.sent)
    sound = set(body.fields) == {"outcome"} and decides(body)
    if body.form is Form.JSON and sound and _waited(seen) and seen.was_told:
        yield says(seen.exchange.succeeded, "the call had asked", summary(seen.exchange))


@invariant("APPROVE-018", APPROVE, reason="wrong-refusal", expected="400 VALIDATION_ERROR")
def other_outcomes_are_invalid(seen: Seen) -> Findings:
    """A body without an outcome, or with another word, is refused as invalid while the call waits."""
    body = asked(seen.exchange.sent)
    wrong = body.known and not decides(body)
    if wrong and _waited(seen) and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (400, "VALIDATION_ERROR")
        told = shapes.word(body.fields.get("outcome"))[:40]
        yield says(holds, f"the outcome is {told}", summary(seen.exchange))


@invariant(
    "APPROVE-019", APPROVE, reason="not-decoded", expected="a percent-encoded callId is the same callId"
)
def encoded_calls_are_the_same(seen: Seen) -> Findings:
    """An answer whose path has the callId of a waiting call percent-encoded is accepted."""
    raw = seen.exchange.sent.target.partition("?")[0].split("/")[-2]
    body = asked(seen.exchange.sent)
    if "%" in raw and body.known and decides(body) and _waited(seen):
        yield says(seen.exchange.succeeded, f"{raw} is {call_of(seen.exchange.sent)}", summary(seen.exchange))


@invariant(
    "APPROVE-014", APPROVE, reason="accepted-again", expected="404 NOT_FOUND for a call that was answered"
)
def second_answers_are_refused(seen: Seen) -> Findings:
    """An answer to a call that was answered before it was sent, or was over as its turn was, is refused."""
    call, body = _called(seen), asked(seen.exchange.sent)
    if call is None or not body.known or not decides(body):
        return
    before = [each for each in _others(call, seen) if each.certainty is Certainty.ACCEPTED]
    answered = any(each.answered <= seen.began for each in before)
    over = seen.task is not None and seen.task.at_rest(seen.began, seen.began) is not None
    ended = over or (call.result is not None and call.result.at < seen.began)
    if (answered or ended) and seen.was_told:
        holds = (seen.exchange.status, seen.exchange.code) == (404, "NOT_FOUND")
        yield says(
            holds, f"the call {call.id} was {'answered' if answered else 'over'}", summary(seen.exchange)
        )


@invariant(
    "APPROVE-012", STREAM, reason="not-told", expected="the waiting call in the stream of a late reader"
)
def joiners_are_told_of_the_waiting_call(seen: Seen) -> Findings:
    """Who came well before a waiting call was decided hears that it waits before what became of it.

    Who hears nothing of the call at all may have left too soon, or a network may have held it back.
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.marker is None or not stream.is_streaming:
        return
    for call in task.calls.values():
        until = stream.marker.at + NANO
        first = next(iter(stream.of_call(call.id)), None)
        if first is None or not call.waits(seen.began, until) or task.may_be_cancelled(seen.began, until):
            continue
        saved = any(
            each.get("callId") == call.id
            for message in stream.messages
            for each in shapes.objects(message.get("toolCalls"))
        )
        there = saved or (first.type == "tool_call" and first.get("status") == AWAITING)
        shown = f"the first of it is {first.type} {shapes.word(first.get('status'))}"
        yield says(there, f"the call {call.id} waits", shown, offset=first.offset)


def decided(task: Task, began: int, ended: int) -> Iterator[tuple[Call, Decision]]:
    """The calls that one accepted answer alone has decided, between two times."""
    for call in task.calls.values():
        taken = [each for each in call.decisions if each.certainty is not Certainty.REFUSED]
        if len(taken) == 1 and taken[0].certainty is Certainty.ACCEPTED and began <= taken[0].sent <= ended:
            yield call, taken[0]


@invariant(
    "APPROVE-015", STREAM, reason="other-end", expected="a result of status cancelled for a rejected call"
)
def rejected_calls_are_cancelled(seen: Seen) -> Findings:
    """The result of a call that was rejected has the status cancelled."""
    if seen.stream is None or seen.task is None:
        return
    for call, decision in decided(seen.task, 0, seen.ended):
        result = next((each for each in seen.stream.of_call(call.id) if each.type == "tool_result"), None)
        if decision.outcome == REJECT and result is not None:
            status = shapes.word(result.get("status"))
            yield says(
                status == "cancelled", "it was rejected", f"its result is {status}", offset=result.offset
            )


@invariant("APPROVE-015", GET, reason="other-end", expected="a task completes although a call was rejected")
def tasks_go_on_after_a_rejection(seen: Seen) -> Findings:
    """A turn of which a call was rejected, and that nobody cancelled, is completed when it is over."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    if not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    answers = decided(task, turn.began, seen.began)
    rejected = [call for call, decision in answers if decision.outcome == REJECT]
    status, error = seen.fields.get("status"), shapes.word(seen.fields.get("error"))
    # A turn that fails later, fails for a reason of its own, unless it tells that it was this one.
    blames = status == "failed" and _OF_A_REFUSAL.search(error) is not None
    ended = status != "failed" and seen.rest() is not None and any(call.result for call in rejected)
    if rejected and (blames or ended):
        shown = f"the status is {status}" + (f", error {error[:60]}" if blames else "")
        yield says(status == COMPLETED, f"{rejected[0].id} was rejected", shown)


@invariant("APPROVE-021", GET, reason="output-lost", expected="the calls from before a rejection in output")
def output_survives_a_rejection(seen: Seen) -> Findings:
    """The output of a completed turn has the calls whose results were told before one was rejected."""
    task, rest = seen.task, seen.rest()
    if task is None or rest is None or rest.over is None or rest.over.status != COMPLETED:
        return
    output = seen.fields.get("output")
    rejected = [each for _, each in decided(task, rest.began, seen.began) if each.outcome == REJECT]
    if not rejected or not isinstance(output, dict):
        return
    before = [
        call.id
        for call in task.calls.values()
        if call.result is not None and rest.began < call.result.at < rejected[0].sent
    ]
    kept = {shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))}
    missing = [call for call in before if call not in kept]
    yield says(
        not missing,
        f"{plural(len(before), 'call')} had ended before the rejection",
        f"missing: {missing or 'none'}",
    )


@invariant(
    "STATE-004", GET, reason="stuck", expected="an answered call takes the task out of awaiting_approval"
)
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


@invariant("GET-020", GET, reason="wrong-shape", expected="callId, toolName and an args object")
def pending_calls_have_their_shape(seen: Seen) -> Findings:
    """Each pending approval names its call and its tool, and has arguments, in any turn."""
    told = seen.fields.get("pendingApprovals") if seen.exchange.ok else None
    for each in shapes.items(told):
        call = shapes.fields(each)
        holds = all(shapes.text(call.get(name)) for name in ("callId", "toolName"))
        holds = holds and shapes.mapping(call.get("args"))
        yield says(holds, "a call waits", f"it is shown with {sorted(call)}")


@invariant(
    "GET-021", GET, reason="other-entry", expected="a waiting call in output.toolCalls, awaiting_approval"
)
def waiting_calls_are_in_the_output(seen: Seen) -> Findings:
    """A call that was known to wait is in the output's calls with the status awaiting_approval."""
    task = seen.task
    output = seen.fields.get("output") if seen.exchange.ok else None
    if task is None or not isinstance(output, dict) or task.may_be_cancelled(seen.began, seen.ended):
        return
    told = {
        shapes.word(each.get("callId")): each.get("status")
        for each in shapes.objects(output.get("toolCalls"))
    }
    for call in task.calls.values():
        if call.waits(seen.began, seen.ended) and seen.fields.get("status") == AWAITING:
            shown = f"output has {told.get(call.id, 'no such call')}"
            yield says(told.get(call.id) == AWAITING, f"the call {call.id} waits", shown)


@invariant("SESSION-008", STREAM, reason="not-asked-again", expected="proceed_always ends with the session")
def restored_sessions_ask_again(seen: Seen) -> Findings:
    """The first call of a tool in a restored session asks, whatever was approved for always before."""
    task, stream = seen.task, seen.stream
    if task is None or stream is None or not task.asks:
        return
    for call in task.calls.values():
        first = call.first
        turn = task.turn_at(first.at) if first else None
        if (
            first is None
            or turn is None
            or first.stream is not stream
            or first.is_result
            or call.tool is None
        ):
            continue
        always = [
            each
            for other in task.calls.values()
            for each in other.decisions
            if other.tool in {call.tool, None}
            and each.outcome in {PROCEED_ALWAYS, None}
            and each.certainty is not Certainty.REFUSED
            and each.sent < first.at
        ]
        turns = [task.turn_at(each.sent) for each in always]
        earlier = [each for each in turns if each is not None and seen.restored(each) < seen.restored(turn)]
        if always and len(earlier) == len(always):
            shown = f"{call.id} {'asks' if call.asked else 'does not ask'}"
            yield says(call.asked is not None, f"{call.tool} was approved in an earlier session", shown)
