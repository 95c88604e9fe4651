"""APPROVE: nothing runs before the decision; each outcome does what it says and nothing else."""

from sigmic_conformance.conformance.judging.answer_data import pending, status
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.traces import add_transition, call_transitions
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript import json_values as shapes

APPROVE_ALWAYS = "approve_always"
APPROVE_CANCEL = "approve_cancel"
APPROVE_EACH = "approve_each"
APPROVE_ONCE = "approve_once"


judge_each(
    __name__,
    {
        "APPROVE-009": Acceptance(APPROVE_ONCE, ["approve"], "an application/json body with an outcome"),
        "APPROVE-014": Refusal(
            APPROVE_ONCE, ["approve again", "approve after the end"], 404, "NOT_FOUND", control="approve"
        ),
        "APPROVE-018": Refusal(
            APPROVE_ONCE,
            ["bad: outcome", "bad: number", "bad: no outcome"],
            400,
            "VALIDATION_ERROR",
            control="approve",
        ),
    },
)


@judge("APPROVE-001", APPROVE_ONCE)
def asks_first(record: Record) -> Verdict:
    observations = Observations(
        "ran-unasked", "tool_call awaiting_approval, and no result before the decision"
    )
    stream = record.stream(APPROVE_ONCE, "once: stream")
    call = record.fact(APPROVE_ONCE, "call")
    first = next(iter(stream.of_call(call)), None)
    if first is None:
        raise NotRecorded("the call that asks is in no live phase of its stream")
    observations.add(
        first.get("status") == "awaiting_approval", stream.exchange, f"first told as {first.get('status')!r}"
    )
    decided = record.exchange(APPROVE_ONCE, "approve").started
    early = [event for event in stream.of_call(call) if event.type == "tool_result" and event.at < decided]
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
        each for each in stream.of_call(record.fact(APPROVE_ONCE, "call")) if each.type == "tool_result"
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
        for each in stream.of_call(call)
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
    results = [each for each in stream.of_call(later[0].get("callId")) if each.type == "tool_result"]
    holds = not asked and bool(results)
    observations.add(holds, stream.exchange, f"asked {len(asked)} times, {len(results)} results")
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
        each for each in stream.of_call(record.fact(APPROVE_ONCE, "call")) if each.type == "tool_result"
    ]
    observations.add(len(results) == 1, stream.exchange, f"{len(results)} results")
    return observations.verdict()


@judge("APPROVE-015", APPROVE_CANCEL)
def agent_goes_on(record: Record) -> Verdict:
    observations = Observations("other-end", "a result of status cancelled, and the task completes")
    stream = record.stream(APPROVE_CANCEL, "refused: stream")
    results = [
        each.get("status")
        for each in stream.of_call(record.fact(APPROVE_CANCEL, "call"))
        if each.type == "tool_result"
    ]
    observations.add(results == ["cancelled"], stream.exchange, f"results {results}")
    final = record.exchange(APPROVE_CANCEL, "finished")
    observations.add(status(final) == "completed", final, f"status {status(final)}")
    return observations.verdict()


@judge("APPROVE-019", APPROVE_EACH)
def call_id_is_decoded(record: Record) -> Verdict:
    observations = Observations("not-decoded", "a percent-encoded callId is the same callId")
    exchange = record.exchange(APPROVE_EACH, "approve encoded")
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("APPROVE-022", "tool_task", "approve_once", "approve_cancel", sweep=True)
def call_automaton(record: Record) -> Verdict:
    observations = Observations(
        "no-such-step", "asked, then executing or refused, then one result: by its answer only"
    )
    for transition in call_transitions(record):
        add_transition(observations, transition)
    return observations.verdict()
