"""Approving and rejecting tool calls."""

import posixpath
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import takewhile

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import (
    AWAITING,
    EXECUTING,
    PROCEED_ALWAYS,
    PROCEED_ONCE,
    REJECT,
    SUCCESS,
    Call,
    Decision,
    Kind,
    decides,
    kind_of,
)
from sigmic_conformance.model.conversation import calls_in
from sigmic_conformance.model.lives import call_paths
from sigmic_conformance.model.observation.files_seen import written
from sigmic_conformance.model.observation.results import results
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import asking, calls_streamed, decided, may_count
from sigmic_conformance.model.observation.seen_tasks import statuses_shown
from sigmic_conformance.model.observation.seen_turns import completed_turn, turn_joined
from sigmic_conformance.model.operations import (
    APPROVE,
    DOWNLOAD,
    FILES,
    GET,
    HISTORY,
    LIST,
    STREAM,
)
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.timing import NANO, PATIENCE, jitter
from sigmic_conformance.model.requests import Asked, Certainty, Form, call_of
from sigmic_conformance.model.sessions import longest_idle, session_shown
from sigmic_conformance.model.statuses import COMPLETED, FAILED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.model.workspace import Download, Listing
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

CANCELLED = "cancelled"
LETTING = frozenset({PROCEED_ONCE, PROCEED_ALWAYS})
OF_ONE_CALL = frozenset({PROCEED_ONCE, REJECT})
_APPENDS = re.compile(r"echo ([\w-]+) (?:>>|\| tee -a) ([\w.-]+)")
_WRITES = re.compile(r"(?:\|\s*tee(?: -a)?|>{1,2}) ([\w.-]+)$")


@check("APPROVE-001", STREAM, reason="ran-unasked")
def no_result_before_the_answer(seen: Seen) -> Findings:
    """A call that was reported as waiting has no successful result from before an answer was sent."""
    for call in calls_streamed(seen):
        if call.asked is None:
            continue
        let = min((each.sent for each in call.decisions if each.may_proceed), default=None)
        ran = next(
            (
                each
                for each in call.events
                if each.status == SUCCESS or (not each.is_result and each.status == EXECUTING)
            ),
            None,
        )
        if ran is not None:
            known = "it had asked" + ("" if let else ", and no decision allowed it to run")
            shown = f"the status of the call {call.id} is {ran.status}"
            yield says(let is not None and ran.at > let, known, shown)


@check("APPROVE-001", STREAM, reason="ran-unasked")
def no_answer_of_an_earlier_turn_counts(task: Task, stream: Stream) -> Findings:
    """A call that waits with the id of one of an earlier turn does not run before an answer of its turn."""
    waiting = [event for event in stream.of("tool_call") if event.get("status") == AWAITING]
    for asked in {event.call: event for event in waiting if event in stream.live}.values():
        turn, decisions = (
            task.turns.at(asked.at),
            [each for each in task.decisions if each.call == asked.call],
        )
        if turn is None or all(each.sent >= turn.began for each in decisions):
            continue
        later = (event for event in stream.live if event.call == asked.call and event.at > asked.at)
        ran = next((event for event in later if event.get("status") in {SUCCESS, EXECUTING}), None)
        if ran is not None and not any(each.outcome in {PROCEED_ALWAYS, None} for each in decisions):
            let = any(each.may_proceed and turn.began <= each.sent < ran.at for each in decisions)
            known = "it had asked, and no decision of this turn allowed it to run"
            yield says(let, known, f"the status of the call {asked.call} is {ran.get('status')}")


def _always(task: Task, call: Call, at: int) -> bool:
    """Whether a call may run unasked, because an earlier answer may have approved its tool for always."""
    return any(
        each.outcome in {PROCEED_ALWAYS, None} and each.certainty is not Certainty.REFUSED and each.sent < at
        for other in task.calls.values()
        for each in other.decisions
        if other is not call and other.tool in {call.tool, None}
    )


