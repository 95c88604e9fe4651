"""APPROVE, several calls: which of one run ask, and that each is answered by itself."""

from sigmic_conformance.conformance.judging.answer_data import pending, status
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.judging.workspace_files import listed
from sigmic_conformance.conformance.labels.approve import ApproveCancel, ApproveOnce
from sigmic_conformance.conformance.labels.approve_several import ApproveEach, ApproveTogether
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent
from sigmic_conformance.spec.plural import plural


def run_of(record: Record, fact: Fact[Label]) -> Stream:
    """The stream of the attempt that counts."""
    return record.stream(record.fact(fact))


def first_told(stream: Stream) -> dict[str, StreamEvent]:
    """The first event of each call."""
    found: dict[str, StreamEvent] = {}
    for event in stream.of("tool_call"):
        found.setdefault(event.call, event)
    return found


@judge("APPROVE-016", ApproveEach.PROBE, ApproveOnce.PROBE, ApproveCancel.PROBE)
def every_call_asks(record: Record) -> Verdict:
    observations = Observations(
        "ran-unasked", "every call is first told as awaiting_approval, unless its tool has proceed_always"
    )
    always = {
        each["tool"]: each["call"]
        for each in record.fact(ApproveEach.DECISIONS)
        if each["outcome"] == "proceed_always"
    }
    streams = [run_of(record, ApproveEach.STREAM)]
    streams += [
        record.stream(ApproveOnce.ONCE.stream),
        record.stream(ApproveCancel.REFUSED.stream),
    ]
    for stream in streams:
        covered: set[str] = set()
        for call, event in first_told(stream).items():
            tool, state = shapes.word(event.get("toolName")), event.get("status")
            if tool not in covered:
                observations.add(
                    state == "awaiting_approval", stream.exchange, f"{tool}: {state}", offset=event.offset
                )
            if always.get(tool) == call:
                covered.add(tool)
    return observations.verdict()


@judge("APPROVE-017", ApproveEach.PROBE)
def always_is_for_one_tool(record: Record) -> Verdict:
    observations = Observations(
        "other-scope", "later calls of that tool run unasked, calls of other tools ask"
    )
    stream = run_of(record, ApproveEach.STREAM)
    chosen = [each for each in record.fact(ApproveEach.DECISIONS) if each["outcome"] == "proceed_always"]
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


@judge("APPROVE-020", ApproveTogether.PROBE)
def each_by_itself(record: Record) -> Verdict:
    observations = Observations(
        "not-by-itself", "two calls wait, one is answered, the other still waits and gets its own answer"
    )
    first, second = record.fact(ApproveTogether.CALLS)
    both, one = record.exchange(ApproveTogether.BOTH_WAIT), record.exchange(ApproveTogether.ONE_WAITS)
    observations.add(first in pending(both) and second in pending(both), both, f"pending {pending(both)}")
    holds = first not in pending(one) and second in pending(one) and status(one) == "awaiting_approval"
    observations.add(holds, one, f"one answered: status {status(one)}, pending {pending(one)}")
    stream = run_of(record, ApproveTogether.STREAM)
    found = [[each.get("status") for each in stream.of_call(call)][-1:] for call in (first, second)]
    observations.add(
        found == [["success"], ["cancelled"]], stream.exchange, f"ends of the two calls: {found}"
    )
    page = record.exchange(ApproveTogether.FILES)
    made = [
        any(record.fact(word) in path for path in listed(page))
        for word in (ApproveTogether.FIRST_WORD, ApproveTogether.SECOND_WORD)
    ]
    observations.add(made[1] is False, page, f"files of the two made: {made}")
    return observations.verdict()


@judge("APPROVE-021", ApproveEach.PROBE)
def output_survives_a_cancel(record: Record) -> Verdict:
    observations = Observations(
        "output-lost", "text and calls from before the cancel answer are still in output"
    )
    refused = [each["call"] for each in record.fact(ApproveEach.DECISIONS) if each["outcome"] == "cancel"]
    if not refused:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no call was left to be refused")
    stream, final = run_of(record, ApproveEach.STREAM), record.exchange(ApproveEach.FINISHED)
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
        observations.add(
            bool(text.strip()), final, f"{plural(len(found), 'character')} before, {len(text)} in output"
        )
    return observations.verdict()
