"""APPROVE: what became of calls that nobody listened to, by what get_task tells of them."""

import posixpath
import re
from collections.abc import Iterator, Mapping

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.model.calls import (
    PROCEED_ALWAYS,
    REJECT,
    SUCCESS,
    Call,
    Decision,
    Kind,
    decides,
    kind_of,
)
from sigmic_conformance.conformance.model.files_seen import download_of
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.requests import Certainty, Form, asked, call_of
from sigmic_conformance.conformance.model.results import Result, results
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.sessions import longest_idle
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

APPROVE, GET, DOWNLOAD = "approve_tool_call", "get_task", "download_artifact"
CANCELLED = "cancelled"
_APPENDS = re.compile(r"echo ([\w-]+) >> ([\w.-]+)")


def _completed(seen: Seen) -> Turn | None:
    """The last turn, when it was known to be completed and nobody can have cancelled it."""
    rest, task = seen.rest(), seen.task
    if rest is None or task is None or rest.over is None or rest.over.status != COMPLETED:
        return None
    return None if task.may_be_cancelled(rest.began, seen.ended) else rest


def _taken(result: Result) -> list[Decision]:
    """The answers to a call that may have been taken."""
    return [each for each in result.call.decisions if each.certainty is not Certainty.REFUSED]


@invariant("APPROVE-003", GET, reason="did-not-run", expected="the result of a call that was approved")
def approved_calls_are_told_as_run(seen: Seen) -> Findings:
    """A call that was approved, and only that, is not told as cancelled when its turn is completed.

    Whether the others run when one of a turn's calls was rejected, no page says (G-65).
    """
    turn, task = _completed(seen), seen.task
    if turn is None or task is None or task.may_end_by_rejection(turn.began, seen.ended):
        return
    for result in results(seen):
        taken = _taken(result)
        if (
            len(taken) == 1
            and taken[0].certainty is Certainty.ACCEPTED
            and taken[0].may_proceed
            and taken[0].outcome
        ):
            shown = f"the call {result.call.id} has the status {result.status}"
            yield says(result.status != CANCELLED, f"it was answered with {taken[0].outcome}", shown)


@invariant(
    "APPROVE-006", GET, reason="ran-although-refused", expected="no success of a call that was rejected"
)
def rejected_calls_are_not_told_as_run(seen: Seen) -> Findings:
    """A call whose only answers were `cancel` is not told as a success."""
    for result in results(seen):
        taken = _taken(result)
        if taken and all(each.outcome == REJECT for each in taken):
            shown = f"the call {result.call.id} has the status {result.status}"
            yield says(result.status != SUCCESS, "it was answered with cancel", shown)


@invariant("APPROVE-016", GET, reason="ran-unasked", expected="every tool call asks, with autoExecute false")
def no_call_ran_unasked(seen: Seen) -> Findings:
    """A call that is told as a success was answered, unless one may have been approved for always."""
    task = seen.task
    if task is None or not task.asks:
        return
    always = any(each.outcome in {PROCEED_ALWAYS, None} and _may_be(each) for each in task.decisions)
    for result in results(seen) if not always else ():
        if result.status == SUCCESS:
            asked = "answered" if result.call.decisions else "and no approval was requested"
            shown = f"{result.call.id} ran, {asked}"
            yield says(any(map(_may_be, result.call.decisions)), "autoExecute is false", shown)


def _may_be(decision: Decision) -> bool:
    return decision.certainty is not Certainty.REFUSED