def _written(call: Call) -> str | None:
    """The file in the current directory that a call's command writes, if it does nothing else."""
    found = _WRITES.search(call.command)
    return found[1] if found else None


def _writes_ask(seen: Seen, *, after_one: bool) -> Findings:
    """In a task that was created to ask, what writes a file asks if nothing is approved for always.

    With `after_one`: commands after an approval for once. Without: file tools, and commands before any.
    """
    task, stream = seen.task, seen.stream
    if task is None or stream is None or not task.asks:
        return
    for call in calls_streamed(seen):
        first = call.first
        if first is None or first.stream is not stream or first.is_result or _always(task, call, first.at):
            continue
        answers = [each for each in task.decisions if may_count(each) and each.sent < first.at]
        once = any(each.outcome == PROCEED_ONCE and each.answered < first.at for each in answers)
        by_tool = written(call) and not after_one and not call.decisions
        if (by_tool and all(each.outcome in OF_ONE_CALL for each in answers)) or (
            _written(call) and (once if after_one else not answers)
        ):
            known = "autoExecute is false, " + (
                "one was approved for once" if once else "nothing was approved"
            )
            yield says(call.asked is not None, known, f"the call {call.id} ({call.tool}) {asking(call)}")


@check("APPROVE-001", FILES, reason="ran-unasked")
def nothing_is_written_before_the_answer(seen: Seen, task: Task, listing: Listing) -> Findings:
    """The file that only a waiting call would write is not listed."""
    for call in task.calls.values():
        name = _written(call)
        others = [each for each in task.calls.values() if each is not call and name and name in each.words]
        if name and not others and call.waits(seen.began, seen.ended):
            there = any(posixpath.basename(path) == name for path in listing.files)
            shown = f"{name} is {'listed' if there else 'not listed'}"
            yield says(not there, f"the call {call.id} waits", shown)


def _begun_unallowed(seen: Seen) -> Iterator[tuple[Task, Call, int]]:
    """The calls that this stream was first to tell, with their times, unless approved for always."""
    task, stream = seen.task, seen.stream
    for call in calls_streamed(seen) if task is not None and stream is not None and task.asks else ():
        first = call.first
        if task is None or first is None or first.stream is not stream or first.is_result:
            continue
        if not _always(task, call, first.at):
            yield task, call, first.at


@check("APPROVE-001", STREAM, reason="ran-unasked")
@check("APPROVE-007", STREAM, reason="not-asked-again")
def calls_like_one_that_asked_ask(seen: Seen) -> Findings:
    """A call like one that asked before asks too, unless one was approved for always."""
    for task, call, at in _begun_unallowed(seen):
        before = [
            other.id
            for other in task.calls.values()
            if other is not call and other.kind == call.kind and other.asked and other.asked.at < at
        ]
        if before:
            known = f"{before[0]} of the same kind had asked, and nothing was approved for always"
            yield says(call.asked is not None, known, f"the call {call.id} ({call.tool}) {asking(call)}")


def _waiting_kinds(exchange: Exchange) -> Iterator[Kind]:
    """The kinds of the calls that an answer of get_task lists as waiting."""
    for each in json_values.objects(exchange.fields.get("pendingApprovals")):
        if isinstance(each.get("toolName"), str):
            yield kind_of(each.get("toolName"), json_values.fields(each.get("args")))


