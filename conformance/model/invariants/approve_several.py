"""APPROVE, several calls: each is answered by itself, and what is said of one tool holds for no other."""

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import AWAITING, PROCEED_ALWAYS
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.invariants.approve_answers import decided
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.transcript import json_values as shapes

STREAM, GET = "stream_task", "get_task"
AT_ONCE = 5 * NANO
"""So soon after an answer, in nanoseconds, a call goes on by it; later by a limit of its own perhaps."""


@invariant("APPROVE-017", STREAM, reason="other-scope", expected="proceed_always for one tool, and no other")
def always_is_for_one_tool(seen: Seen) -> Findings:
    """After proceed_always for one tool a call of another, for which nobody said it, asks."""
    task, stream = seen.task, seen.stream
    if task is None or stream is None or not task.asks:
        return
    always = [
        (call.tool, each)
        for call in task.calls.values()
        for each in call.decisions
        if each.outcome in {PROCEED_ALWAYS, None} and each.certainty is not Certainty.REFUSED
    ]
    for call in task.calls.values():
        first = call.first
        if first is None or first.stream is not stream or first.is_result or call.tool is None:
            continue
        before = {tool for tool, each in always if each.sent < first.at}
        if before and not before & {call.tool, None}:
            shown = f"a call of {call.tool} {'asks' if call.asked else 'does not ask'}"
            yield says(call.asked is not None, f"{', '.join(map(str, before))} may always", shown)


@invariant(
    "APPROVE-020", GET, reason="not-by-itself", expected="each of several calls waits for its own answer"
)
def calls_wait_one_by_one(seen: Seen) -> Findings:
    """Where one of two calls that asked was answered, the other still waits, and the one does not."""
    task = seen.task
    if task is None or not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    waiting = [call for call in task.calls.values() if call.waits(seen.began, seen.ended)]
    answered = [
        call
        for call, each in decided(
            task, waiting[0].asked.at if waiting and waiting[0].asked else 0, seen.began
        )
        if each.answered <= seen.began
    ]
    if not waiting or not answered or seen.fields.get("status") == "failed":
        return
    pending = {
        shapes.word(each.get("callId")) for each in shapes.objects(seen.fields.get("pendingApprovals"))
    }
    holds = all(call.id in pending for call in waiting) and not any(call.id in pending for call in answered)
    known = f"{answered[0].id} was answered, {waiting[0].id} was not"
    yield says(holds, known, f"pending are {sorted(pending)}")


@invariant(
    "APPROVE-020", STREAM, reason="not-by-itself", expected="each of several calls waits for its own answer"
)
def calls_go_on_one_by_one(seen: Seen) -> Findings:
    """A call does not go on right after the answer to another one that waited beside it, but after its own.

    An answer for always may be meant for both, and what ends the turn ends all that wait.
    """
    task, stream = seen.task, seen.stream
    if task is None or stream is None or (stream.terminal is not None and stream.terminal.type == "error"):
        return
    for call in task.calls.values():
        went = next((each for each in call.heard if each.is_result or each.status != AWAITING), None)
        if went is None or went.stream is not stream or call.asked is None:
            continue
        since = max(call.asked.at, went.at - AT_ONCE)
        beside = [each for each in task.decisions if each.call != call.id and each.sent < went.at]
        accepted = [each for each in beside if each.certainty is Certainty.ACCEPTED and since < each.sent]
        for_all = any(each.outcome in {PROCEED_ALWAYS, None} for each in beside)
        if accepted and not for_all and not task.may_be_cancelled(since, went.at):
            own = any(
                each.sent < went.at and each.certainty is not Certainty.REFUSED for each in call.decisions
            )
            known = f"the call {accepted[-1].call} was answered while {call.id} waited"
            shown = f"{call.id} continues, {'and was answered too' if own else 'unanswered'}"
            yield says(own, known, shown, offset=went.event.offset)
