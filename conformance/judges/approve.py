"""APPROVE: nothing runs before the decision; each outcome does what it says and nothing else."""

from typing import Any

from sigmic_conformance.conformance.judging.answer_data import pending, status
from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.traces import add_transition, call_transitions
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent

APPROVE_ALWAYS = "approve_always"
APPROVE_CANCEL = "approve_cancel"
APPROVE_EACH = "approve_each"
APPROVE_ONCE = "approve_once"
APPROVE_TOGETHER = "approve_together"


def call_events(stream: Stream, call: Any) -> list[StreamEvent]:
    """What a stream says of one call."""
    return [
        event
        for event in stream.live
        if event.type in {"tool_call", "tool_result"} and event.get("callId") == call
    ]


def run_of(record: Record, probe: str) -> Stream:
    """The stream of the attempt that counts."""
    return record.stream(probe, record.fact(probe, "stream"))


def first_told(stream: Stream) -> dict[Any, StreamEvent]:
    """The first event of each call."""
    found: dict[Any, StreamEvent] = {}
    for event in stream.of("tool_call"):
        found.setdefault(event.call, event)
    return found


@judge("APPROVE-001", APPROVE_ONCE)
def asks_first(record: Record) -> Verdict:
    observations = Observations(
        "ran-unasked", "tool_call awaiting_approval, and no result before the decision"
    )
    stream = record.stream(APPROVE_ONCE, "once: stream")
    call = record.fact(APPROVE_ONCE, "call")
    first = next(iter(call_events(stream, call)), None)
    if first is None:
        raise NotRecorded("the call that asks is in no live phase of its stream")
    observations.add(
        first.get("status") == "awaiting_approval", stream.exchange, f"first told as {first.get('status')!r}"
    )
    decided = record.exchange(APPROVE_ONCE, "approve").started
    early = [
        event for event in call_events(stream, call) if event.type == "tool_result" and event.at < decided
    ]
    observations.add(not early, stream.exchange, f"{len(early)} results before the decision")
    word = record.fact(APPROVE_ONCE, "first")
    page = record.exchange(APPROVE_ONCE, "files while waiting")
    observations.add(
        not any(word in path for path in listed(page)), page, "the file is not made while the call waits"
    )
    return observations.verdict()


@judge("APPROVE-002", APPROVE_ONCE)
def awaiting_status(record: Record) -> Verdict:
    observations = Observations("other-status", "awaiting_approval")
    exchange = record.exchange(APPROVE_ONCE, "waiting")
    observations.add(status(exchange) == "awaiting_approval", exchange, f"status {status(exchange)}")
    return observations.verdict()


@judge("APPROVE-003", APPROVE_ONCE)
def runs_after_approval(record: Record) -> Verdict:
    observations = Observations("did-not-run", "tool_result after the approval, then content")
    stream = record.stream(APPROVE_ONCE, "once: stream")
    results = [
        each for each in call_events(stream, record.fact(APPROVE_ONCE, "call")) if each.type == "tool_result"
    ]
    if observations.add(bool(results), stream.exchange, f"{len(results)} results after the approval"):
        output = str(results[0].get("output"))
        observations.add(
            record.fact(APPROVE_ONCE, "first") in output, stream.exchange, f"output {brief(output)!r}"
        )
        after = [event for event in stream.of("content") if event.at >= results[0].at]
        observations.add(bool(after), stream.exchange, f"{len(after)} content events after the result")
    return observations.verdict()