@check("APPROVE-001", GET, reason="ran-unasked")
@check("APPROVE-007", GET, reason="not-asked-again")
def no_kind_that_asked_is_shown_as_run_unasked(seen: Seen, task: Task) -> Findings:
    """A call like one that asked before does not run unanswered, unless one was approved for always."""
    rest = completed_turn(seen)
    if rest is None or not task.asks:
        return
    if any(each.outcome in {PROCEED_ALWAYS, None} for each in task.decisions):
        return
    before = {
        call.kind for call in task.calls.values() if call.asked is not None and call.asked.at < rest.began
    }
    before.update(kind for each in task.read if each.ended < rest.began for kind in _waiting_kinds(each))
    for result in results(seen):
        if result.status == SUCCESS and result.call.tool is not None and result.call.kind in before:
            answered = any(map(may_count, result.call.decisions))
            shown = f"{result.call.id} ran, {'answered' if answered else 'and no approval was requested'}"
            known = f"a {result.call.tool} like it had asked, and was never approved for always"
            yield says(answered, known, shown)


@check("APPROVE-001", STREAM, reason="ran-unasked")
def writes_ask(seen: Seen) -> Findings:
    """A call of a kind that needs approval in this task asks before it runs."""
    return _writes_ask(seen, after_one=False)


@check("APPROVE-002", GET, HISTORY, LIST, reason="other-status")
def waiting_task_says_so(seen: Seen) -> Findings:
    """A task has the status awaiting_approval while one of its calls waits."""
    for task, status in statuses_shown(seen):
        # No page says whether a call may wait without a limit: it may have failed its turn (G-68).
        if task.may_be_cancelled(seen.began, seen.ended) or status == FAILED:
            continue
        waiting = [call.id for call in task.calls.values() if call.waits(seen.began, seen.ended)]
        if waiting:
            known = f"the call {waiting[0]} had asked and was not answered"
            yield says(status == AWAITING, known, f"the status is {status}")


