"""APPROVE: several calls in one run, each answered by itself."""

from typing import Any

from sigmic_conformance.conformance.judges.approvals import call_events, pending, status
from sigmic_conformance.conformance.judges.turns import data
from sigmic_conformance.conformance.judges.uploads import listed
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent

EACH, TOGETHER = "approve_each", "approve_together"


def run_of(record: Record, probe: str) -> Stream:
    """The stream of the attempt that counts."""
    return record.stream(probe, record.fact(probe, "stream"))


def first_told(stream: Stream) -> dict[Any, StreamEvent]:
    """The first event of each call."""
    found: dict[Any, StreamEvent] = {}
    for event in stream.of("tool_call"):
        found.setdefault(event.call, event)
    return found


@judge("APPROVE-016", EACH, "approve_once", "approve_cancel")
def every_call_asks(record: Record) -> Verdict:
    claim = Claim(
        "ran-unasked", "every call is first told as awaiting_approval, unless its tool has proceed_always"
    )
    always = {
        each["tool"]: each["call"]
        for each in record.fact(EACH, "decisions")
        if each["outcome"] == "proceed_always"
    }
    streams = [run_of(record, EACH)]
    streams += [
        record.stream("approve_once", "once: stream"),
        record.stream("approve_cancel", "refused: stream"),
    ]
    for stream in streams:
        covered: set[Any] = set()
        for call, event in first_told(stream).items():
            tool, said = shapes.word(event.get("toolName")), event.get("status")
            if tool not in covered:
                claim.see(
                    said == "awaiting_approval", stream.exchange, f"{tool}: {said}", offset=event.offset
                )
            if always.get(tool) == call:
                covered.add(tool)
    return claim.verdict()


@judge("APPROVE-017", EACH)
def always_is_for_one_tool(record: Record) -> Verdict:
    claim = Claim("other-scope", "later calls of that tool run unasked, calls of other tools ask")
    stream = run_of(record, EACH)
    chosen = [each for each in record.fact(EACH, "decisions") if each["outcome"] == "proceed_always"]
    if not chosen:
        raise NotRecorded("no call was answered proceed_always")
    calls = first_told(stream)
    order = list(calls)
    if chosen[0]["call"] not in order:
        raise NotRecorded("the call that was answered proceed_always is not in the stream")
    others = 0
    for call in order[order.index(chosen[0]["call"]) + 1 :]:
        tool, said = calls[call].get("toolName"), calls[call].get("status")
        same = tool == chosen[0]["tool"]
        others += not same
        holds = (said != "awaiting_approval") if same else (said == "awaiting_approval")
        claim.see(holds, stream.exchange, f"{tool} after proceed_always for {chosen[0]['tool']}: {said}")
    if not others:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no other tool was called after proceed_always")
    return claim.verdict()


@judge("APPROVE-019", EACH)
def call_id_is_decoded(record: Record) -> Verdict:
    claim = Claim("not-decoded", "a percent-encoded callId is the same callId")
    exchange = record.exchange(EACH, "approve encoded")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("APPROVE-020", TOGETHER)
def each_by_itself(record: Record) -> Verdict:
    claim = Claim(
        "not-by-itself", "two calls wait, one is answered, the other still waits and gets its own answer"
    )
    first, second = record.fact(TOGETHER, "calls")
    both, one = record.exchange(TOGETHER, "both wait"), record.exchange(TOGETHER, "one waits")
    claim.see(first in pending(both) and second in pending(both), both, f"pending {pending(both)}")
    holds = first not in pending(one) and second in pending(one) and status(one) == "awaiting_approval"
    claim.see(holds, one, f"one answered: status {status(one)}, pending {pending(one)}")
    stream = run_of(record, TOGETHER)
    told = [[each.get("status") for each in call_events(stream, call)][-1:] for call in (first, second)]
    claim.see(told == [["success"], ["cancelled"]], stream.exchange, f"ends of the two calls: {told}")
    page = record.exchange(TOGETHER, "files")
    made = [any(record.fact(TOGETHER, name) in path for path in listed(page)) for name in ("first", "second")]
    claim.see(made[1] is False, page, f"files of the two made: {made}")
    return claim.verdict()


@judge("APPROVE-021", EACH)
def output_survives_a_cancel(record: Record) -> Verdict:
    claim = Claim("output-lost", "text and calls from before the cancel answer are still in output")
    refused = [each["call"] for each in record.fact(EACH, "decisions") if each["outcome"] == "cancel"]
    if not refused:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no call was left to be refused")
    stream, final = run_of(record, EACH), record.exchange(EACH, "finished")
    output = shapes.fields(data(final).get("output"))
    kept = [each.get("callId") for each in shapes.objects(output.get("toolCalls"))]
    order = list(first_told(stream))
    before = order[: order.index(refused[0])] if refused[0] in order else []
    missing = [call for call in before if call not in kept]
    claim.see(not missing, final, f"{len(before) - len(missing)} of {len(before)} earlier calls kept")
    asked = first_told(stream)[refused[0]].at if refused[0] in order else 0
    told = "".join(str(event.get("text")) for event in stream.of("content") if event.at < asked)
    text = str(output.get("content") or "")
    if told.strip():
        claim.see(bool(text.strip()), final, f"{len(told)} characters before, {len(text)} in output")
    return claim.verdict()
