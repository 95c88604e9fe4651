"""EVENT, a run as a whole: what its texts, calls and end have to do with one another."""

from itertools import pairwise

from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import runs
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.traces import cancellations
from sigmic_conformance.conformance.judging.verdict import Verdict, info
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.labels.state import FailingTask, Subagents
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE, ToolTask.PROBE)
OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})


@judge("EVENT-016", *STREAMS, sweep=True)
def final_response_relation(record: Record) -> Verdict:
    observations = Observations("two-relations", "finalResponse stands to the content in one relation")
    readings: set[str] | None = None
    for stream in runs(record):
        for event in stream.of("done") if stream.texts else ():
            fits = _relations(stream, str(event.get("finalResponse")).strip())
            common = fits if readings is None else readings & fits
            observations.add(bool(common), stream.exchange, f"finalResponse: {', '.join(sorted(fits))}")
            readings = common or readings
    return observations.verdict()


def _relations(stream: Stream, answer: str) -> set[str]:
    """What the answer is to the content, white space around it left out; a different text fits nothing."""
    last = [str(event.get("text")) for event in stream.closing]
    texts = stream.texts
    possible = {
        "all content texts joined": "".join(texts),
        "the content since the last tool result": "".join(last),
        "the last content text": texts[-1],
    }
    fits = {name for name, text in possible.items() if text.strip() == answer}
    return fits or {"a different text"}


@judge("EVENT-017", *STREAMS, sweep=True)
def final_response_is_the_text(record: Record) -> Verdict:
    observations = Observations("other-text", "finalResponse equals the joined content texts")
    for stream in runs(record):
        for event in stream.of("done"):
            joined = "".join(stream.texts)
            holds = joined == event.get("finalResponse")
            observations.add(
                holds, stream.exchange, f"{plural(len(joined), 'character')}", offset=event.offset
            )
    return observations.verdict()


@judge("EVENT-018", EasyTask.PROBE, ToolTask.PROBE, FollowUp.PROBE)
def delta_or_cumulative(record: Record) -> Verdict:
    observations = Observations(
        "two-readings", "content.text is a delta or the text so far, the same throughout"
    )
    seen: set[str] = set()
    for probe in (EasyTask.PROBE, ToolTask.PROBE, FollowUp.PROBE):
        for stream in record.streams(probe):
            texts = stream.texts
            if stream.is_streaming and stream.complete and len(texts) > 1:
                growing = all(later.startswith(earlier) for earlier, later in pairwise(texts))
                reading = "the text so far" if growing and texts[0] else "a delta"
                seen.add(reading)
                observations.add(len(seen) == 1, stream.exchange, reading)
    verdict = observations.verdict()
    return verdict if seen else info("every answer came in one content event: the two readings are the same")


