"""EVENT: the thirteen event types, their payloads, and what one run of the agent says as a whole."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict, info
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.stream import Stream, StreamEvent
from sigmic_conformance.conformance.transcript.transcript import Exchange

FAILING_TASK = "failing_task"
SUBAGENTS = "subagents"
STREAMS = ("easy_task", "tool_task")
TYPES = frozenset(
    {
        "history_message",
        "history_done",
        "status",
        "thought",
        "content",
        "tool_call",
        "tool_result",
        "subagent_start",
        "subagent_thought",
        "subagent_tool",
        "subagent_end",
        "error",
        "done",
    }
)
Fields = Mapping[str, Callable[[Any], bool]]
OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})
START_END = frozenset({"start", "end"})
TOOL_STATUSES = frozenset({"executing", "awaiting_approval", "success", "error", "cancelled"})


def all_events(record: Record, kind: str) -> Iterator[tuple[Stream, StreamEvent]]:
    """Every event of a type in the run."""
    return ((stream, event) for stream in record.streams() for event in stream.events if event.type == kind)


def payloads(record: Record, kind: str, fields: Fields) -> Verdict:
    """Every event of the type has these fields with values of these shapes."""
    observations = Observations("wrong-payload", f"{kind} with {', '.join(fields)}")
    for stream, event in all_events(record, kind):
        wrong = [name for name, shape in fields.items() if not shape(event.get(name))]
        observed = f"{kind}: wrong or missing {', '.join(wrong)}" if wrong else f"{kind} with all fields"
        observations.add(not wrong, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


def runs(record: Record) -> Iterator[Stream]:
    """Streams that heard a run from its start to its orderly end."""
    for stream in record.streams():
        if stream.is_streaming and stream.complete and stream.terminal is not None:
            yield stream


def texts(record: Record, kind: str, *names: str) -> Verdict:
    """Every event of the type carries these strings."""
    return payloads(record, kind, dict.fromkeys(names, shapes.text))


@judge("EVENT-001", *STREAMS, sweep=True)
def documented_types(record: Record) -> Verdict:
    observations = Observations("undocumented-type", "the thirteen documented types")
    for stream in record.streams():
        odd = next((event for event in stream.events if event.type not in TYPES), None)
        observed = f"type {odd.type!r}" if odd else f"{len(stream.events)} events of documented types"
        observations.add(odd is None, stream.exchange, observed, offset=odd.offset if odd else None)
    return observations.verdict()


@judge("EVENT-002", *STREAMS, sweep=True)
def history_message(record: Record) -> Verdict:
    texts = dict.fromkeys(("id", "role", "content", "createdAt"), shapes.text)
    return payloads(record, "history_message", texts)


@judge("EVENT-003", *STREAMS, sweep=True)
def history_done(record: Record) -> Verdict:
    return payloads(record, "history_done", {"messageCount": shapes.count, "isStreaming": shapes.flag})


@judge("EVENT-004", *STREAMS, sweep=True)
def status(record: Record) -> Verdict:
    observations = Observations(
        "unknown-status", "connecting, processing or retrying, or no status event at all"
    )
    known = {"connecting", "processing", "retrying"}
    for stream in runs(record):
        for event in stream.of("status"):
            state = event.get("status") or event.get("message")
            observations.add(
                shapes.one_of(state, known), stream.exchange, f"status {state!r}", offset=event.offset
            )
        if not stream.of("status"):
            observations.holds(stream.exchange, "no status event")
    return observations.verdict()


@judge("EVENT-005", *STREAMS, sweep=True)
def thought(record: Record) -> Verdict:
    return payloads(record, "thought", {"subject": shapes.text, "description": shapes.text})


@judge("EVENT-006", *STREAMS, sweep=True)
def content(record: Record) -> Verdict:
    return payloads(record, "content", {"text": shapes.text, "isPartial": shapes.flag})


@judge("EVENT-007", "tool_task", sweep=True)
def tool_call(record: Record) -> Verdict:
    texts = dict.fromkeys(("callId", "toolName", "status"), shapes.text)
    return payloads(record, "tool_call", texts | {"args": shapes.mapping})


@judge("EVENT-008", "tool_task", sweep=True)
def tool_result(record: Record) -> Verdict:
    return payloads(record, "tool_result", dict.fromkeys(("callId", "status", "output"), shapes.text))


@judge("EVENT-009", SUBAGENTS)
def subagent_start(record: Record) -> Verdict:
    return texts(record, "subagent_start", "agentName", "displayName", "description", "objective")


@judge("EVENT-010", SUBAGENTS)
def subagent_thought(record: Record) -> Verdict:
    return texts(record, "subagent_thought", "agentName", "text")


@judge("EVENT-011", SUBAGENTS)
def subagent_tool(record: Record) -> Verdict:
    return texts(record, "subagent_tool", "agentName", "status", "toolName")


@judge("EVENT-012", SUBAGENTS)
def subagent_end(record: Record) -> Verdict:
    return texts(record, "subagent_end", "agentName", "terminateReason", "result")


@judge("EVENT-013", "cancel_running", sweep=True)
def error(record: Record) -> Verdict:
    return payloads(record, "error", {"message": shapes.text})


@judge("EVENT-014", *STREAMS, sweep=True)
def done(record: Record) -> Verdict:
    return payloads(record, "done", {"finalResponse": shapes.text})


@judge("EVENT-015", "tool_task", sweep=True)
def flat_or_wrapped(record: Record) -> Verdict:
    observations = Observations("mixed-payloads", "flat or wrapped, the same in all events")
    first: bool | None = None
    for stream, event in all_events(record, "tool_call"):
        wrapped = event.payload is not None and "callId" not in event.payload
        first = wrapped if first is None else first
        observed = "wrapped" if wrapped else "flat"
        observations.add(wrapped == first, stream.exchange, observed, offset=event.offset)
    return observations.verdict()


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
    """What the answer is to the content, white space around it left out; a text of its own fits nothing."""
    last = [str(event.get("text")) for event in stream.closing]
    texts = stream.texts
    possible = {
        "all content texts joined": "".join(texts),
        "the content since the last tool result": "".join(last),
        "the last content text": texts[-1],
    }
    fits = {name for name, text in possible.items() if text.strip() == answer}
    return fits or {"a text of its own"}


@judge("EVENT-017", *STREAMS, sweep=True)
def final_response_is_the_text(record: Record) -> Verdict:
    observations = Observations("other-text", "finalResponse equals the joined content texts")
    for stream in runs(record):
        for event in stream.of("done"):
            joined = "".join(stream.texts)
            holds = event.get("finalResponse") == joined
            observations.add(holds, stream.exchange, f"{len(joined)} characters", offset=event.offset)
    return observations.verdict()


@judge("EVENT-018", "easy_task", "tool_task", "follow_up")
def delta_or_cumulative(record: Record) -> Verdict:
    observations = Observations(
        "two-readings", "content.text is a delta or the text so far, the same throughout"
    )
    seen: set[str] = set()
    for probe in ("easy_task", "tool_task", "follow_up"):
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


@judge("EVENT-020", "tool_task", sweep=True)
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


@judge("EVENT-021", "tool_task", sweep=True)
def calls_are_answered(record: Record) -> Verdict:
    observations = Observations("call-without-result", "every call has its result before done")
    for stream in runs(record):
        calls = {event.call for event in stream.of("tool_call")}
        open_calls = calls - {event.call for event in stream.of("tool_result")}
        if calls and stream.of("done"):
            observations.add(
                not open_calls, stream.exchange, f"{len(calls)} calls, {len(open_calls)} without a result"
            )
    return observations.verdict()


@judge("EVENT-022", "tool_task", sweep=True)
def call_ids_differ(record: Record) -> Verdict:
    observations = Observations("call-id-reused", "different callIds for different calls")
    for stream in record.streams():
        args: dict[str, str] = {}
        for event in stream.of("tool_call"):
            asked = f"{event.get('toolName')} {event.get('args')}"
            same = args.setdefault(event.call, asked) == asked
            observations.add(same, stream.exchange, f"callId {event.get('callId')!r}", offset=event.offset)
    return observations.verdict()


@judge("EVENT-023", "tool_task", "approve_once", sweep=True)
def tool_statuses(record: Record) -> Verdict:
    observations = Observations(
        "unknown-status", "executing or awaiting_approval on a call, success, error or cancelled on a result"
    )
    known = {
        "tool_call": {"executing", "awaiting_approval", "success", "error", "cancelled"},
        "tool_result": {"success", "error", "cancelled"},
    }
    for kind, statuses in known.items():
        for stream, event in all_events(record, kind):
            state = event.get("status")
            observations.add(
                shapes.one_of(state, statuses), stream.exchange, f"{kind} {state!r}", offset=event.offset
            )
    return observations.verdict()


@judge("EVENT-024", SUBAGENTS)
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
                observed = f"{event.type} of {name!r}{'' if at_work else ', which is not at work'}"
                observations.add(at_work, stream.exchange, observed, offset=event.offset)
                if event.type == "subagent_end":
                    working[name] = working.get(name, 0) - 1
    return observations.verdict()


@judge("EVENT-025", SUBAGENTS)
def one_vocabulary(record: Record) -> Verdict:
    followed = Reading(
        start_end="status is start or end, as of subagents",
        tool_status="status is one of executing, success, error and the like, as of tools",
    )
    for stream, event in all_events(record, "subagent_tool"):
        state = event.get("status")
        reading = None
        if shapes.one_of(state, START_END):
            reading = "start_end"
        elif shapes.one_of(state, TOOL_STATUSES):
            reading = "tool_status"
        followed.add(reading, stream.exchange, f"status {state!r}", offset=event.offset)
    return followed.verdict()


@judge("EVENT-026", "cancel_running", sweep=True)
def error_with_code(record: Record) -> Verdict:
    return payloads(record, "error", {"message": shapes.text, "code": shapes.text})


@judge("EVENT-027", FAILING_TASK, sweep=True)
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


@judge("EVENT-028", "tool_task")
def get_tells_the_calls(record: Record) -> Verdict:
    observations = Observations("calls-differ", "the callIds and the order of the stream")
    final = record.exchange("tool_task", "finished")
    output = shapes.fields(final.fields.get("output"))
    found = [shapes.word(call.get("callId")) for call in shapes.objects(output.get("toolCalls"))]
    stream = record.stream("tool_task", f"{record.fact('tool_task', 'attempt')}: whole")
    received = list(dict.fromkeys(event.call for event in stream.of("tool_call")))
    observations.add(found == received and bool(received), final, f"get_task {found}, stream {received}")
    return observations.verdict()


@judge("EVENT-029", "easy_task", sweep=True)
def answers_have_content(record: Record) -> Verdict:
    observations = Observations("no-content", "at least one content event between history_done and done")
    for stream in runs(record):
        if stream.of("done") and not stream.of("tool_call"):
            observations.add(
                bool(stream.of("content")), stream.exchange, f"{len(stream.of('content'))} content events"
            )
    return observations.verdict()
