"""STATE: which status may follow which while nobody asks for anything."""

from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.statuses import AWAITING, FAILED, FINAL, RUNNING
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

GET, HISTORY = "get_task", "get_task_history"
PATIENCE = 6 * NANO
"""After which an answer to a call has surely been taken, in nanoseconds."""
BEGUN = FINAL | {RUNNING, AWAITING}


@invariant("STATE-001", GET, reason="impossible-step", expected="pending first, and never again")
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


@invariant(
    "STATE-010",
    GET,
    HISTORY,
    reason="no-such-step",
    expected="no step after the end but by a follow-up",
)
def what_is_over_takes_no_step(seen: Seen) -> Findings:
    """A task at rest has the status with which it was told to be over."""
    rest = seen.rest()
    final = rest.final(seen.began) if rest is not None else None
    status = seen.fields.get("status")
    if rest is None or rest.over is None or final is None or not seen.exchange.ok:
        return
    if isinstance(status, str):
        yield says(status == final, f"{rest.over.source} told it as {final}", f"{status} now")


@invariant("STATE-004", GET, reason="stuck", expected="an answered approval takes the task out of waiting")
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


@invariant("STATE-010", GET, HISTORY, reason="no-such-step", expected="no step from waiting but by an answer")
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