@judge("EVENT-019", *STREAMS, sweep=True)
def partial_until_the_last(record: Record) -> Verdict:
    observations = Observations("wrong-is-partial", "isPartial true but on the last content of an answer")
    for stream in runs(record):
        contents = stream.of("content")
        if contents and stream.of("done"):
            last = contents[-1].get("isPartial")
            observations.add(last is False, stream.exchange, f"the last content has isPartial {last}")
        for event, following in pairwise(stream.live):
            # Before a tool call an answer may be over; before another piece it is not.
            if event.type == following.type == "content":
                found = event.get("isPartial")
                observed = f"a content before another one has isPartial {found}"
                observations.add(found is True, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


@judge("EVENT-020", ToolTask.PROBE, sweep=True)
def results_follow_calls(record: Record) -> Verdict:
    observations = Observations(
        "unpaired-result", "each result names an earlier call, each call has one result at most"
    )
    for stream in record.streams():
        called: set[str] = set()
        answered: set[str] = set()
        for event in stream.live:
            if event.type == "tool_call":
                called.add(event.call)
            elif event.type == "tool_result":
                known, again = event.call in called, event.call in answered
                observed = "a second result" if again else "a result" if known else "a result without a call"
                observations.add(known and not again, stream.exchange, observed, offset=event.offset)
                answered.add(event.call)
    return observations.verdict()


@judge("EVENT-021", ToolTask.PROBE, sweep=True)
def calls_are_answered(record: Record) -> Verdict:
    observations = Observations("call-without-result", "every call has its result before done")
    # With what the stream of a cancelled run ends, no page says (G-74).
    cancelled = cancellations(record)
    for stream in (each for each in runs(record) if each.exchange.task not in cancelled):
        calls = {event.call for event in stream.of("tool_call")}
        open_calls = calls - {event.call for event in stream.of("tool_result")}
        if calls and stream.of("done"):
            observations.add(
                not open_calls,
                stream.exchange,
                f"{plural(len(calls), 'call')}, {len(open_calls)} without a result",
            )
    return observations.verdict()


@judge("EVENT-022", ToolTask.PROBE, sweep=True)
def call_ids_differ(record: Record) -> Verdict:
    observations = Observations("call-id-reused", "different callIds for different calls")
    for stream in record.streams():
        args: dict[str, str] = {}
        for event in stream.of("tool_call"):
            asked = f"{event.get('toolName')} {event.get('args')}"
            same = args.setdefault(event.call, asked) == asked
            observations.add(same, stream.exchange, f"callId {event.get('callId')!r}", offset=event.offset)
    return observations.verdict()


@judge("EVENT-024", Subagents.PROBE)
def between_start_and_end(record: Record) -> Verdict:
    observations = Observations(
        "outside", "between the subagent_start and the subagent_end of the same agentName"
    )
    for stream in record.streams():
        working: dict[str, int] = {}
        # A late joiner may have missed a start: then nothing is said about what it hears.
        started = {shapes.word(event.get("agentName")) for event in stream.of("subagent_start")}
        for event in stream.live:
            name = shapes.word(event.get("agentName"))
            if event.type == "subagent_start":
                working[name] = working.get(name, 0) + 1
            elif event.type in OF_SUBAGENTS and (name in started or stream.is_streaming):
                at_work = working.get(name, 0) > 0
                observed = f"{event.type} of {name!r}{'' if at_work else ', which is not running'}"
                observations.add(at_work, stream.exchange, observed, offset=event.offset)
                if event.type == "subagent_end":
                    working[name] = working.get(name, 0) - 1
    return observations.verdict()


@judge("EVENT-027", FailingTask.PROBE, sweep=True)
def error_event_fails_the_task(record: Record) -> Verdict:
    observations = Observations("not-failed", "status failed and a text in error")
    cancelled = {each.task for each in record.exchanges() if each.operation == "cancel_task"}
    for stream in record.streams():
        last, task = stream.terminal, stream.exchange.task
        if last is None or last.type != "error" or last.get("code") == "CANCELLED" or task in cancelled:
            continue
        after = _next_reading(record, task, stream.exchange.ended)
        if after is not None:
            found = after.fields
            good = found.get("status") == "failed" and shapes.filled(found.get("error"))
            observations.add(
                good, after, f"status {found.get('status')}, error {brief(found.get('error'))!r}"
            )
    return observations.verdict()


def _next_reading(record: Record, task: str, at: int) -> Exchange | None:
    """The first get_task after a moment, unless a follow-up was sent in between."""
    later = [each for each in record.exchanges() if each.task == task and each.started >= at]
    for exchange in sorted(later, key=lambda each: each.started):
        if exchange.operation == "send_message":
            return None
        if exchange.operation == "get_task" and exchange.ok:
            return exchange
    return None


@judge("EVENT-028", ToolTask.PROBE)
def get_tells_the_calls(record: Record) -> Verdict:
    observations = Observations("calls-differ", "the callIds and the order of the stream")
    final = record.exchange(ToolTask.FINISHED)
    output = shapes.fields(final.fields.get("output"))
    found = [shapes.word(call.get("callId")) for call in shapes.objects(output.get("toolCalls"))]
    stream = record.stream(ToolTask.WHOLE.of(record.fact(ToolTask.REACHED)))
    saved = stream.messages[-1:] if stream.begun else []
    before = [
        shapes.word(call.get("callId")) for each in saved for call in shapes.objects(each.get("toolCalls"))
    ]
    received = list(dict.fromkeys([*before, *(event.call for event in stream.of("tool_call"))]))
    observations.add(found == received and bool(received), final, f"get_task {found}, stream {received}")
    return observations.verdict()


@judge("EVENT-029", EasyTask.PROBE, sweep=True)
def answers_have_content(record: Record) -> Verdict:
    observations = Observations("no-content", "at least one content event between history_done and done")
    for stream in runs(record):
        used = stream.of("tool_call") or stream.of("subagent_start")
        if stream.of("done") and not used and not stream.begun:
            observations.add(
                bool(stream.of("content")),
                stream.exchange,
                f"{plural(len(stream.of('content')), 'content event')}",
            )
    return observations.verdict()
