"""The event types and their payloads."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import SUCCESS, Call, went_on
from sigmic_conformance.model.conversation import View
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_tasks import events_of
from sigmic_conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.model.places import agrees
from sigmic_conformance.model.record.evidence import brief
from sigmic_conformance.model.record.finding import Findings, notes, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import Certainty
from sigmic_conformance.model.shown import CALLED, OUTPUT
from sigmic_conformance.model.statuses import COMPLETED
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import TYPES, StreamEvent
from sigmic_spec.plural import plural

STATUSES = frozenset({"connecting", "processing", "retrying"})
START_END = frozenset({"start", "end"})
TOOL_STATUSES = frozenset({"executing", "awaiting_approval", "success", "error", "cancelled"})
OF_SUBAGENTS = frozenset({"subagent_thought", "subagent_tool", "subagent_end"})
SEVERAL = 4


def _run(seen: Seen) -> Stream | None:
    """A stream that reported a run up to its done, and was closed properly."""
    stream = seen.stream
    whole = stream is not None and stream.is_streaming and stream.complete and stream.of("done")
    return stream if whole else None


@check("EVENT-001", STREAM, reason="undocumented-type")
def types_are_documented(stream: Stream) -> Findings:
    """Every event is of one of the thirteen types."""
    odd = next((event for event in stream.events if event.type not in TYPES), None)
    if odd is not None:
        yield says(
            odd.type in TYPES, "thirteen types are documented", f"type {spelled(odd.type)}", offset=odd.offset
        )
    elif stream.live:
        yield says(odd is None, "thirteen types are documented", "all events are of them")


def _field(event: StreamEvent, name: str) -> object:
    """A field of an event. No page shows an error: it may be like that of an error response (C-04)."""
    error = event.get("error") if event.type == "error" else None
    return error.get(name) if isinstance(error, dict) else event.get(name)


def _carries(seen: Seen, kind: str, *texts: str, **others: Callable[[object], bool]) -> Findings:
    """Every event of a type has these fields with these shapes; a bare name is a string."""
    fields = dict.fromkeys(texts, json_values.text) | others
    known = f"{kind} carries {', '.join(fields)}"
    for event in events_of(seen, kind):
        wrong = [name for name, shape in fields.items() if not shape(_field(event, name))]
        shown = f"{', '.join(wrong)} wrong or missing in {brief(event.data)}" if wrong else "all are there"
        yield says(not wrong, known, shown, offset=event.offset)


@check("EVENT-002", STREAM, reason="wrong-payload")
def payload_of_history_message(seen: Seen) -> Findings:
    """A `history_message` event has its fields."""
    return _carries(seen, "history_message", "id", "role", "content", "createdAt")


@check("EVENT-003", STREAM, reason="wrong-payload")
def payload_of_history_done(seen: Seen) -> Findings:
    """A `history_done` event has its fields."""
    return _carries(seen, "history_done", messageCount=json_values.count, isStreaming=json_values.flag)


@check("EVENT-004", STREAM, reason="unknown-status")
def statuses_are_known(seen: Seen) -> Findings:
    """Every status event has one of the three values. A run may have none."""
    told = list(events_of(seen, "status"))
    for event in told:
        status = event.get("status") or event.get("message")
        holds, shown = json_values.one_of(status, STATUSES), f"status {spelled(status)}"
        yield says(holds, "three values are documented", shown, offset=event.offset)
    if not told and _run(seen):
        yield says(not told, "the stream ended with done", "no status event")


@check("EVENT-005", STREAM, reason="wrong-payload")
def payload_of_thought(seen: Seen) -> Findings:
    """A `thought` event has its fields."""
    return _carries(seen, "thought", "subject", "description")


@check("EVENT-006", STREAM, reason="wrong-payload")
def payload_of_content(seen: Seen) -> Findings:
    """A `content` event has its fields."""
    return _carries(seen, "content", "text", isPartial=json_values.flag)


@check("EVENT-007", STREAM, reason="wrong-payload")
def payload_of_tool_call(seen: Seen) -> Findings:
    """A `tool_call` event has its fields."""
    return _carries(seen, "tool_call", "callId", "toolName", "status", args=json_values.mapping)


@check("EVENT-008", STREAM, reason="wrong-payload")
def payload_of_tool_result(seen: Seen) -> Findings:
    """A `tool_result` event has its fields."""
    return _carries(seen, "tool_result", "callId", "status", "output")


@check("EVENT-009", STREAM, reason="wrong-payload")
def payload_of_subagent_start(seen: Seen) -> Findings:
    """A `subagent_start` event has its fields."""
    return _carries(seen, "subagent_start", "agentName", "displayName", "description", "objective")


@check("EVENT-010", STREAM, reason="wrong-payload")
def payload_of_subagent_thought(seen: Seen) -> Findings:
    """A `subagent_thought` event has its fields."""
    return _carries(seen, "subagent_thought", "agentName", "text")


@check("EVENT-011", STREAM, reason="wrong-payload")
def payload_of_subagent_tool(seen: Seen) -> Findings:
    """A `subagent_tool` event has its fields."""
    return _carries(seen, "subagent_tool", "agentName", "status", "toolName")


@check("EVENT-012", STREAM, reason="wrong-payload")
def payload_of_subagent_end(seen: Seen) -> Findings:
    """A `subagent_end` event has its fields."""
    return _carries(seen, "subagent_end", "agentName", "terminateReason", "result")


@check("EVENT-013", STREAM, reason="wrong-payload")
def payload_of_error(seen: Seen) -> Findings:
    """An `error` event has its fields."""
    return _carries(seen, "error", "message")


@check("EVENT-014", STREAM, reason="wrong-payload")
def payload_of_done(seen: Seen) -> Findings:
    """A `done` event has its fields."""
    return _carries(seen, "done", "finalResponse")


@check("EVENT-015", STREAM, reason="mixed-payloads")
def payloads_have_one_form(seen: Seen) -> Findings:
    """The payloads of tool calls are flat or wrapped, the same in the whole run."""
    for event in events_of(seen, "tool_call"):
        reading = "wrapped" if event.payload is not None and "callId" not in event.payload else "flat"
        first = seen.model.first_reading("EVENT-015", reading)
        yield says(reading == first, f"the first was {first}", reading, offset=event.offset)


@check("EVENT-018", reason="two-readings")
def delta_or_cumulative(record: Record) -> Findings:
    known, seen = "content.text is a delta or the text so far, the same throughout", set[str]()
    streams = [each for probe in ("easy_task", "tool_task", "follow_up") for each in record.streams(probe)]
    for stream in streams:
        texts = stream.answer.pieces
        if stream.is_streaming and stream.complete and len(texts) > 1:
            growing = all(later.startswith(earlier) for earlier, later in pairwise(texts))
            reading = "the text so far" if growing and texts[0] else "a delta"
            seen.add(reading)
            shown = f"{reading} in {spelled(brief(texts[0]))}, {spelled(brief(texts[1]))}"
            yield says(len(seen) == 1, known, shown, exchange=stream.exchange)
    if streams and not seen:
        shown = "every answer came in one content event: the two readings are the same"
        yield notes(known, shown, exchange=streams[0].exchange)


@check("EVENT-018", STREAM, reason="two-readings")
def deltas_stay_deltas(seen: Seen, stream: Stream) -> Findings:
    """Whether a text continues or repeats the previous one is the same in all streams of one turn each.

    If a message was sent before the turn was over, its answer may follow in the same stream (G-58, G-59).
    """
    turn = seen.task.turns.at(seen.ended) if seen.task else None
    texts = stream.answer.pieces if stream.is_streaming else ()
    if len(texts) < 2 or (turn is not None and not turn.is_clear):
        return
    growing = bool(texts[0]) and all(later.startswith(earlier) for earlier, later in pairwise(texts))
    if growing and not stream.complete and len(texts) < SEVERAL:
        # Two pieces of an answer may have the same beginning; a whole answer is better evidence.
        return
    reading = "the text so far" if growing else "a delta"
    first = seen.model.first_reading("EVENT-018", reading)
    shown = f"{reading} in {spelled(brief(texts[0]))}, {spelled(brief(texts[1]))}"
    yield says(reading == first, f"content was {first} before", shown)


@check("EVENT-020", STREAM, reason="unpaired-result")
def results_follow_calls(stream: Stream) -> Findings:
    """Each result names an earlier call of the stream, and no call has two.

    The last saved message may be the answer in progress, and have the call (G-49).
    """
    saved = (told for each in stream.messages[-1:] for told in json_values.objects(each.get("toolCalls")))
    called = {json_values.word(told.get("callId")) for told in saved}
    answered: set[str] = set()
    for event in stream.live:
        if event.type == "tool_call":
            called.add(event.call)
        elif event.type == "tool_result":
            known, again = event.call in called, event.call in answered
            shown = "a second result" if again else "a result" if known else "a result without a call"
            yield says(
                known and not again, f"{plural(len(called), 'call')} came before", shown, offset=event.offset
            )
            answered.add(event.call)


@check("EVENT-021", STREAM, reason="call-without-result")
def calls_are_answered(seen: Seen, task: Task) -> Findings:
    """Every call of a run that was not cancelled, nor ended by a rejection, has its result before done."""
    stream = _run(seen)
    if stream is None or not all(each.refused for each in task.cancellations):
        return
    if task.may_end_by_rejection(seen.turn.began if seen.turn else 0, seen.ended):
        return
    calls = {event.call for event in stream.of("tool_call")}
    lacking = calls - {event.call for event in stream.of("tool_result")}
    if calls:
        yield says(
            not lacking, "the run is over", f"{plural(len(calls), 'call')}, {len(lacking)} without a result"
        )


@check("EVENT-022", STREAM, reason="call-id-reused")
def calls_of_a_stream_differ(stream: Stream) -> Findings:
    """Two calls of a stream that differ in tool or args have different ids. A call may first have no args."""
    args: dict[str, tuple[object, object]] = {}
    for event in stream.of("tool_call"):
        tool, told = event.get("toolName"), event.get("args")
        first_tool, first = args.get(event.call, (tool, told))
        same = tool == first_tool and (told == first or not first)
        args[event.call] = tool, first or told
        shown = f"callId {spelled(event.get('callId'))}{'' if same else ' of another call as well'}"
        yield says(same, f"{plural(len(args), 'call')}", shown, offset=event.offset)


@check("EVENT-022", HISTORY, STREAM, reason="call-id-reused")
def answers_have_calls_of_their_own(view: View) -> Findings:
    """No call of an answer is listed again with the answer to a later message."""
    before: set[str] = set()
    here: set[str] = set()
    again: set[str] = set()
    for message in view.messages:
        if message.get("role") == "user":
            before |= here
        calls = set(json_values.call_ids(message.get("toolCalls"))) - {""}
        here |= calls
        again |= calls & before
    if before:
        shown = f"{len(again)} of them once more, {min(again)} among them" if again else "none of them again"
        yield says(not again, f"earlier answers show {plural(len(before), 'call')}", shown)


def _was_another(call: Call, turn: Turn) -> bool:
    """Whether a call had other arguments before a turn than in it."""
    told = [(each.at < turn.began, each.event.get("args")) for each in call.events if not each.is_result]
    before, now = ([args for early, args in told if args and early is when] for when in (True, False))
    return bool(before and now) and not any(args in before for args in now)


@check("EVENT-022", STREAM, reason="call-id-reused")
def ids_of_calls_differ(seen: Seen, task: Task, stream: Stream, turn: Turn) -> Findings:
    """No callId of a turn belongs to a call with a result in an earlier turn, or to another earlier call."""
    if not turn.is_clear or turn.taken > seen.began:
        return
    for name in dict.fromkeys(event.call for event in stream.of("tool_call")):
        call = task.calls.get(name)
        if call is not None and (call.result is not None or len(call.events) > 1):
            ended = call.result is not None and call.result.at < turn.began
            earlier = ended or _was_another(call, turn)
            yield says(
                not earlier,
                f"turn {turn.number} calls {name}",
                "of an earlier turn" if earlier else "it is new",
            )


@check("EVENT-023", STREAM, reason="unknown-status")
def statuses_of_tools_are_known(seen: Seen) -> Findings:
    """The status of a call, and of a result whose output shows that its command ran to the end."""
    for event in events_of(seen, "tool_call"):
        told = event.get("status")
        known = "the documentation shows executing and awaiting_approval"
        yield says(
            json_values.one_of(told, TOOL_STATUSES), known, f"tool_call {spelled(told)}", offset=event.offset
        )
    for event in events_of(seen, "tool_result"):
        if went_on(json_values.word(event.get("output"))):
            told, known = event.get("status"), "its command ran to the end, so it is a success"
            yield says(told == SUCCESS, known, f"tool_result {spelled(told)}", offset=event.offset)


@check("EVENT-024", STREAM, reason="outside")
def subagents_work_between_start_and_end(task: Task, stream: Stream, turn: Turn) -> Findings:
    """Live events of a subagent come between its start and its end."""
    if not task.readers.is_from_the_start(turn, stream):
        return
    working: dict[str, int] = {}
    for event in stream.live:
        name = json_values.word(event.get("agentName"))
        if event.type == "subagent_start":
            working[name] = working.get(name, 0) + 1
        elif event.type in OF_SUBAGENTS:
            at_work = working.get(name, 0) > 0
            yield says(at_work, f"{name} is a subagent", f"{event.type}", offset=event.offset)
            if event.type == "subagent_end":
                working[name] = working.get(name, 0) - 1


@check("EVENT-025", reason="no-reading")
def one_vocabulary(record: Record) -> Findings:
    followed = Reading(
        start_end="status is start or end, as of subagents",
        tool_status="status is one of executing, success, error and the like, as of tools",
    )
    heard = ((stream, event) for stream in record.streams() for event in stream.events)
    for stream, event in ((stream, event) for stream, event in heard if event.type == "subagent_tool"):
        state = event.get("status")
        reading = None
        if json_values.one_of(state, START_END):
            reading = "start_end"
        elif json_values.one_of(state, TOOL_STATUSES):
            reading = "tool_status"
        followed.add(reading, stream.exchange, f"status {spelled(state)}", offset=event.offset)
    return followed.findings()


@check("EVENT-025", STREAM, reason="two-readings")
def subagents_have_one_vocabulary(seen: Seen) -> Findings:
    """The statuses of subagent_tool are of one vocabulary in the whole run."""
    for event in events_of(seen, "subagent_tool"):
        reading = "of subagents" if json_values.one_of(event.get("status"), START_END) else "of tools"
        first = seen.model.first_reading("EVENT-025", reading)
        shown = f"status {spelled(event.get('status'))} is {reading}"
        yield says(reading == first, f"statuses were {first} before", shown, offset=event.offset)


@check("EVENT-027", GET, reason="not-failed")
def error_means_failed(seen: Seen, task: Task, turn: Turn) -> Findings:
    """After an error event ended a turn, get_task shows it as failed with a text, or as cancelled."""
    if not turn.is_clear or not turn.holds(seen.began, seen.ended):
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
        return  # no page says whether that ends the run as cancelled (G-65)
    status, text = seen.fields.get("status"), seen.fields.get("error")
    holds = status == "failed" and json_values.filled(text)
    yield says(
        holds, f"{said[0].exchange.label} ended with error", f"{status}, error {json_values.word(text)[:60]}"
    )


@check("EVENT-027", GET, reason="earlier-error")
def error_is_of_this_run(seen: Seen, task: Task, turn: Turn) -> Findings:
    """If `error` repeats the text of the error event, it is not the text of an earlier run."""
    if not turn.is_clear or not turn.holds(seen.began, seen.ended):
        return
    now, text = task.readers.broke_off(turn), json_values.word(seen.fields.get("error"))
    failed = seen.exchange.ok and seen.fields.get("status") == "failed"
    if now is None or not failed or task.may_be_cancelled(seen.began, seen.ended):
        return
    earlier = {json_values.word(each.fields.get("error")) for each in task.read if each.ended < turn.began}
    if seen.model.choices.tells_errors_as_streamed and earlier - {now, "null"}:
        known = f"this run ended with the error {spelled(now, 60)}"
        yield says(text == now or text not in earlier, known, f"error {spelled(text, 60)}")


def _calls_of(fields: Mapping[str, Any]) -> list[str]:
    output = json_values.fields(fields.get("output"))
    return json_values.call_ids(output.get("toolCalls"))


def _received_calls(task: Task, turn: Turn) -> tuple[list[str], bool]:
    """The calls that the first reader of a turn received before done, and whether these are all calls."""
    stream = task.readers.of_all(turn) or task.readers.to_the_end(turn)
    if stream is None:
        return [], False
    saved = stream.messages[-1:] if stream.answer.begun else []
    before = [call for each in saved for call in json_values.call_ids(each.get("toolCalls"))]
    heard = dict.fromkeys([*before, *(event.call for event in stream.of("tool_call"))])
    return list(heard), stream is task.readers.of_all(turn)


@check("EVENT-028", GET, reason="calls-differ")
def output_has_the_calls(seen: Seen, task: Task, rest: Turn) -> Findings:
    """The tool calls in the output of a completed turn are those that its reader received."""
    output = seen.fields.get("output")
    if rest.over is None or rest.over.status != COMPLETED:
        return
    told, whole = _received_calls(task, rest)
    if told and isinstance(output, dict):
        shown = _calls_of(seen.fields)
        # The documentation does not say whether the output covers the last turn only (G-44).
        same = shown == told if whole and rest.number == 1 else shown[-len(told) :] == told
        yield says(same, f"a reader received {plural(len(told), 'call')}", _lost_calls(told, shown))


def _lost_calls(told: list[str], shown: list[str]) -> str:
    """Describe how the calls of an output differ from the reported calls."""
    missing = [number for number, call in enumerate(told, 1) if call not in shown]
    if missing:
        return f"output lacks {plural(len(missing), 'call')}: from call {missing[0]} to call {missing[-1]}"
    return f"output has {plural(len(shown), 'call')}" + (
        "" if shown == told else ", in another order or others too"
    )


def _known_to(fields: Mapping[str, Any]) -> set[str]:
    """The calls in an answer of get_task."""
    return {*_calls_of(fields), *json_values.call_ids(fields.get("pendingApprovals"))}


@check("EVENT-028", GET, reason="calls-differ")
def output_keeps_the_order_of_asking(seen: Seen, task: Task, rest: Turn) -> Findings:
    """In the output, a call that waited alone precedes those that waited after its answer.

    A call that never waited may have run earlier without being reported.
    """
    if rest.over is None or rest.over.status != COMPLETED:
        return
    shown = _calls_of(seen.fields)
    for call in task.calls.values():
        answers = [each.sent for each in call.decisions if each.certainty is Certainty.ACCEPTED]
        mine = [each for each in task.read if rest.holds(each.started, each.ended)]
        before = [each for each in mine if answers and each.ended < answers[0]]
        if call.id not in shown or not any(each.pending_calls == [call.id] for each in before):
            continue
        early = {name for each in before for name in _known_to(each.fields)} | task.calls_before(rest)
        heard = {other.id for other in task.calls.values() if other.first and other.first.at < answers[0]}
        after = {name for each in mine if each not in before for name in each.pending_calls}
        later = [name for name in shown if name in after and name not in early | heard | {call.id}]
        if later:
            holds = all(shown.index(call.id) < shown.index(name) for name in later)
            known = f"{call.id} alone had waited, and others did after its answer"
            yield says(holds, known, f"output has {shown}")


@check("EVENT-028", GET, reason="other-tool")
def outputs_name_the_same_tools(seen: Seen) -> Findings:
    """A call has the same tool in the output as in the stream."""
    return agrees(seen, OUTPUT, CALLED, facts=["toolName"])


@check("EVENT-029", STREAM, reason="no-content")
def answers_have_content(seen: Seen) -> Findings:
    """A run without tools has content."""
    stream = _run(seen)
    if stream and not stream.of("tool_call") and not stream.of("subagent_start") and not stream.answer.begun:
        number = len(stream.of("content"))
        yield says(number > 0, "a run without tools ended with done", f"{plural(number, 'content event')}")
