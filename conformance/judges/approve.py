"""APPROVE: nothing runs before the decision; each outcome does what it says and nothing else."""

from sigmic_conformance.conformance.judging.answer_data import pending, status
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.traces import add_transition, call_transitions
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.approve import ApproveAlways, ApproveCancel, ApproveOnce
from sigmic_conformance.conformance.labels.approve_several import ApproveEach
from sigmic_conformance.conformance.labels.conversation import ToolTask
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.spec.plural import plural

judge_each(
    __name__,
    {
        "APPROVE-009": Acceptance([ApproveOnce.APPROVE], "an application/json body with an outcome"),
        "APPROVE-014": Refusal(
            [ApproveOnce.APPROVE_AGAIN, ApproveOnce.APPROVE_AFTER_THE_END],
            404,
            "NOT_FOUND",
            control=ApproveOnce.APPROVE,
        ),
        "APPROVE-018": Refusal(
            [ApproveOnce.BAD_OUTCOME, ApproveOnce.BAD_NUMBER, ApproveOnce.BAD_NO_OUTCOME],
            400,
            "VALIDATION_ERROR",
            control=ApproveOnce.APPROVE,
        ),
    },
)


@judge("APPROVE-001", ApproveOnce.PROBE)
def asks_first(record: Record) -> Verdict:
    observations = Observations(
        "ran-unasked", "tool_call awaiting_approval, and no result before the decision"
    )
    stream = record.stream(ApproveOnce.ONCE.stream)
    call = record.fact(ApproveOnce.CALL)
    first = next(iter(stream.of_call(call)), None)
    if first is None:
        raise NotRecorded("the call that asks is in no live phase of its stream")
    observations.add(
        first.get("status") == "awaiting_approval", stream.exchange, f"first told as {first.get('status')!r}"
    )
    decided = record.exchange(ApproveOnce.APPROVE).started
    early = [event for event in stream.of_call(call) if event.type == "tool_result" and event.at < decided]
    observations.add(not early, stream.exchange, f"{plural(len(early), 'result')} before the decision")
    word = record.fact(ApproveOnce.FIRST_WORD)
    page = record.exchange(ApproveOnce.FILES_WHILE_WAITING)
    observations.add(
        not any(word in path for path in listed(page)), page, "the file is not made while the call waits"
    )
    return observations.verdict()


@judge("APPROVE-002", ApproveOnce.PROBE)
def awaiting_status(record: Record) -> Verdict:
    observations = Observations("other-status", "awaiting_approval")
    exchange = record.exchange(ApproveOnce.WAITING)
    observations.add(status(exchange) == "awaiting_approval", exchange, f"status {status(exchange)}")
    return observations.verdict()


@judge("APPROVE-003", ApproveOnce.PROBE)
def runs_after_approval(record: Record) -> Verdict:
    observations = Observations("did-not-run", "tool_result after the approval, then content")
    stream = record.stream(ApproveOnce.ONCE.stream)
    results = [each for each in stream.of_call(record.fact(ApproveOnce.CALL)) if each.type == "tool_result"]
    if observations.add(
        bool(results), stream.exchange, f"{plural(len(results), 'result')} after the approval"
    ):
        output = str(results[0].get("output"))
        observations.add(
            record.fact(ApproveOnce.FIRST_WORD) in output, stream.exchange, f"output {brief(output)!r}"
        )
        after = [event for event in stream.of("content") if event.at >= results[0].at]
        last = stream.terminal.get("finalResponse") if stream.terminal else None
        if after or not (isinstance(last, str) and stream.delivered(last)):
            # An agent may have nothing more to say: then all that it said is there.
            observations.add(
                bool(after), stream.exchange, f"{plural(len(after), 'content event')} after the result"
            )
    return observations.verdict()