@check("APPROVE-003", STREAM, reason="did-not-run")
def approved_calls_have_a_result(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A stream that was open when a call was approved, and that ends with done, has its result.

    A call that was only approved, in a turn that was not cancelled, does not end as cancelled. No page says
    whether a turn continues when another of its calls was rejected (G-65).
    """
    if stream.terminal is None or stream.terminal.type != "done":
        return
    if task.may_be_cancelled(seen.began, seen.ended) or task.may_end_by_rejection(seen.began, seen.ended):
        return
    results = {event.call: json_values.word(event.get("status")) for event in stream.of("tool_result")}
    for call in calls_streamed(seen):
        taken = call.taken
        let = next((each for each in taken if each.outcome in LETTING), None)
        if (
            let is None
            or let.certainty is not Certainty.ACCEPTED
            or let.sent <= seen.began
            or let.answered >= stream.terminal.at
            # No page says what an answer does to a call that may have been rejected before (G-64).
            or any(each.outcome not in LETTING and each.sent < let.answered for each in taken)
        ):
            continue
        status = results.get(call.id)
        ran = status is not None and (status != CANCELLED or len(taken) > 1)
        shown = f"the result of the call {call.id} is {status}" if status else f"{call.id} has no result"
        yield says(ran, f"it was answered with {let.outcome}", shown)


@check("APPROVE-003", GET, reason="did-not-run")
def approved_calls_are_shown_as_run(seen: Seen, task: Task) -> Findings:
    """A call that was only approved is not reported as cancelled when its turn is completed.

    No page says whether the other calls of a turn run when one was rejected (G-65).
    """
    turn = completed_turn(seen)
    if turn is None or task.may_end_by_rejection(turn.began, seen.ended):
        return
    for result in results(seen):
        taken = result.call.taken
        if (
            len(taken) == 1
            and taken[0].certainty is Certainty.ACCEPTED
            and taken[0].may_proceed
            and taken[0].outcome
        ):
            shown = f"the call {result.call.id} has the status {result.status}"
            yield says(result.status != CANCELLED, f"it was answered with {taken[0].outcome}", shown)


@check("APPROVE-003", GET, reason="did-not-run")
def approved_calls_wait_no_longer(seen: Seen, task: Task, turn: Turn) -> Findings:
    """A call that an answer of this turn approved does not wait some seconds later."""
    if not seen.exchange.ok or not turn.is_clear:
        return
    for call in task.calls.values():
        let = [
            each for each in call.taken if each.outcome in LETTING and call.first_decided_by(each.exchange)
        ]
        if let and turn.began <= let[0].sent and let[0].answered + PATIENCE <= seen.began:
            waits = call.id in seen.exchange.pending_calls
            shown = f"{call.id} is {'still' if waits else 'not'} listed as waiting"
            yield says(not waits, f"it was answered with {let[0].outcome}", shown)


@check("APPROVE-003", APPROVE, reason="answered-late")
def decisions_are_answered_before_the_call_has_run(seen: Seen, task: Task) -> Findings:
    """The approval of a command that sleeps is answered before the command's result, as POSTs are (C-11)."""
    call = task.calls.get(call_of(seen.exchange.sent))
    if call is None or not call.sleeps or call.result is None or not _decided_first(seen, *LETTING):
        return
    took, slept = seen.ended - seen.began, call.sleeps * NANO
    late = call.result.at < seen.ended and took >= slept
    if slept >= NANO and jitter(seen.model.record, seen.probe) < slept / 2:
        yield says(
            not late, f"{call.id} slept for {call.sleeps:g} s", f"it was answered after {took / NANO:.1f} s"
        )


def _decided_first(seen: Seen, *outcomes: str) -> bool:
    """Whether an answer with one of these outcomes was accepted, and was the one that decided a call."""
    task, body = seen.task, seen.body
    call = task.calls.get(call_of(seen.exchange.sent)) if task is not None else None
    if task is None or call is None or task.may_be_cancelled(seen.began, seen.ended):
        return False
    accepted = seen.exchange.ok and body.known and json_values.one_of(body.fields.get("outcome"), outcomes)
    return accepted and call.first_decided_by(seen.exchange)


@check("APPROVE-004", APPROVE, reason="wrong-answer")
def approving_says_true(seen: Seen) -> Findings:
    """The accepted proceed_once or proceed_always that decides a waiting call answers true."""
    if _decided_first(seen, "proceed_once", "proceed_always"):
        yield says(
            seen.fields.get("approved") is True,
            "a call was approved",
            f"approved {spelled(seen.fields.get('approved'))}",
        )


@check("APPROVE-005", APPROVE, reason="wrong-answer")
def rejecting_says_false(seen: Seen) -> Findings:
    """The accepted cancel that decides a waiting call answers false."""
    if _decided_first(seen, "cancel"):
        yield says(
            seen.fields.get("approved") is False,
            "a call was rejected",
            f"approved {spelled(seen.fields.get('approved'))}",
        )


@check("APPROVE-006", STREAM, reason="ran-although-refused")
def rejected_calls_do_not_succeed(seen: Seen) -> Findings:
    """A call whose only answers were `cancel` has no successful result."""
    for call in calls_streamed(seen):
        taken = call.taken
        if taken and all(each.outcome == REJECT for each in taken) and call.result is not None:
            shown = f"the call {call.id} has the result {call.result.status}"
            yield says(call.result.status != SUCCESS, "it was answered with cancel", shown)


@check("APPROVE-006", GET, reason="ran-although-refused")
def rejected_calls_are_not_shown_as_run(seen: Seen) -> Findings:
    """A call whose only answers were `cancel` is not reported as a success."""
    for result in results(seen):
        taken = result.call.taken
        if taken and all(each.outcome == REJECT for each in taken):
            shown = f"the call {result.call.id} has the status {result.status}"
            yield says(result.status != SUCCESS, "it was answered with cancel", shown)


@check("APPROVE-006", FILES, reason="ran-although-refused")
def rejected_calls_write_nothing(seen: Seen, task: Task, listing: Listing) -> Findings:
    """A file that only a rejected call of the task writes is not listed."""
    listed = {posixpath.basename(path) for path in listing.files}
    for call in task.calls.values():
        name, taken = _written(call), [each for each in call.decisions if may_count(each)]
        others = any(name in each.words for each in task.calls.values() if name and each is not call)
        if name is None or others or not taken or any(each.outcome != REJECT for each in taken):
            continue
        if taken[0].answered <= seen.began:
            known = f"the call {call.id}, which writes {name}, was answered with cancel"
            yield says(name not in listed, known, "it is listed" if name in listed else "it is not listed")


def _same_session(seen: Seen, one: int, other: int) -> bool:
    """Whether two moments are certainly in one session.

    How long a session lasts is open (G-63), and a target may keep the id of one that it restores. So get_task
    has to return the same id in both turns, and the task must not have been idle for long.
    """
    task, expiry = seen.task, seen.model.profile.session_expiry_seconds
    turns = [turn for at in (one, other) if task and (turn := task.turns.at(at))]
    if task is None or len(turns) < 2 or turns[0] is turns[1]:
        return len(turns) == 2
    if expiry and longest_idle(task, one, other, late=seen.model.late) > expiry * NANO / 2:
        return False
    told = all(session_shown(turn, task.read) for turn in turns)
    return told and seen.restored(turns[0]) == seen.restored(turns[1])


@check("APPROVE-007", STREAM, reason="not-asked-again")
def writes_ask_again(seen: Seen) -> Findings:
    """After `proceed_once` the next call that needs approval asks as well."""
    return _writes_ask(seen, after_one=True)


@check("APPROVE-008", STREAM, reason="asked-again")
def always_is_always(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A call like one that was approved for always does not ask in the same session."""
    for call in calls_streamed(seen):
        first = call.first
        if first is None or first.stream is not stream or call.tool is None:
            continue
        allowed = [
            each
            for other in task.calls.values()
            for each in other.decisions
            if other is not call and other.kind == call.kind
            if _is_for_always(task, other, each) and each.answered < first.at
        ]
        if allowed and _same_session(seen, allowed[0].answered, first.at):
            known = f"{allowed[0].call} of the same kind was approved for always"
            yield says(call.asked is None, known, f"the call {call.id} ({call.tool}) {asking(call)}")


def _is_for_always(task: Task, call: Call, answer: Decision) -> bool:
    """Whether an answer approved a call for always. In a cancelled turn it may not take effect (G-42)."""
    if answer.outcome != PROCEED_ALWAYS or answer.certainty is not Certainty.ACCEPTED:
        return False
    turn = task.turns.at(answer.answered)
    until = turn.until if turn is not None else None
    cancelled = task.may_be_cancelled(answer.sent, sys.maxsize if until is None else until)
    return bool(call.past_waiting) or not cancelled


def _allowed(task: Task, turn: Turn) -> Iterator[tuple[Call, Decision]]:
    """The calls that were approved for always before a turn started, with the answers that did it."""
    for call in task.calls.values():
        for each in call.decisions:
            before = each.answered < turn.began
            if call.tool is not None and before and _is_for_always(task, call, each):
                yield call, each


@check("APPROVE-008", GET, reason="asked-again")
def always_lists_nothing(seen: Seen, task: Task, turn: Turn) -> Findings:
    """No call that is like one approved for always in an earlier turn of the session is listed as waiting."""
    if not seen.exchange.ok or not turn.holds(seen.began, seen.ended):
        return
    allowed = {
        call.kind: call.tool
        for call, each in _allowed(task, turn)
        if _same_session(seen, each.answered, turn.taken)
    }
    if allowed:
        waiting = [
            json_values.word(each.get("callId"))
            for each in json_values.objects(seen.fields.get("pendingApprovals"))
            if kind_of(each.get("toolName"), json_values.fields(each.get("args"))) in allowed
        ]
        known = f"approved for always: {', '.join(map(str, allowed.values()))}"
        yield says(not waiting, known, f"calls of them that wait: {named(waiting)}")


def _called(seen: Seen) -> Call | None:
    """The call that an answer of the task's owner names, if it is known."""
    if seen.task is None or not seen.may_answer_calls:
        return None
    return seen.task.calls.get(call_of(seen.exchange.sent))


def _others(call: Call, seen: Seen) -> list[Decision]:
    """The other answers to a call that may have been accepted before this one was answered."""
    return [each for each in call.taken if each.exchange is not seen.exchange and each.sent < seen.ended]


def _waited(seen: Seen) -> bool:
    """Whether the call was known to ask, and only this answer can have decided it."""
    call = _called(seen)
    if call is None or call.asked is None or call.asked.at >= seen.began or _others(call, seen):
        return False
    over = any(each.at < seen.began for each in call.past_waiting)
    return not over and seen.task is not None and not _may_be_over(seen, seen.task, call)


def _may_be_over(seen: Seen, task: Task, call: Call) -> bool:
    """Whether the call's turn is over, or may have been cancelled or ended by a rejection (G-65)."""
    if call.until is not None and call.until < seen.began:
        return True
    turn = seen.turn
    rejected = turn is not None and task.may_end_by_rejection(turn.began, seen.began - 1)
    return rejected or task.may_be_cancelled(seen.began, seen.ended)


@check("APPROVE-009", APPROVE, reason="refused")
def json_answers_are_taken(seen: Seen, body: Asked) -> Findings:
    """The owner's JSON answer with one of the three outcomes to a call that waits is accepted."""
    sound = set(body.fields) == {"outcome"} and decides(body)
    if body.form is Form.JSON and sound and _waited(seen) and seen.was_answered:
        yield says(seen.exchange.succeeded, "the call had asked", summary(seen.exchange))


def _answers_a_listed_call(seen: Seen) -> Findings:
    """The only answer to a listed call: an answered one is listed until its answer takes effect."""
    task, body, call = seen.task, seen.body, _called(seen)
    turn = seen.turn
    if task is None or turn is None or call is None or _others(call, seen):
        return
    if not body.known or not decides(body):
        return
    name = call_of(seen.exchange.sent)
    reads = [
        each for each in task.read if turn.holds(each.started, each.ended) and name in set(each.pending_calls)
    ]
    before = any(each.ended <= seen.began for each in reads)
    after = any(each.started >= seen.ended for each in reads)
    if (
        before
        and (after or seen.exchange.succeeded)
        and set(body.fields) == {"outcome"}
        and seen.was_answered
    ):
        yield says(seen.exchange.succeeded, f"{name} is listed as waiting", summary(seen.exchange))


@check("APPROVE-009", APPROVE, reason="refused")
def json_answers_to_listed_calls_are_taken(seen: Seen) -> Findings:
    """The owner's JSON answer to a call that is listed before and after it is not refused."""
    if seen.body.form is Form.JSON:
        yield from _answers_a_listed_call(seen)


@check("APPROVE-010", GET, reason="call-gone")
def refused_answers_change_nothing(seen: Seen, task: Task) -> Findings:
    """A waiting call is still listed after an answer to it was refused."""
    if not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    shown = seen.exchange.pending_calls
    for call in task.calls.values():
        refused = [
            each
            for each in call.decisions
            if each.certainty is Certainty.REFUSED and each.answered <= seen.began
        ]
        if refused and call.waits(seen.began, seen.ended):
            yield says(
                call.id in shown, f"an answer to {call.id} was refused", f"pending are {spelled(shown)}"
            )


@check("APPROVE-010", GET, reason="call-gone")
def refused_answers_pass_no_call(seen: Seen, task: Task, turn: Turn) -> Findings:
    """A task does not wait for another call after all answers to the one that waited were refused."""
    if seen.fields.get("status") != AWAITING or not seen.exchange.ok:
        return
    if any(map(may_count, task.decisions)) or task.may_be_cancelled(turn.began, seen.ended):
        return
    for call in task.calls.values():
        refused = [each for each in call.decisions if turn.began <= each.sent and each.answered <= seen.began]
        if refused and call.waits(refused[0].sent, refused[0].sent) and turn.holds(seen.began, seen.ended):
            pending = set(seen.exchange.pending_calls)
            yield says(
                call.id in pending,
                f"an answer to {call.id} was refused",
                f"pending are {spelled(sorted(pending))}",
            )


def _still(call: Call, seen: Seen) -> bool:
    """Whether no end of a call was known before it was answered."""
    return not any(each.at < seen.began for each in call.past_waiting)


@check("APPROVE-011", APPROVE, reason="ids-differ")
def a_waiting_call_can_be_answered(seen: Seen, task: Task, body: Asked) -> Findings:
    """The owner's well-formed answer to a waiting call is accepted."""
    call = _called(seen)
    if call is None or not body.known or not decides(body):
        return
    if set(body.fields) != {"outcome"} or _may_be_over(seen, task, call):
        return
    others = [
        each for each in call.decisions if each.exchange is not seen.exchange and each.sent < seen.ended
    ]
    if call.asked is not None and call.asked.at < seen.began and not others and _still(call, seen):
        shown = f"{seen.exchange.status} {seen.exchange.code or ''}".strip()
        yield says(seen.exchange.succeeded, f"the call {call.id} had asked and was not answered", shown)


@check("APPROVE-011", GET, reason="ids-differ")
def pending_calls_are_those_streamed(seen: Seen, task: Task, turn: Turn) -> Findings:
    """A call that is listed as waiting is also reported to a reader from the start."""
    heard = task.readers.of_all(turn)
    if heard is None or not seen.exchange.ok:
        return
    told = {event.call for event in heard.of("tool_call")}
    for entry in json_values.objects(seen.fields.get("pendingApprovals")):
        call = json_values.word(entry.get("callId"))
        yield says(
            call in told,
            f"a reader from the start received the calls {spelled(sorted(told))}",
            f"{call} is pending",
        )


def _is_like(call: Call, listed: Mapping[str, object]) -> bool:
    return listed.get("toolName") == call.tool and listed.get("args") == call.args


@check("APPROVE-011", GET, reason="ids-differ")
def a_waiting_call_is_listed_by_its_id(seen: Seen, task: Task) -> Findings:
    """A call that a stream reported as waiting is not listed under an id that no stream has.

    It is recognised by its tool and its arguments; another call of the task may have the same.
    """
    if not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    listed = json_values.objects(seen.fields.get("pendingApprovals"))
    ids = {json_values.word(each.get("callId")) for each in listed}
    heard = {call.id for call in task.calls.values() if call.events}
    for call in task.calls.values():
        alike = [each for each in listed if _is_like(call, each)]
        if call.args and alike and call.waits(seen.began, seen.ended):
            own = call.id in ids or all(json_values.word(each.get("callId")) in heard for each in alike)
            yield says(own, f"the call {call.id} waits", f"one like it is listed as {spelled(sorted(ids))}")


@check("APPROVE-011", APPROVE, reason="ids-differ")
def answers_take_a_listed_id(seen: Seen) -> Findings:
    """An answer to a call with an id of `pendingApprovals` is taken."""
    return _answers_a_listed_call(seen)


@check("APPROVE-012", STREAM, reason="not-reported")
def joiners_get_the_waiting_call(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A reader that joins well before a waiting call is decided learns that it waits before its result.

    A reader without any event of the call may have left too soon, or the network may have delayed the event.
    """
    if stream.marker is None or not stream.is_streaming:
        return
    for call in task.calls.values():
        until = stream.marker.at + NANO
        first = next(iter(stream.of_call(call.id)), None)
        if first is None or not call.waits(seen.began, stream.marker.at):
            continue
        saved = any(
            each.get("callId") == call.id
            for message in stream.messages
            for each in json_values.objects(message.get("toolCalls"))
        )
        before = takewhile(lambda event: event.type == "tool_call", stream.of_call(call.id))
        there = saved or any(event.get("status") == AWAITING for event in before)
        # An answer right behind the marker may arrive before the call is streamed.
        if not there and (not call.waits(seen.began, until) or task.may_be_cancelled(seen.began, until)):
            continue
        shown = f"the first of it is {first.type} {json_values.word(first.get('status'))}"
        yield says(there, f"the call {call.id} waits", shown, offset=first.offset)


@check("APPROVE-012", STREAM, reason="not-reported")
def joiners_get_a_listed_call(seen: Seen, task: Task, stream: Stream) -> Findings:
    """A listed call is reported to a reader that joins later, before the reader's first heartbeat.

    If a network delays the call, it also delays the heartbeat behind it. No other reader is needed.
    """
    turn = turn_joined(seen)
    if turn is None or stream.marker is None:
        return
    beat = next((each for each in stream.heartbeats if each.at > stream.marker.at + NANO), None)
    reads = [each for each in task.read if turn.holds(each.started, each.ended)]
    if beat is None:
        return
    before, after = (
        {
            call
            for each in reads
            if (each.started > beat.at if later else each.ended <= seen.began)
            for call in each.pending_calls
        }
        for later in (False, True)
    )
    saved = calls_in(stream.messages)
    for name in sorted(before & after):
        there = name in saved or any(
            each.get("callId") == name and each.offset < beat.offset for each in stream.events
        )
        shown = "it is replayed" if there else "it is not replayed"
        yield says(there, f"the call {name} is listed before and afterwards", shown, offset=beat.offset)


@check("APPROVE-013", STREAM, reason="ran-twice")
def approved_twice_runs_once(seen: Seen, stream: Stream) -> Findings:
    """A call that was answered more than once has one result."""
    for call in calls_streamed(seen):
        number = sum(event.call == call.id for event in stream.of("tool_result"))
        sure = number == 1 or seen.model.record.admits(Premise.ONE_RUN_ONE_RESULT)
        if number and len(call.decisions) > 1 and sure:
            known = f"it was answered {plural(len(call.decisions), 'time')}"
            yield says(number == 1, known, f"the call {call.id} has {plural(number, 'result')}")


@check("APPROVE-013", DOWNLOAD, reason="ran-twice")
def approved_twice_writes_once(seen: Seen, task: Task, download: Download) -> Findings:
    """If a call is answered twice, its line is in the file at most as often as calls write it.

    Skipped after an approval for always: a call that was not reported may have written the same line.
    """
    if not download.is_plain or not seen.exchange.ok or not task.asks:
        return
    if any(each.outcome in {PROCEED_ALWAYS, None} and may_count(each) for each in task.decisions):
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


@check("APPROVE-021", GET, reason="output-lost")
def output_survives_a_rejection(seen: Seen, task: Task, rest: Turn) -> Findings:
    """The output of a completed turn has the calls whose results were reported before a rejection.

    A target may never list the calls of an output.
    """
    outputs = [json_values.fields(each.fields.get("output")) for each in task.read]
    if rest.over is None or rest.over.status != COMPLETED or not any("toolCalls" in each for each in outputs):
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
    kept = set(json_values.call_ids(output.get("toolCalls")))
    missing = [call for call in before if call not in kept]
    yield says(
        not missing,
        f"{plural(len(before), 'call')} had ended before the rejection",
        f"missing: {named(missing)}",
    )


@check("APPROVE-022", STREAM, reason="no-such-step")
def statuses_of_calls_are_in_order(task: Task, stream: Stream) -> Findings:
    """Documented steps lead from each status of a call to the next, caused by the agent or an answer."""
    for event, before, path in call_paths(task, stream):
        shown = f"then {event.get('status')}"
        yield says(path is not None, f"the call was {before}", shown, offset=event.offset)
