"""APPROVE: a call that asks waits for its answer, and does what the answer says, in any turn."""

from collections.abc import Iterator

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.callers import WITH_POLICIES
from sigmic_conformance.conformance.model.calls import (
    AWAITING,
    EXECUTING,
    PROCEED_ALWAYS,
    PROCEED_ONCE,
    REJECT,
    SUCCESS,
    Call,
    decides,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty, asked, call_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.sessions import longest_idle
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

APPROVE, STREAM, GET = "approve_tool_call", "stream_task", "get_task"
CANCELLED = "cancelled"
LETTING = frozenset({PROCEED_ONCE, PROCEED_ALWAYS})


def _calls(seen: Seen) -> Iterator[Call]:
    """The calls that a stream tells live, each once."""
    if seen.stream is None or seen.task is None:
        return
    for name in dict.fromkeys(
        event.call
        for event in seen.stream.live
        if event.type in {"tool_call", "tool_result"} and event.get("callId")
    ):
        if name in seen.task.calls:
            yield seen.task.calls[name]


@invariant(
    "APPROVE-001",
    STREAM,
    reason="ran-unasked",
    expected="a call that asks does not run before it is answered",
)
def no_result_before_the_answer(seen: Seen) -> Findings:
    """A call that was told to wait has no successful result that came before an answer was even sent."""
    for call in _calls(seen):
        if call.asked is None:
            continue
        let = min((each.sent for each in call.decisions if each.may_proceed), default=None)
        ran = next(
            (
                each
                for each in call.heard
                if each.status == SUCCESS or (not each.is_result and each.status == EXECUTING)
            ),
            None,
        )
        if ran is not None:
            known = f"the call {call.id} had asked" + ("" if let else ", and no decision allowed it to run")
            yield says(let is not None and ran.at > let, known, f"its status is {ran.status}")


@invariant("CREATE-019", STREAM, reason="asked", expected="no call asks, with autoExecute true")
def automatic_tasks_never_ask(seen: Seen) -> Findings:
    """No call of a task that was created to run by itself waits, unless its project's policies may ask."""
    creation = seen.task.creation if seen.task else None
    if seen.task is None or creation is None or seen.task.asks is not False:
        return
    if creation.exchange.role == WITH_POLICIES:
        return
    for call in _calls(seen):
        yield says(
            call.asked is None, "autoExecute is true", f"the call {call.id} ({call.tool}) " + _state(call)
        )


def _state(call: Call) -> str:
    return "asks" if call.asked else "does not ask"


@invariant(
    "APPROVE-016", STREAM, reason="ran-unasked", expected="every tool call asks, with autoExecute false"
)
def every_call_asks(seen: Seen) -> Findings:
    """Each call of a task that was created to ask waits, unless one of its tool was approved for always."""
    task, stream = seen.task, seen.stream
    if task is None or stream is None or not task.asks:
        return
    for call in _calls(seen):
        first = call.first
        if first is None or first.stream is not stream or first.is_result:
            continue
        if not _always(task, call, first.at) and task.turn_at(first.at) is not None:
            known = "autoExecute is false, and nothing was approved for always"
            yield says(call.asked is not None, known, f"the call {call.id} ({call.tool}) {_state(call)}")


def _always(task: Task, call: Call, at: int) -> bool:
    """Whether a call may run unasked, because somebody may have approved its tool for always before."""
    return any(
        each.outcome in {PROCEED_ALWAYS, None} and each.certainty is not Certainty.REFUSED and each.sent < at
        for other in task.calls.values()
        for each in other.decisions
        if other is not call and other.tool in {call.tool, None}
    )


@invariant(
    "APPROVE-007",
    STREAM,
    reason="not-asked-again",
    expected="the next call waits for approval again after proceed_once",
)
def once_is_once(seen: Seen) -> Findings:
    """A call like one that has asked before asks again, when nothing was approved for always."""
    yield from _ask_again(seen)


@invariant(
    "APPROVE-001",
    STREAM,
    reason="ran-unasked",
    expected="a call of a tool that needs approval is shown as waiting",
)
def what_asks_does_not_run_unasked(seen: Seen) -> Findings:
    """A call like one that has asked before does not run without asking, unless approved for always."""
    yield from _ask_again(seen)


def _ask_again(seen: Seen) -> Findings:
    task, stream = seen.task, seen.stream
    if task is None or stream is None or not task.asks:
        return
    for call in _calls(seen):
        first = call.first
        if first is None or first.stream is not stream or first.is_result or _always(task, call, first.at):
            continue
        before = [
            other.id
            for other in task.calls.values()
            if other is not call and other.kind == call.kind and other.asked and other.asked.at < first.at
        ]
        if before:
            known = f"{before[0]} of the same kind had asked, and nothing was approved for always"
            yield says(call.asked is not None, known, f"the call {call.id} ({call.tool}) {_state(call)}")


@invariant(
    "APPROVE-008", STREAM, reason="asked-again", expected="no more approvals for the tool in the same session"
)
def always_is_always(seen: Seen) -> Findings:
    """A call like one that was approved for always asks not again in the same session."""
    task, stream = seen.task, seen.stream
    if task is None or stream is None:
        return
    for call in _calls(seen):
        first = call.first
        if first is None or first.stream is not stream or call.tool is None:
            continue
        allowed = [
            each
            for other in task.calls.values()
            for each in other.decisions
            if other is not call and other.kind == call.kind
            if each.outcome == PROCEED_ALWAYS
            and each.certainty is Certainty.ACCEPTED
            and each.answered < first.at
        ]
        if allowed and _same_session(seen, allowed[0].answered, first.at):
            known = f"{allowed[0].call} of the same kind was approved for always"
            yield says(call.asked is None, known, f"the call {call.id} ({call.tool}) {_state(call)}")


def _same_session(seen: Seen, one: int, other: int) -> bool:
    """Whether two moments are surely of one session: a target may keep the id of one that it restores."""
    expiry = seen.model.profile.session_expiry_seconds
    turns = [turn for at in (one, other) if seen.task and (turn := seen.task.turn_at(at))]
    if len(turns) == 2 and turns[0] is turns[1]:  # noqa: PLR2004  a session outlasts its turn (SESSION-011)
        return True
    if expiry is not None and seen.task and longest_idle(seen.task, one, other) > expiry * NANO / 2:
        return False
    return len({seen.restored(turn) for turn in turns}) == 1


@invariant(
    "APPROVE-006",
    STREAM,
    reason="ran-although-refused",
    expected="no result of status success for a call answered with cancel",
)
def rejected_calls_do_not_succeed(seen: Seen) -> Findings:
    """A call whose only answers were `cancel` has no successful result."""
    for call in _calls(seen):
        taken = [each for each in call.decisions if each.certainty is not Certainty.REFUSED]
        if taken and all(each.outcome == REJECT for each in taken) and call.result is not None:
            shown = f"the call {call.id} has the result {call.result.status}"
            yield says(call.result.status != SUCCESS, "it was answered with cancel", shown)


@invariant("APPROVE-003", STREAM, reason="did-not-run", expected="the result of a call that was approved")
def approved_calls_have_a_result(seen: Seen) -> Findings:
    """A stream that was there when a call was approved, and that ends with done, has told its result.

    A call that only was approved, in a turn that nobody cancelled, is not cancelled. Whether a turn goes on
    when another of its calls was rejected, no page says (G-65).
    """
    stream, task = seen.stream, seen.task
    if stream is None or task is None or stream.terminal is None or stream.terminal.type != "done":
        return
    if task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(seen.began, seen.ended):
        return
    results = {event.call: shapes.word(event.get("status")) for event in stream.of("tool_result")}
    for call in _calls(seen):
        taken = [each for each in call.decisions if each.certainty is not Certainty.REFUSED]
        let = next((each for each in taken if each.outcome in LETTING), None)
        if (
            let is None
            or let.certainty is not Certainty.ACCEPTED
            or let.sent <= seen.began
            or let.answered >= stream.terminal.at
            # What an answer does to a call that may have been rejected before, no page says (G-64).
            or any(each.outcome not in LETTING and each.sent < let.answered for each in taken)
        ):
            continue
        status = results.get(call.id)
        ran = status is not None and (status != CANCELLED or len(taken) > 1)
        shown = f"the result of the call {call.id} is {status}" if status else f"{call.id} has no result"
        yield says(ran, f"it was answered with {let.outcome}", shown)


@invariant("EVENT-020", STREAM, reason="unpaired-result", expected="one result for each call")
def one_result_for_each_call(seen: Seen) -> Findings:
    """No stream tells two results of one call."""
    if seen.stream is None:
        return
    for call in _calls(seen):
        number = sum(event.call == call.id for event in seen.stream.of("tool_result"))
        if number:
            yield says(number == 1, "a call runs once", f"the call {call.id} has {plural(number, 'result')}")


@invariant("APPROVE-013", STREAM, reason="ran-twice", expected="a call that is approved twice runs once")
def approved_twice_runs_once(seen: Seen) -> Findings:
    """A call that was answered more than once has one result."""
    if seen.stream is None:
        return
    for call in _calls(seen):
        number = sum(event.call == call.id for event in seen.stream.of("tool_result"))
        sure = number == 1 or seen.model.record.admits(Premise.ONE_RUN_ONE_RESULT)
        if number and len(call.decisions) > 1 and sure:
            known = f"it was answered {plural(len(call.decisions), 'time')}"
            yield says(number == 1, known, f"the call {call.id} has {plural(number, 'result')}")


def _decided_first(seen: Seen, *outcomes: str) -> bool:
    """Whether an answer with one of these outcomes was accepted, and was the one that decided a call."""
    task, body = seen.task, asked(seen.exchange.sent)
    call = task.calls.get(call_of(seen.exchange.sent)) if task is not None else None
    if task is None or call is None or task.may_be_cancelled(seen.began, seen.ended):
        return False
    accepted = seen.exchange.ok and body.known and shapes.one_of(body.fields.get("outcome"), outcomes)
    return accepted and call.first_decided_by(seen.exchange)


@invariant("APPROVE-004", APPROVE, reason="wrong-answer", expected="approved true")
def approving_says_true(seen: Seen) -> Findings:
    """The accepted proceed_once or proceed_always that decides a waiting call answers true."""
    if _decided_first(seen, "proceed_once", "proceed_always"):
        yield says(
            seen.fields.get("approved") is True,
            "a call was approved",
            f"approved {seen.fields.get('approved')}",
        )


@invariant("APPROVE-005", APPROVE, reason="wrong-answer", expected="approved false")
def rejecting_says_false(seen: Seen) -> Findings:
    """The accepted cancel that decides a waiting call answers false."""
    if _decided_first(seen, "cancel"):
        yield says(
            seen.fields.get("approved") is False,
            "a call was rejected",
            f"approved {seen.fields.get('approved')}",
        )


@invariant("ERROR-014", APPROVE, reason="wrong-code", expected="VALIDATION_ERROR")
def unknown_outcomes_are_refused(seen: Seen) -> Findings:
    """An outcome that is not one of the three is refused as invalid, by whom and when it is sent."""
    task, body = seen.task, asked(seen.exchange.sent)
    outcome = body.fields.get("outcome")
    if task is None or not seen.is_own or not body.known or not isinstance(outcome, str) or decides(body):
        return
    call = task.calls.get(call_of(seen.exchange.sent))
    if call is not None and call.waits(seen.began, seen.ended):
        shown = f"{seen.exchange.status} {seen.exchange.code}"
        yield says(seen.exchange.code == "VALIDATION_ERROR", f"the outcome is {outcome!r}", shown)


@invariant(
    "APPROVE-011", APPROVE, reason="ids-differ", expected="the callId of stream or pendingApprovals approves"
)
def a_waiting_call_can_be_answered(seen: Seen) -> Findings:
    """The owner's well-formed answer to a call that was known to wait is accepted."""
    task, body = seen.task, asked(seen.exchange.sent)
    if task is None or not seen.is_own or not body.known or not decides(body):
        return
    call = task.calls.get(call_of(seen.exchange.sent))
    if call is None or set(body.fields) != {"outcome"} or task.may_be_cancelled(seen.began, seen.ended):
        return
    others = [
        each for each in call.decisions if each.exchange is not seen.exchange and each.sent < seen.ended
    ]
    if call.asked is not None and call.asked.at < seen.began and not others and _still(call, seen):
        shown = f"{seen.exchange.status} {seen.exchange.code or ''}".strip()
        yield says(seen.exchange.succeeded, f"the call {call.id} had asked and was not answered", shown)


def _still(call: Call, seen: Seen) -> bool:
    """Whether nothing was heard of a call's end before it was answered."""
    return not any(each.at < seen.began for each in call.heard if each.is_result or each.status != AWAITING)


@invariant(
    "APPROVE-011",
    GET,
    reason="ids-differ",
    expected="the same callId in the stream and in pendingApprovals",
)
def pending_calls_are_those_heard(seen: Seen) -> Findings:
    """A call that is listed as waiting was or is heard of by who listens from the start."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    heard = task.heard_whole(turn) if task and turn else None
    if task is None or heard is None or not seen.exchange.ok:
        return
    told = {event.call for event in heard.of("tool_call")}
    for entry in shapes.objects(seen.fields.get("pendingApprovals")):
        call = shapes.word(entry.get("callId"))
        yield says(
            call in told, f"a reader from the start received the calls {sorted(told)}", f"{call} is pending"
        )
