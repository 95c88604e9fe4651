"""The event types and their payloads."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readers import runs
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.traces import cancellations
from sigmic_conformance.conformance.judging.verdict import Verdict, info
from sigmic_conformance.conformance.labels.cancel import CancelRunning
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.model.calls import Call
from sigmic_conformance.conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.seen_calls import calls_told
from sigmic_conformance.conformance.model.seen_tasks import events_told
from sigmic_conformance.conformance.model.statuses import COMPLETED
from sigmic_conformance.conformance.model.turns import Turn
from sigmic_conformance.conformance.registry import check, check_each, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.stream import TYPES, Stream, StreamEvent
from sigmic_conformance.spec.plural import plural

STREAMS = (EasyTask.PROBE, ToolTask.PROBE)


def all_events(record: Record, kind: str) -> Iterator[tuple[Stream, StreamEvent]]:
    """Every event of a type in the run."""
    return ((stream, event) for stream in record.streams() for event in stream.events if event.type == kind)


@dataclass(frozen=True, slots=True)
class Payload:
    """Every event of a type has these fields with values of these shapes; a bare name is a string."""

    kind: str
    texts: Sequence[str]
    others: Mapping[str, Callable[[object], bool]] = field(default_factory=dict)
    probes: tuple[ProbeName, ...] = STREAMS

    def __call__(self, record: Record) -> Verdict:
        fields = dict.fromkeys(self.texts, shapes.text) | dict(self.others)
        observations = Observations("wrong-payload", f"{self.kind} with {', '.join(fields)}")
        for stream, event in all_events(record, self.kind):
            wrong = [name for name, shape in fields.items() if not shape(event.get(name))]
            observed = f": wrong or missing {', '.join(wrong)}" if wrong else " with all fields"
            observations.add(not wrong, stream.exchange, self.kind + observed, offset=event.offset)
        return observations.verdict()


START_END = frozenset({"start", "end"})


OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})


STATUSES = frozenset({"connecting", "processing", "retrying"})


SEVERAL = 4


check_each(
    __name__,
    {
        "EVENT-002": Payload("history_message", ["id", "role", "content", "createdAt"]),
        "EVENT-003": Payload("history_done", [], {"messageCount": shapes.count, "isStreaming": shapes.flag}),
        "EVENT-005": Payload("thought", ["subject", "description"]),
        "EVENT-006": Payload("content", ["text"], {"isPartial": shapes.flag}),
        "EVENT-007": Payload(
            "tool_call", ["callId", "toolName", "status"], {"args": shapes.mapping}, probes=(ToolTask.PROBE,)
        ),
        "EVENT-008": Payload("tool_result", ["callId", "status", "output"], probes=(ToolTask.PROBE,)),
        "EVENT-013": Payload("error", ["message"], probes=(CancelRunning.PROBE,)),
        "EVENT-014": Payload("done", ["finalResponse"]),
        "EVENT-026": Payload("error", ["message", "code"], probes=(CancelRunning.PROBE,)),
    },
)


@check_record("EVENT-001")
def documented_types(record: Record) -> Verdict:
    observations = Observations("undocumented-type", "the thirteen documented types")
    for stream in record.streams():
        odd = next((event for event in stream.events if event.type not in TYPES), None)
        observed = (
            f"type {odd.type!r}" if odd else f"{plural(len(stream.events), 'event')} of documented types"
        )
        observations.add(odd is None, stream.exchange, observed, offset=odd.offset if odd else None)
    return observations.verdict()


@check("EVENT-004", STREAM, reason="unknown-status")
def statuses_are_known(seen: Seen) -> Findings:
    """Every status event has one of the three values, whether its reader stayed or not."""
    for event in events_told(seen, "status"):
        told = event.get("status") or event.get("message")
        known = "three values are documented"
        yield says(shapes.one_of(told, STATUSES), known, f"status {told!r}", offset=event.offset)


def _has(seen: Seen, kind: str, *names: str) -> Findings:
    """Every event of a type has these members, each a string."""
    for event in events_told(seen, kind):
        wrong = [name for name in names if not shapes.text(event.get(name))]
        shown = f"wrong or missing: {', '.join(wrong)}" if wrong else "all are there"
        yield says(not wrong, f"{kind} carries {', '.join(names)}", shown, offset=event.offset)


@check("EVENT-009", STREAM, reason="wrong-payload")
def starts_of_subagents(seen: Seen) -> Findings:
    """Every subagent_start names and describes its agent."""
    yield from _has(seen, "subagent_start", "agentName", "displayName", "description", "objective")


@check("EVENT-010", STREAM, reason="wrong-payload")
def thoughts_of_subagents(seen: Seen) -> Findings:
    """Every subagent_thought has a text."""
    yield from _has(seen, "subagent_thought", "agentName", "text")


@check("EVENT-011", STREAM, reason="wrong-payload")
def tools_of_subagents(seen: Seen) -> Findings:
    """Every subagent_tool names agent and tool."""
    yield from _has(seen, "subagent_tool", "agentName", "status", "toolName")


@check("EVENT-012", STREAM, reason="wrong-payload")
def ends_of_subagents(seen: Seen) -> Findings:
    """Every subagent_end has a reason and a result."""
    yield from _has(seen, "subagent_end", "agentName", "terminateReason", "result")


@check_record("EVENT-015")
def flat_or_wrapped(record: Record) -> Verdict:
    observations = Observations("mixed-payloads", "flat or wrapped, the same in all events")
    first: bool | None = None
    for stream, event in all_events(record, "tool_call"):
        wrapped = event.payload is not None and "callId" not in event.payload
        first = wrapped if first is None else first
        observed = "wrapped" if wrapped else "flat"
        observations.add(wrapped == first, stream.exchange, observed, offset=event.offset)
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


@check_record("EVENT-016")
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


@check_record("EVENT-017")
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


@check("EVENT-018", STREAM, reason="two-readings")
def deltas_stay_deltas(seen: Seen) -> Findings:
    """Whether a text continues the one before or repeats it is the same in all streams of the run."""
    stream = seen.stream
    texts = stream.texts if stream is not None and stream.is_streaming else ()
    if stream is None or len(texts) < 2:
        return
    growing = bool(texts[0]) and all(later.startswith(earlier) for earlier, later in pairwise(texts))
    if growing and not stream.complete and len(texts) < SEVERAL:
        # Two pieces of an answer may begin alike; of a whole answer more is known.
        return
    reading = "the text so far" if growing else "a delta"
    first = seen.model.first_reading("EVENT-018", reading)
    yield says(reading == first, f"content was {first} before", f"here it is {reading}")


@check_record("EVENT-019")
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


@check_record("EVENT-020")
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


@check("EVENT-020", STREAM, reason="unpaired-result")
def one_result_for_each_call(seen: Seen) -> Findings:
    """No stream tells two results of one call."""
    if seen.stream is None:
        return
    for call in calls_told(seen):
        number = sum(event.call == call.id for event in seen.stream.of("tool_result"))
        if number:
            yield says(number == 1, "a call runs once", f"the call {call.id} has {plural(number, 'result')}")


@check_record("EVENT-021")
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


@check_record("EVENT-022")
def call_ids_differ(record: Record) -> Verdict:
    observations = Observations("call-id-reused", "different callIds for different calls")
    for stream in record.streams():
        args: dict[str, str] = {}
        for event in stream.of("tool_call"):
            asked = f"{event.get('toolName')} {event.get('args')}"
            same = args.setdefault(event.call, asked) == asked
            observations.add(same, stream.exchange, f"callId {event.get('callId')!r}", offset=event.offset)
    return observations.verdict()


@check("EVENT-022", HISTORY, "stream_task", reason="call-id-reused")
def answers_have_calls_of_their_own(seen: Seen) -> Findings:
    """No call that is told with an answer is told with the answer to a later message as well."""
    before: set[str] = set()
    here: set[str] = set()
    again: set[str] = set()
    for message in seen.view.messages if seen.view else ():
        if message.get("role") == "user":
            before |= here
        calls = {shapes.word(call.get("callId")) for call in shapes.objects(message.get("toolCalls"))} - {""}
        here |= calls
        again |= calls & before
    if before:
        shown = f"{len(again)} of them once more, {min(again)} among them" if again else "none of them again"
        yield says(
            not again, f"{plural(len(before), 'call is', 'calls are')} shown with earlier answers", shown
        )


def _was_another(call: Call, turn: Turn) -> bool:
    """Whether a call was told with other arguments before a turn than in it."""
    told = [(each.at < turn.began, each.event.get("args")) for each in call.heard if not each.is_result]
    before, now = ([args for early, args in told if args and early is when] for when in (True, False))
    return bool(before and now) and not any(args in before for args in now)


@check("EVENT-022", STREAM, reason="call-id-reused")
def ids_of_calls_differ(seen: Seen) -> Findings:
    """No callId of a turn names a call that had its result in an earlier turn, or that was another there."""
    task, stream = seen.task, seen.stream
    turn = task.turn_at(seen.began) if task else None
    if task is None or stream is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    for name in dict.fromkeys(event.call for event in stream.of("tool_call")):
        call = task.calls.get(name)
        if call is not None and (call.result is not None or len(call.heard) > 1):
            ended = call.result is not None and call.result.at < turn.began
            earlier = ended or _was_another(call, turn)
            yield says(
                not earlier,
                f"turn {turn.number} calls {name}",
                "of an earlier turn" if earlier else "it is new",
            )


@check_record("EVENT-023")
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


@check("EVENT-024", STREAM, reason="outside")
def subagents_work_between_start_and_end(seen: Seen) -> Findings:
    """What is told of a subagent live stands between its start and its end."""
    stream = seen.stream
    turn = seen.task.turn_at(seen.began) if seen.task else None
    if stream is None or seen.task is None or turn is None or not seen.task.is_from_the_start(turn, stream):
        return
    working: dict[str, int] = {}
    for event in stream.live:
        name = shapes.word(event.get("agentName"))
        if event.type == "subagent_start":
            working[name] = working.get(name, 0) + 1
        elif event.type in OF_SUBAGENTS:
            at_work = working.get(name, 0) > 0
            yield says(at_work, f"{name} is a subagent", f"{event.type}", offset=event.offset)
            if event.type == "subagent_end":
                working[name] = working.get(name, 0) - 1


@check("EVENT-025", STREAM, reason="two-readings")
def subagents_have_one_vocabulary(seen: Seen) -> Findings:
    """The statuses of subagent_tool are of one vocabulary in the whole run."""
    for event in events_told(seen, "subagent_tool"):
        reading = "of subagents" if shapes.one_of(event.get("status"), START_END) else "of tools"
        first = seen.model.first_reading("EVENT-025", reading)
        shown = f"status {event.get('status')!r} is {reading}"
        yield says(reading == first, f"statuses were {first} before", shown, offset=event.offset)


@check("EVENT-027", GET, reason="not-failed")
def error_means_failed(seen: Seen) -> Findings:
    """get_task after the error that ended a turn's stream tells it failed, with a text; or cancelled."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    ends = [
        stream
        for stream in task.streams
        if stream.exchange.started >= turn.taken and stream.complete and stream.exchange.ended < seen.began
    ]
    said = [each for each in ends if each.terminal is not None and each.terminal.type == "error"]
    if not said or not seen.exchange.ok or task.may_be_cancelled(seen.began, seen.ended):
        return
    if task.may_end_by_rejection(turn.began, seen.ended):
        return  # whether that ends the run as cancelled, no page says (G-65)
    status, text = seen.fields.get("status"), seen.fields.get("error")
    holds = status == "failed" and shapes.filled(text)
    yield says(
        holds, f"{said[0].exchange.label} ended with error", f"{status}, error {shapes.word(text)[:60]}"
    )