@invariant("APPROVE-008", GET, reason="asked-again", expected="no more approvals for the tool in the session")
def always_lists_nothing(seen: Seen) -> Findings:
    """No call is listed as waiting that is like one approved for always in an earlier turn of the session."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not seen.exchange.ok or not turn.holds(seen.began, seen.ended):
        return
    allowed = {
        call.kind: call.tool for call, each in _allowed(task, turn) if _is_one_session(seen, each, turn)
    }
    if allowed:
        waiting = [
            shapes.word(each.get("callId"))
            for each in shapes.objects(seen.fields.get("pendingApprovals"))
            if kind_of(each.get("toolName"), shapes.fields(each.get("args"))) in allowed
        ]
        known = f"approved for always: {', '.join(map(str, allowed.values()))}"
        yield says(not waiting, known, f"calls of them that wait: {waiting or 'none'}")


def _allowed(task: Task, turn: Turn) -> Iterator[tuple[Call, Decision]]:
    """The calls that were approved for always before a turn began, with the answers that did it."""
    for call in task.calls.values():
        for each in call.decisions:
            accepted = each.certainty is Certainty.ACCEPTED and each.answered < turn.began
            if call.tool is not None and accepted and each.outcome == PROCEED_ALWAYS:
                yield call, each


def _is_one_session(seen: Seen, allowed: Decision, turn: Turn) -> bool:
    """Whether a turn surely runs in the session in which an answer was given: it came soon enough."""
    task, expiry = seen.task, seen.model.profile.session_expiry_seconds
    before = task.turn_at(allowed.sent) if task else None
    if task is None or before is None:
        return False
    if expiry is not None and longest_idle(task, allowed.answered, turn.taken) > expiry * NANO / 2:
        return False
    return seen.restored(before) == seen.restored(turn)


def _ran_unasked(seen: Seen) -> Findings:
    """What asked once in a task asks every time, where nothing in the task was approved for always."""
    task = seen.task
    rest = _completed(seen)
    if task is None or rest is None or not task.asks:
        return
    if any(each.outcome in {PROCEED_ALWAYS, None} for each in task.decisions):
        return
    before = {
        call.kind for call in task.calls.values() if call.asked is not None and call.asked.at < rest.began
    }
    before.update(kind for each in task.read if each.ended < rest.began for kind in _waiting_kinds(each))
    for result in results(seen):
        if result.status == SUCCESS and result.call.tool is not None and result.call.kind in before:
            answered = any(map(_may_be, result.call.decisions))
            shown = f"{result.call.id} ran, {'answered' if answered else 'and no approval was requested'}"
            known = f"a {result.call.tool} like it had asked, and was never approved for always"
            yield says(answered, known, shown)


@invariant(
    "APPROVE-001", GET, reason="ran-unasked", expected="a call that asks runs only when it is answered"
)
def what_asks_is_not_told_as_run_unasked(seen: Seen) -> Findings:
    """A call like one that had asked before is not told as a success without an answer."""
    yield from _ran_unasked(seen)


@invariant("APPROVE-007", GET, reason="not-asked-again", expected="the next call waits for approval again")
def what_was_approved_once_is_not_told_as_run_unasked(seen: Seen) -> Findings:
    """The same, where the earlier call was approved for once."""
    yield from _ran_unasked(seen)


@invariant("APPROVE-013", DOWNLOAD, reason="ran-twice", expected="a call that is approved twice runs once")
def approved_twice_writes_once(seen: Seen) -> Findings:
    """What a call that was answered twice appends to a file is there no more often than calls say so.

    Where one was approved for always, a call of which nobody heard may have said the same.
    """
    download, task = download_of(seen), seen.task
    if task is None or download is None or not download.is_plain or not seen.exchange.ok or not task.asks:
        return
    if any(each.outcome in {PROCEED_ALWAYS, None} and _may_be(each) for each in task.decisions):
        return
    name, lines = posixpath.basename(download.path or ""), seen.exchange.body.split()
    for call in task.calls.values():
        found = _APPENDS.search(call.words)
        if found is not None and found[2] == name and len(call.decisions) > 1:
            times = lines.count(found[1].encode())
            calls = sum(found[0] in each.words for each in task.calls.values())
            known = (
                f"{plural(calls, 'call appends', 'calls append')} {found[1]}, "
                f"and {call.id} was answered {plural(len(call.decisions), 'time')}"
            )
            if times:
                yield says(times <= calls, known, f"{name} has it {plural(times, 'time')}")


@invariant("SESSION-008", GET, reason="not-asked-again", expected="proceed_always ends with the session")
def restored_sessions_run_nothing_unasked(seen: Seen) -> Findings:
    """A call is not told as run unasked because its tool was approved for always in an earlier session."""
    task, rest = seen.task, _completed(seen)
    if task is None or rest is None or not task.asks or not seen.restored(rest):
        return
    always = [
        (call.tool, task.turn_at(each.sent))
        for call in task.calls.values()
        for each in call.decisions
        if each.outcome in {PROCEED_ALWAYS, None} and _may_be(each)
    ]
    if any(turn is None or seen.restored(turn) >= seen.restored(rest) for _, turn in always):
        return
    for result in results(seen):
        if result.status == SUCCESS and result.call.tool in {tool for tool, _ in always if tool is not None}:
            answered = any(map(_may_be, result.call.decisions))
            shown = f"{result.call.id} ran, {'answered' if answered else 'and no approval was requested'}"
            yield says(answered, f"{result.call.tool} was approved for always in an earlier session", shown)


@invariant("APPROVE-009", APPROVE, reason="refused", expected="a JSON body with an outcome is taken")
def json_answers_to_listed_calls_are_taken(seen: Seen) -> Findings:
    """The owner's JSON answer to a call that is listed before and after it is not refused."""
    if asked(seen.exchange.sent).form is Form.JSON:
        yield from _answers_a_listed_call(seen)