@judge("APPROVE-004", ApproveOnce.PROBE, ApproveAlways.PROBE)
def approved_true(record: Record) -> Verdict:
    observations = Observations("wrong-answer", "approved true")
    for label in (ApproveOnce.APPROVE, ApproveAlways.APPROVE_ALWAYS):
        exchange = record.exchange(label)
        observations.add(exchange.fields.get("approved") is True, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-005", ApproveCancel.PROBE)
def approved_false(record: Record) -> Verdict:
    observations = Observations("wrong-answer", "approved false")
    exchange = record.exchange(ApproveCancel.CANCEL_THE_CALL)
    observations.add(exchange.fields.get("approved") is False, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-006", ApproveCancel.PROBE)
def cancel_has_no_effect(record: Record) -> Verdict:
    observations = Observations("ran-although-refused", "no effect and no result of status success")
    stream = record.stream(ApproveCancel.REFUSED.stream)
    call = record.fact(ApproveCancel.CALL)
    good = [
        each
        for each in stream.of_call(call)
        if each.type == "tool_result" and each.get("status") == "success"
    ]
    observations.add(not good, stream.exchange, f"{plural(len(good), 'result')} of status success")
    page = record.exchange(ApproveCancel.FILES)
    found = [path for path in listed(page) if record.fact(ApproveCancel.WORD) in path]
    if page.ok:  # a task that ended as cancelled by this may no longer have files (G-65, G-75)
        observations.add(not found, page, f"made: {found or 'nothing'}")
    return observations.verdict()


@judge("APPROVE-007", ApproveOnce.PROBE)
def once_is_once(record: Record) -> Verdict:
    observations = Observations("not-asked-again", "the next call waits for approval again")
    stream = record.stream(ApproveOnce.ONCE.stream)
    second = [event for event in stream.of("tool_call") if record.fact(ApproveOnce.SECOND_WORD) in event.data]
    if not second:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    observations.add(
        second[0].get("status") == "awaiting_approval",
        stream.exchange,
        f"told as {second[0].get('status')!r}",
    )
    return observations.verdict()


@judge("APPROVE-008", ApproveAlways.PROBE)
def always_covers_the_tool(record: Record) -> Verdict:
    observations = Observations("asked-again", "a later call of the tool runs without asking")
    answers = [
        each for each in record.exchanges(ApproveAlways.PROBE) if each.label.startswith("approve always")
    ]
    if not any(answer.ok for answer in answers):
        raise NotRecorded("proceed_always was not accepted")
    stream = record.stream(ApproveAlways.ALWAYS.stream)
    later = [
        event for event in stream.of("tool_call") if record.fact(ApproveAlways.SECOND_WORD) in event.data
    ]
    if not later:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "the agent made no second call")
    asked = [event for event in later if event.get("status") == "awaiting_approval"]
    results = [each for each in stream.of_call(later[0].get("callId")) if each.type == "tool_result"]
    holds = not asked and bool(results)
    observations.add(
        holds, stream.exchange, f"asked {plural(len(asked), 'time')}, {plural(len(results), 'result')}"
    )
    return observations.verdict()


@judge("APPROVE-010", ApproveOnce.PROBE)
def refused_answers_change_nothing(record: Record) -> Verdict:
    observations = Observations("call-gone", "the call still waits")
    exchange = record.exchange(ApproveOnce.STILL_WAITING)
    call = record.fact(ApproveOnce.CALL)
    holds = status(exchange) == "awaiting_approval" and call in pending(exchange)
    observations.add(holds, exchange, f"status {status(exchange)}, pending {pending(exchange)}")
    return observations.verdict()


@judge("APPROVE-011", ApproveAlways.PROBE)
def one_call_id(record: Record) -> Verdict:
    observations = Observations("ids-differ", "one callId in stream and pendingApprovals, usable to approve")
    exchange = record.exchange(ApproveAlways.WAITING)
    call = record.fact(ApproveAlways.CALL)
    observations.add(
        record.fact(ApproveAlways.PENDING_CALL) == call,
        exchange,
        f"stream {call!r}, pending {pending(exchange)}",
    )
    answer = record.exchange(ApproveAlways.APPROVE_ALWAYS)
    observations.add(answer.ok, answer, summary(answer))
    return observations.verdict()


@judge("APPROVE-012", ApproveOnce.PROBE)
def late_joiner_sees_it(record: Record) -> Verdict:
    observations = Observations("not-told", "the waiting call in the stream of a late joiner")
    stream = record.stream(ApproveOnce.JOINS_WHILE_WAITING)
    call, decided = record.fact(ApproveOnce.CALL), record.exchange(ApproveOnce.APPROVE).started
    # Events after the decision do not report that the call waits.
    found = any(
        event.get("callId") == call
        if event.type == "tool_call"
        else any(entry.get("callId") == call for entry in shapes.objects(event.get("toolCalls")))
        for event in stream.events
        if event.at < decided and event.type in {"tool_call", "history_message"}
    )
    observations.add(found, stream.exchange, "told" if found else "not told")
    return observations.verdict()


@judge("APPROVE-013", ApproveOnce.PROBE)
def never_twice(record: Record) -> Verdict:
    observations = Observations("ran-twice", "one result although approved twice")
    stream = record.stream(ApproveOnce.ONCE.stream)
    results = [each for each in stream.of_call(record.fact(ApproveOnce.CALL)) if each.type == "tool_result"]
    if len(results) == 1 or (results and record.admits(Premise.ONE_RUN_ONE_RESULT)):
        observations.add(len(results) == 1, stream.exchange, f"{plural(len(results), 'result')}")
    for file in record.labelled(ApproveOnce.FIRST_FILE):
        times = file.body.count(record.fact(ApproveOnce.FIRST_WORD).encode())
        if file.ok and times:
            observations.add(times == 1, file, f"its file has its word {plural(times, 'time')}")
    return observations.verdict()


@judge("APPROVE-015", ApproveCancel.PROBE)
def agent_goes_on(record: Record) -> Verdict:
    observations = Observations("other-end", "a result of status cancelled, and the task completes")
    stream = record.stream(ApproveCancel.REFUSED.stream)
    results = [
        each.get("status")
        for each in stream.of_call(record.fact(ApproveCancel.CALL))
        if each.type == "tool_result"
    ]
    observations.add(results == ["cancelled"], stream.exchange, f"results {results}")
    final = record.exchange(ApproveCancel.FINISHED)
    observations.add(status(final) == "completed", final, f"status {status(final)}")
    return observations.verdict()


@judge("APPROVE-019", ApproveEach.PROBE)
def call_id_is_decoded(record: Record) -> Verdict:
    observations = Observations("not-decoded", "a percent-encoded callId is the same callId")
    exchange = record.exchange(ApproveEach.APPROVE_ENCODED)
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-022", ToolTask.PROBE, ApproveOnce.PROBE, ApproveCancel.PROBE, sweep=True)
def call_automaton(record: Record) -> Verdict:
    observations = Observations(
        "no-such-step", "asked, then executing or refused, then one result: by its answer only"
    )
    for transition in call_transitions(record):
        add_transition(observations, transition)
    return observations.verdict()