@check("EVENT-027", GET, reason="earlier-error")
def error_is_of_this_run(seen: Seen) -> Findings:
    """A target that tells the text of the error event as `error` does not tell that of an earlier run."""
    task = seen.task
    turn = task.turn_at(seen.began) if task else None
    if task is None or turn is None or not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    now, text = task.broke_off(turn), shapes.word(seen.fields.get("error"))
    failed = seen.exchange.ok and seen.fields.get("status") == "failed"
    if now is None or not failed or task.may_be_cancelled(seen.began, seen.ended):
        return
    earlier = {shapes.word(each.fields.get("error")) for each in task.read if each.ended < turn.began}
    if seen.model.choices.tells_errors_as_streamed and earlier - {now, "null"}:
        known = f"this run ended with the error {now[:60]!r}"
        yield says(text == now or text not in earlier, known, f"error {text[:60]!r}")


@check_record("EVENT-028")
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


@check("EVENT-028", GET, reason="calls-differ")
def output_has_the_calls(seen: Seen) -> Findings:
    """The tool calls in the output of a completed turn are those that its reader heard."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.task is None:
        return
    heard = seen.task.heard_whole(rest)
    output = seen.fields.get("output")
    if heard is None or not isinstance(output, dict):
        return
    told = list(dict.fromkeys(event.call for event in heard.of("tool_call")))
    shown = [shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))]
    # Whether the output tells the last turn only is not documented (G-44).
    yield says(
        shown[-len(told) :] == told if told else True,
        f"a reader received the calls {told}",
        f"output has {shown}",
    )


def _calls_of(fields: Mapping[str, Any]) -> list[str]:
    output = shapes.fields(fields.get("output"))
    return [shapes.word(each.get("callId")) for each in shapes.objects(output.get("toolCalls"))]


def _waiting(fields: Mapping[str, Any]) -> list[str]:
    return [shapes.word(each.get("callId")) for each in shapes.objects(fields.get("pendingApprovals"))]


def _known_to(fields: Mapping[str, Any]) -> set[str]:
    """The calls that an answer of get_task tells."""
    return {*_calls_of(fields), *_waiting(fields)}


@check("EVENT-028", GET, reason="calls-differ")
def output_keeps_the_order_of_asking(seen: Seen) -> Findings:
    """A call that waited alone stands in the output in front of those that waited after its answer.

    One that never waited may have run before, and nobody was told.
    """
    rest, task = seen.rest(), seen.task
    if rest is None or rest.over is None or rest.over.status != COMPLETED or task is None:
        return
    shown = _calls_of(seen.fields)
    for call in task.calls.values():
        answers = [each.sent for each in call.decisions if each.certainty is Certainty.ACCEPTED]
        mine = [each for each in task.read if rest.holds(each.started, each.ended)]
        before = [each for each in mine if answers and each.ended < answers[0]]
        if call.id not in shown or not any(_waiting(each.fields) == [call.id] for each in before):
            continue
        early = {name for each in before for name in _known_to(each.fields)} | task.told_before(rest)
        heard = {other.id for other in task.calls.values() if other.first and other.first.at < answers[0]}
        after = {name for each in mine if each not in before for name in _waiting(each.fields)}
        later = [name for name in shown if name in after and name not in early | heard | {call.id}]
        if later:
            holds = all(shown.index(call.id) < shown.index(name) for name in later)
            known = f"{call.id} alone had waited, and others did after its answer"
            yield says(holds, known, f"output has {shown}")


@check_record("EVENT-029")
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


@check_record("EVENT-004")
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


@check_record("EVENT-018")
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


TOOL_STATUSES = frozenset({"executing", "awaiting_approval", "success", "error", "cancelled"})


@check_record("EVENT-025")
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