@judge("APPROVE-004", APPROVE_ONCE, APPROVE_ALWAYS)
def approved_true(record: Record) -> Verdict:
    observations = Observations("wrong-answer", "approved true")
    for probe, label in ((APPROVE_ONCE, "approve"), (APPROVE_ALWAYS, "approve always")):
        exchange = record.exchange(probe, label)
        observations.add(exchange.fields.get("approved") is True, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-005", APPROVE_CANCEL)
def approved_false(record: Record) -> Verdict:
    observations = Observations("wrong-answer", "approved false")
    exchange = record.exchange(APPROVE_CANCEL, "cancel the call")
    observations.add(exchange.fields.get("approved") is False, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-006", APPROVE_CANCEL)
def cancel_has_no_effect(record: Record) -> Verdict:
    observations = Observations("ran-although-refused", "no effect and no result of status success")
    stream = record.stream(APPROVE_CANCEL, "refused: stream")
    call = record.fact(APPROVE_CANCEL, "call")
    good = [
        each
        for each in call_events(stream, call)
        if each.type == "tool_result" and each.get("status") == "success"
    ]
    observations.add(not good, stream.exchange, f"{len(good)} results of status success")
    page = record.exchange(APPROVE_CANCEL, "files")
    found = [path for path in listed(page) if record.fact(APPROVE_CANCEL, "word") in path]
    observations.add(page.ok and not found, page, f"made: {found or 'nothing'}")
    return observations.verdict()


@judge("APPROVE-007", APPROVE_ONCE)
def once_is_once(record: Record) -> Verdict:
    observations = Observations("not-asked-again", "the next call asks again")
    stream = record.stream(APPROVE_ONCE, "once: stream")
    second = [event for event in stream.of("tool_call") if record.fact(APPROVE_ONCE, "second") in event.data]
    if not second:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    observations.add(
        second[0].get("status") == "awaiting_approval",
        stream.exchange,
        f"told as {second[0].get('status')!r}",
    )
    return observations.verdict()


@judge("APPROVE-008", APPROVE_ALWAYS)
def always_covers_the_tool(record: Record) -> Verdict:
    observations = Observations("asked-again", "a later call of the tool runs without asking")
    answers = [each for each in record.exchanges(APPROVE_ALWAYS) if each.label.startswith("approve always")]
    if not any(answer.ok for answer in answers):
        raise NotRecorded("proceed_always was not accepted")
    stream = record.stream(APPROVE_ALWAYS, "always: stream")
    later = [event for event in stream.of("tool_call") if record.fact(APPROVE_ALWAYS, "second") in event.data]
    if not later:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    asked = [event for event in later if event.get("status") == "awaiting_approval"]
    results = [each for each in call_events(stream, later[0].get("callId")) if each.type == "tool_result"]
    holds = not asked and bool(results)
    observations.add(holds, stream.exchange, f"asked {len(asked)} times, {len(results)} results")
    return observations.verdict()


@judge("APPROVE-009", APPROVE_ONCE)
def json_body(record: Record) -> Verdict:
    observations = Observations("refused", "an application/json body with an outcome")
    exchange = record.exchange(APPROVE_ONCE, "approve")
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-010", APPROVE_ONCE)
def refused_answers_change_nothing(record: Record) -> Verdict:
    observations = Observations("call-gone", "the call still waits")
    exchange = record.exchange(APPROVE_ONCE, "still waiting")
    call = record.fact(APPROVE_ONCE, "call")
    holds = status(exchange) == "awaiting_approval" and call in pending(exchange)
    observations.add(holds, exchange, f"status {status(exchange)}, pending {pending(exchange)}")
    return observations.verdict()


@judge("APPROVE-011", APPROVE_ALWAYS)
def one_call_id(record: Record) -> Verdict:
    observations = Observations("ids-differ", "one callId in stream and pendingApprovals, usable to approve")
    exchange = record.exchange(APPROVE_ALWAYS, "waiting")
    call = record.fact(APPROVE_ALWAYS, "call")
    observations.add(
        record.fact(APPROVE_ALWAYS, "pending call") == call,
        exchange,
        f"stream {call!r}, pending {pending(exchange)}",
    )
    answer = record.exchange(APPROVE_ALWAYS, "approve always")
    observations.add(answer.ok, answer, summary(answer))
    return observations.verdict()


@judge("APPROVE-012", APPROVE_ONCE)
def late_joiner_sees_it(record: Record) -> Verdict:
    observations = Observations("not-told", "the waiting call in the stream of a late joiner")
    stream = record.stream(APPROVE_ONCE, "joins while waiting")
    call, decided = record.fact(APPROVE_ONCE, "call"), record.exchange(APPROVE_ONCE, "approve").started
    # What is heard after the decision tells nobody that the call waits.
    found = any(
        event.get("callId") == call
        if event.type == "tool_call"
        else any(entry.get("callId") == call for entry in shapes.objects(event.get("toolCalls")))
        for event in stream.events
        if event.at < decided and event.type in {"tool_call", "history_message"}
    )
    observations.add(found, stream.exchange, "told" if found else "not told")
    return observations.verdict()


@judge("APPROVE-013", APPROVE_ONCE)
def never_twice(record: Record) -> Verdict:
    observations = Observations("ran-twice", "one result although approved twice")
    stream = record.stream(APPROVE_ONCE, "once: stream")
    results = [
        each for each in call_events(stream, record.fact(APPROVE_ONCE, "call")) if each.type == "tool_result"
    ]
    observations.add(len(results) == 1, stream.exchange, f"{len(results)} results")
    return observations.verdict()


@judge("APPROVE-014", APPROVE_ONCE)
def second_answer(record: Record) -> Verdict:
    return refused(
        record,
        APPROVE_ONCE,
        ["approve again", "approve after the end"],
        control="approve",
        expected="404 NOT_FOUND",
        status=404,
        codes=frozenset({"NOT_FOUND"}),
    )


@judge("APPROVE-015", APPROVE_CANCEL)
def agent_goes_on(record: Record) -> Verdict:
    observations = Observations("other-end", "a result of status cancelled, and the task completes")
    stream = record.stream(APPROVE_CANCEL, "refused: stream")
    results = [
        each.get("status")
        for each in call_events(stream, record.fact(APPROVE_CANCEL, "call"))
        if each.type == "tool_result"
    ]
    observations.add(results == ["cancelled"], stream.exchange, f"results {results}")
    final = record.exchange(APPROVE_CANCEL, "finished")
    observations.add(status(final) == "completed", final, f"status {status(final)}")
    return observations.verdict()


@judge("APPROVE-016", APPROVE_EACH, "approve_once", "approve_cancel")
def every_call_asks(record: Record) -> Verdict:
    observations = Observations(
        "ran-unasked", "every call is first told as awaiting_approval, unless its tool has proceed_always"
    )
    always = {
        each["tool"]: each["call"]
        for each in record.fact(APPROVE_EACH, "decisions")
        if each["outcome"] == "proceed_always"
    }
    streams = [run_of(record, APPROVE_EACH)]
    streams += [
        record.stream("approve_once", "once: stream"),
        record.stream("approve_cancel", "refused: stream"),
    ]
    for stream in streams:
        covered: set[Any] = set()
        for call, event in first_told(stream).items():
            tool, state = shapes.word(event.get("toolName")), event.get("status")
            if tool not in covered:
                observations.add(
                    state == "awaiting_approval", stream.exchange, f"{tool}: {state}", offset=event.offset
                )
            if always.get(tool) == call:
                covered.add(tool)
    return observations.verdict()


@judge("APPROVE-017", APPROVE_EACH)
def always_is_for_one_tool(record: Record) -> Verdict:
    observations = Observations(
        "other-scope", "later calls of that tool run unasked, calls of other tools ask"
    )
    stream = run_of(record, APPROVE_EACH)
    chosen = [each for each in record.fact(APPROVE_EACH, "decisions") if each["outcome"] == "proceed_always"]
    if not chosen:
        raise NotRecorded("no call was answered proceed_always")
    calls = first_told(stream)
    order = list(calls)
    if chosen[0]["call"] not in order:
        raise NotRecorded("the call that was answered proceed_always is not in the stream")
    others = 0
    for call in order[order.index(chosen[0]["call"]) + 1 :]:
        tool, state = calls[call].get("toolName"), calls[call].get("status")
        same = tool == chosen[0]["tool"]
        others += not same
        holds = (state != "awaiting_approval") if same else (state == "awaiting_approval")
        observations.add(
            holds, stream.exchange, f"{tool} after proceed_always for {chosen[0]['tool']}: {state}"
        )
    if not others:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no other tool was called after proceed_always")
    return observations.verdict()


@judge("APPROVE-018", APPROVE_ONCE)
def bad_outcomes(record: Record) -> Verdict:
    return refused(
        record,
        APPROVE_ONCE,
        ["bad: outcome", "bad: number", "bad: no outcome"],
        control="approve",
        expected="400 VALIDATION_ERROR",
        status=400,
        codes=frozenset({"VALIDATION_ERROR"}),
    )


@judge("APPROVE-019", APPROVE_EACH)
def call_id_is_decoded(record: Record) -> Verdict:
    observations = Observations("not-decoded", "a percent-encoded callId is the same callId")
    exchange = record.exchange(APPROVE_EACH, "approve encoded")
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-020", APPROVE_TOGETHER)
def each_by_itself(record: Record) -> Verdict:
    observations = Observations(
        "not-by-itself", "two calls wait, one is answered, the other still waits and gets its own answer"
    )
    first, second = record.fact(APPROVE_TOGETHER, "calls")
    both, one = record.exchange(APPROVE_TOGETHER, "both wait"), record.exchange(APPROVE_TOGETHER, "one waits")
    observations.add(first in pending(both) and second in pending(both), both, f"pending {pending(both)}")
    holds = first not in pending(one) and second in pending(one) and status(one) == "awaiting_approval"
    observations.add(holds, one, f"one answered: status {status(one)}, pending {pending(one)}")
    stream = run_of(record, APPROVE_TOGETHER)
    found = [[each.get("status") for each in call_events(stream, call)][-1:] for call in (first, second)]
    observations.add(
        found == [["success"], ["cancelled"]], stream.exchange, f"ends of the two calls: {found}"
    )
    page = record.exchange(APPROVE_TOGETHER, "files")
    made = [
        any(record.fact(APPROVE_TOGETHER, name) in path for path in listed(page))
        for name in ("first", "second")
    ]
    observations.add(made[1] is False, page, f"files of the two made: {made}")
    return observations.verdict()


@judge("APPROVE-021", APPROVE_EACH)
def output_survives_a_cancel(record: Record) -> Verdict:
    observations = Observations(
        "output-lost", "text and calls from before the cancel answer are still in output"
    )
    refused = [each["call"] for each in record.fact(APPROVE_EACH, "decisions") if each["outcome"] == "cancel"]
    if not refused:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no call was left to be refused")
    stream, final = run_of(record, APPROVE_EACH), record.exchange(APPROVE_EACH, "finished")
    output = shapes.fields(final.fields.get("output"))
    kept = [each.get("callId") for each in shapes.objects(output.get("toolCalls"))]
    order = list(first_told(stream))
    before = order[: order.index(refused[0])] if refused[0] in order else []
    missing = [call for call in before if call not in kept]
    observations.add(not missing, final, f"{len(before) - len(missing)} of {len(before)} earlier calls kept")
    asked = first_told(stream)[refused[0]].at if refused[0] in order else 0
    found = "".join(str(event.get("text")) for event in stream.of("content") if event.at < asked)
    text = str(output.get("content") or "")
    if found.strip():
        observations.add(bool(text.strip()), final, f"{len(found)} characters before, {len(text)} in output")
    return observations.verdict()


@judge("APPROVE-022", "tool_task", "approve_once", "approve_cancel", sweep=True)
def call_automaton(record: Record) -> Verdict:
    observations = Observations(
        "no-such-step", "asked, then executing or refused, then one result: by its answer only"
    )
    for transition in call_transitions(record):
        add_transition(observations, transition)
    return observations.verdict()