@invariant("APPROVE-011", APPROVE, reason="ids-differ", expected="the callId of pendingApprovals approves")
def a_listed_call_can_be_answered(seen: Seen) -> Findings:
    """The owner's well-formed answer to a call that is listed before and after it is not refused."""
    yield from _answers_a_listed_call(seen)


@invariant("APPROVE-011", GET, reason="ids-differ", expected="the same callId in the stream and in the list")
def a_waiting_call_is_listed_by_its_id(seen: Seen) -> Findings:
    """A call that was heard to wait is not listed under an id that no stream has told.

    It is known by its tool and its arguments; another call of the task may have the same.
    """
    task = seen.task
    if task is None or not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    listed = shapes.objects(seen.fields.get("pendingApprovals"))
    ids = {shapes.word(each.get("callId")) for each in listed}
    heard = {call.id for call in task.calls.values() if call.heard}
    for call in task.calls.values():
        alike = [each for each in listed if _is_like(call, each)]
        if call.args and alike and call.waits(seen.began, seen.ended):
            own = call.id in ids or all(shapes.word(each.get("callId")) in heard for each in alike)
            yield says(own, f"the call {call.id} waits", f"one like it is listed as {sorted(ids)}")


def _is_like(call: Call, listed: Mapping[str, object]) -> bool:
    return listed.get("toolName") == call.tool and listed.get("args") == call.args


def _answers_a_listed_call(seen: Seen) -> Findings:
    task, body = seen.task, asked(seen.exchange.sent)
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not seen.is_own or not body.known or not decides(body):
        return
    name = call_of(seen.exchange.sent)
    reads = [each for each in task.read if turn.holds(each.started, each.ended) and name in _pending(each)]
    before = any(each.ended <= seen.began for each in reads)
    after = any(each.started >= seen.ended for each in reads)
    if before and (after or seen.exchange.succeeded) and set(body.fields) == {"outcome"} and seen.was_told:
        yield says(seen.exchange.succeeded, f"{name} is listed as waiting", summary(seen.exchange))


def _waiting_kinds(exchange: Exchange) -> Iterator[Kind]:
    """The kinds of the calls that an answer of get_task lists as waiting."""
    for each in shapes.objects(exchange.fields.get("pendingApprovals")):
        if isinstance(each.get("toolName"), str):
            yield kind_of(each.get("toolName"), shapes.fields(each.get("args")))


def _pending(exchange: Exchange) -> set[str]:
    """The calls that an answer of get_task lists as waiting."""
    return {
        shapes.word(each.get("callId")) for each in shapes.objects(exchange.fields.get("pendingApprovals"))
    }


@invariant("GET-019", GET, reason="not-listed", expected="the waiting call in pendingApprovals")
def waiting_tasks_list_their_call(seen: Seen) -> Findings:
    """A task that awaits an approval in two readings, which nobody has answered in this turn, lists a call.

    In one reading alone the call may have been asked for, or answered, while the answer was made up.
    """
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or seen.fields.get("status") != AWAITING or not seen.exchange.ok:
        return
    if not turn.holds(seen.began, seen.ended) or task.may_be_cancelled(turn.began, seen.ended):
        return
    decided = any(_may_be(each) and turn.began <= each.sent < seen.ended for each in task.decisions)
    before = any(
        each.fields.get("status") == AWAITING and each.ended + NANO <= seen.began
        for each in task.read
        if turn.holds(each.started, each.ended)
    )
    if before and not decided:
        listed = shapes.objects(seen.fields.get("pendingApprovals"))
        yield says(
            bool(listed),
            "it has awaited an approval for a second",
            f"{plural(len(listed), 'call is', 'calls are')} listed",
        )
