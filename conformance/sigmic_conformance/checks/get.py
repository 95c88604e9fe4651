"""Reading one task."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.callers import Key
from sigmic_conformance.model.calls import AWAITING
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.reading import not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import done_waiting, may_count
from sigmic_conformance.model.observation.seen_turns import completed_turn, not_damaged, output_shown
from sigmic_conformance.model.operations import (
    GET,
    LIST,
    OF_A_TASK,
)
from sigmic_conformance.model.outputs import output_of
from sigmic_conformance.model.places import MOVING, TOLD_AT_CREATION, agrees
from sigmic_conformance.model.record.evidence import brief, summary
from sigmic_conformance.model.record.finding import Findings, says, violations
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.model.requests import SentMessage
from sigmic_conformance.model.shown import CALLED, PENDING
from sigmic_conformance.model.statuses import COMPLETED, FAILED, FINAL, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.numbered_text import in_brief
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

SeenStatus = Mapping[str, Any]
STARTED = frozenset({"running", "awaiting_approval", "completed", "failed"})
UNFINISHED = frozenset({"pending", "running", "awaiting_approval"})
TICK = 3 * NANO
"""More than the resolution of a platform's times."""


@check("GET-001", GET, reason="other-id")
def same_id(seen: Seen) -> Findings:
    """The id in an answer is the one in the path."""
    if seen.exchange.ok and seen.fields:
        told = seen.fields.get("id")
        expected = f"id {spelled(seen.exchange.task)}"
        yield says(
            told == seen.exchange.task, "the id in the request path", f"id {spelled(told)}", expected=expected
        )


def _of_keys(model: Model) -> Mapping[tuple[Key, str], str]:
    """The apiKeyId and the username of each key, from the first answer about one of its tasks."""
    found: dict[tuple[Key, str], str] = {}
    for task in model.tasks.values():
        for exchange in task.read if isinstance(task.owner, Key) else ():
            for name in ("apiKeyId", "username"):
                if isinstance(task.owner, Key) and isinstance(told := exchange.fields.get(name), str):
                    found.setdefault((task.owner, name), told)
    return found


@check("GET-002", GET, reason="other-key")
def one_key_one_id(seen: Seen, task: Task) -> Findings:
    """ApiKeyId is a string, the same for all tasks of the key."""
    if not isinstance(task.owner, Key) or not seen.exchange.ok:
        return
    known = seen.model.derived(_of_keys)
    first, told = known.get((task.owner, "apiKeyId")), seen.fields.get("apiKeyId")
    yield says(told == first is not None, f"other tasks of the key have {first}", f"apiKeyId {told}")
    others = {key.role for (key, name), value in known.items() if name == "apiKeyId" and value == told}
    others -= {task.owner.role}
    yield from violations(
        iter(
            [says(not others, f"a task of the key {spelled(sorted(others))} has it, too", f"apiKeyId {told}")]
        )
    )


@check("GET-002", GET, reason="key-shown")
def no_key_is_shown(seen: Seen) -> Findings:
    """No field of a task shows a credential: a key is shown once, when it is created (A-06)."""
    if seen.exchange.ok:
        own = {name: value for name, value in seen.fields.items() if name not in TOLD_AT_CREATION}
        shown = [name for name, value in own.items() if _is_credential(seen.model, value)]
        known = f"the run has {plural(len(seen.model.credentials), 'credential')}"
        yield from violations(iter([says(not shown, known, f"shown in {spelled(shown)}")]))


def _is_credential(model: Model, value: object) -> bool:
    return isinstance(value, str) and not model.credentials.isdisjoint(PLACEHOLDER.findall(value))


@check("GET-003", GET, reason="other-name")
def one_key_one_username(seen: Seen, task: Task) -> Findings:
    """The username is the same for all tasks of a key, for every reader."""
    first = (
        seen.model.derived(_of_keys).get((task.owner, "username")) if isinstance(task.owner, Key) else None
    )
    if first is not None and seen.exchange.ok:
        told = seen.fields.get("username")
        yield says(
            told == first, f"other tasks of the key have {spelled(first)}", f"username {spelled(told)}"
        )


@check("GET-003", GET, reason="wrong-type")
def username(seen: Seen) -> Findings:
    """The username is a string."""
    told = seen.fields.get("username")
    return _shows(seen, json_values.text(told), f"username {spelled(told)}")


@check("GET-004", GET, reason="wrong-type")
def session_and_conversation(seen: Seen) -> Findings:
    """A completed task has the ids of a session and of a conversation."""
    if seen.fields.get("status") == COMPLETED:
        ids = {name: seen.fields.get(name) for name in ("sessionId", "conversationId")}
        shown = ", ".join(f"{name} {spelled(value)}" for name, value in ids.items())
        yield from _shows(seen, all(map(json_values.text, ids.values())), shown)


@check("GET-005", GET, LIST, reason="unknown-status")
def known_statuses(seen: Seen) -> Findings:
    """The status of a task that is read or listed is one of the six."""
    listed = seen.exchange.entries if seen.operation == LIST else [seen.fields]
    odd = [
        told for item in listed if not json_values.one_of(told := item.get("status"), json_values.STATUSES)
    ]
    if seen.exchange.ok and any(listed):
        shown = f"the status is {spelled(odd[0])}" if odd else "it is one of them"
        yield says(not odd, f"one of {', '.join(sorted(json_values.STATUSES))}", shown)


@check("GET-006", GET, reason="other-message")
def message_reads_back(seen: Seen, task: Task, creation: SentMessage) -> Findings:
    """The message is that of the creation; after a follow-up it may be another one (G-43, a gap)."""
    text = creation.asked.message
    if text is None or not seen.exchange.ok or task.turns.goes_on(seen.ended):
        return
    shown = seen.fields.get("message")
    told = f"it reads {in_brief(text, json_values.word(shown))}"
    yield says(creation.is_shown_as(shown), f"the message was {spelled(text, 60)}", told)


@check("GET-007", GET, reason="wrong-error")
def error_field(seen: Seen) -> Findings:
    """The error of a failed task is a string; that of any other task, except a cancelled one, is null."""
    status, error = seen.fields.get("status"), seen.fields.get("error")
    if status != "cancelled" and json_values.one_of(status, json_values.STATUSES):
        right = json_values.text(error) if status == "failed" else error is None
        yield from _shows(seen, right, f"{status}: error {spelled(error)}")


@check("GET-008", GET, reason="changed")
def creation_time_stays(seen: Seen) -> Findings:
    """The time of the creation is the same in each answer."""
    return agrees(seen, GET, GET, facts=["createdAt"])


def _is_time(value: object) -> bool:
    """A time as a string; another check tests its format."""
    return json_values.text(value) and json_values.instant(value) is not None


@check("GET-008", GET, reason="no-timestamp")
def created_at(seen: Seen) -> Findings:
    """The time of the creation is a string."""
    told = seen.fields.get("createdAt")
    return _shows(seen, _is_time(told), f"createdAt {spelled(told)}")


@check("GET-009", GET, reason="missing")
def started_at(seen: Seen) -> Findings:
    """A task that has started has a start time."""
    told = seen.fields.get("startedAt")
    if json_values.one_of(seen.fields.get("status"), STARTED):
        yield from _shows(seen, _is_time(told), f"startedAt {spelled(told)}")


@check("GET-010", GET, reason="wrong-time")
def completed_at(seen: Seen) -> Findings:
    """A completed task has an end time, and an unfinished task has none."""
    status, told = seen.fields.get("status"), seen.fields.get("completedAt")
    if json_values.one_of(status, UNFINISHED):
        yield from _shows(seen, told is None, f"{status}: completedAt {spelled(told)}")
    elif status == COMPLETED:
        yield from _shows(seen, _is_time(told), f"completed: completedAt {spelled(told)}")


def _has_output(seen: Seen) -> Findings:
    """The task has an output object."""
    there = isinstance(seen.fields.get("output"), dict)
    return _shows(seen, there, f"output {'there' if there else 'absent'}")


@check("GET-011", GET, reason="no-output")
def completed_has_output(seen: Seen) -> Findings:
    """A completed task has an output object."""
    if seen.fields.get("status") == COMPLETED:
        yield from _has_output(seen)


@check("GET-012", GET, reason="no-output")
def running_has_output(seen: Seen) -> Findings:
    """A running task has an output object; in a later turn if an earlier answer had one (G-44, G-60)."""
    turn, task = seen.turn, seen.task
    if task is not None and turn is not None and turn.number > 1 and not _had_output(task, seen.began):
        return
    if seen.fields.get("status") == "running":
        yield from _has_output(seen)


def _shows(seen: Seen, right: bool, shown: str) -> Findings:  # noqa: FBT001  the observation itself
    """A finding about the task in an accepted answer."""
    if seen.exchange.ok and seen.fields:
        yield says(right, "", shown)


def _output_field(seen: Seen, name: str, is_right: Callable[[object], bool]) -> Findings:
    """A field of every output has its type; a completed task may leave out an optional field."""
    told = seen.fields.get("output")
    if not isinstance(told, dict):
        return
    if name not in json_values.OPTIONAL or name in told:
        yield from _shows(seen, is_right(told.get(name)), f"output.{name}: {brief(told.get(name))}")
    elif seen.fields.get("status") == COMPLETED:
        yield from _shows(seen, right=True, shown=f"output.{name} is absent")


def are_calls(value: object) -> bool:
    """A list of objects with the strings callId, toolName and status, and the object args."""
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and all(json_values.text(each.get(name)) for name in ("callId", "toolName", "status"))
        and json_values.mapping(each.get("args"))
        for each in value
    )


def are_thoughts(value: object) -> bool:
    """A list of objects with the strings subject and description."""
    return isinstance(value, list) and all(
        isinstance(each, dict)
        and all(json_values.text(each.get(name)) for name in ("subject", "description"))
        for each in value
    )


def is_time(value: object) -> bool:
    """A time in any form."""
    return json_values.instant(value) is not None


@check("GET-013", GET, reason="wrong-type")
def output_has_content(seen: Seen) -> Findings:
    """The content of every output is a string."""
    return _output_field(seen, "content", json_values.text)


@check("GET-013", GET, reason="not-partial")
def running_output_has_the_text(seen: Seen, turn: Turn, task: Task) -> Findings:
    """A second after a reader received text of a running turn, the output is not that of the turn before."""
    content = json_values.fields(seen.fields.get("output")).get("content")
    if seen.fields.get("status") != RUNNING or not isinstance(content, str) or not turn.is_clear:
        return
    if not turn.holds(seen.began, seen.ended):
        return
    heard = [_between(stream.of("content"), turn.began, seen.began - NANO) for stream in task.streams]
    spoken = next((text for events in heard for each in events if (text := _text([each]))), "")
    if not spoken:
        return
    outputs = (
        json_values.fields(each.fields.get("output")) for each in task.read if each.ended <= turn.began
    )
    is_old = content in [each.get("content") for each in outputs]
    stale = is_old and max(map(_text, heard), key=len) not in content
    known = f"a reader had received {spelled(spoken, 40)} a second before"
    yield says(bool(content) and not stale, known, f"content {spelled(content, 40)}")


def _between(events: Sequence[StreamEvent], began: int, ended: int) -> Sequence[StreamEvent]:
    """Of events in the order of their arrival, those that arrived after one time and until another."""
    first, last = (bisect_right(events, at, key=attrgetter("at")) for at in (began, ended))
    return events[first:last]


def _text(events: Iterable[StreamEvent]) -> str:
    """The text of content events."""
    return "".join(json_values.word(each.get("text")) for each in events).strip()


@check("GET-014", GET, reason="wrong-type")
def output_has_a_time(seen: Seen) -> Findings:
    """The `updatedAt` of every output is a time."""
    return _output_field(seen, "updatedAt", is_time)


@check("GET-014", GET, reason="not-updated")
def other_content_has_another_time(seen: Seen, task: Task, rest: Turn) -> Findings:
    """The output has another `updatedAt` than before a turn, if its content is another one."""
    output = json_values.fields(seen.fields.get("output"))
    for exchange in reversed(task.read):
        earlier = json_values.fields(exchange.fields.get("output"))
        if rest.began - exchange.ended > TICK and is_time(earlier.get("updatedAt")):
            if earlier.get("content") != output.get("content") and is_time(output.get("updatedAt")):
                told = f"updatedAt {output['updatedAt']}"
                known = f"{exchange.label} showed other content, of {earlier['updatedAt']}"
                yield says(output["updatedAt"] != earlier["updatedAt"], known, told)
            return


@check("GET-015", GET, reason="wrong-type")
def output_has_thoughts(seen: Seen) -> Findings:
    """The thoughts of every output have their fields."""
    return _output_field(seen, "thoughts", are_thoughts)


@check("GET-016", GET, reason="wrong-type")
def output_has_calls(seen: Seen) -> Findings:
    """The tool calls of every output are a list."""
    return _output_field(seen, "toolCalls", json_values.listing)


@check("GET-017", GET, reason="wrong-type")
def calls_of_the_output_have_their_fields(seen: Seen) -> Findings:
    """The tool calls of every output have their fields."""
    return _output_field(seen, "toolCalls", are_calls)


@check("GET-017", GET, reason="still-waiting")
def ended_calls_do_not_wait(seen: Seen, rest: Turn) -> Findings:
    """A tool call that has ended is not reported as waiting by a finished task."""
    if rest.over is not None:
        output = json_values.fields(seen.fields.get("output"))
        yield from done_waiting(seen, json_values.objects(output.get("toolCalls")))


def _had_output(task: Task, at: int) -> bool:
    return any(each.ended <= at and isinstance(each.fields.get("output"), dict) for each in task.read)


@check("GET-018", GET, reason="not-absent")
def nothing_pends(seen: Seen) -> Findings:
    """A task that does not await an approval lists no call.

    If the listed calls are known to wait, the status is wrong, and not the list.
    """
    status, told = seen.fields.get("status"), seen.fields.get("pendingApprovals", ...)
    if status == AWAITING or not json_values.one_of(status, json_values.STATUSES):
        return
    known = seen.task.calls if seen.task is not None else {}
    calls = [known.get(json_values.word(each.get("callId"))) for each in json_values.objects(told)]
    wait = [call is not None and call.waits(seen.began, seen.ended) for call in calls]
    if status in FINAL or not wait or not all(wait):
        shown = "there is none" if told is ... else f"pendingApprovals {json_values.word(told)[:80]}"
        yield says(told is ..., f"the status is {status}", shown)


@check("GET-018", GET, reason="not-absent")
def nothing_pends_at_rest(seen: Seen, rest: Turn) -> Findings:
    """A completed task lists no waiting call."""
    if rest.over is not None and rest.over.status == COMPLETED and seen.exchange.ok:
        told = seen.fields.get("pendingApprovals", ...)
        shown = "there is none" if told is ... else f"pendingApprovals {json_values.word(told)[:80]}"
        yield says(told is ..., f"turn {rest.number} was completed", shown)


@check("GET-019", GET, reason="not-listed")
def waiting_tasks_list_their_call(seen: Seen, task: Task, turn: Turn) -> Findings:
    """A task that awaits an approval in two answers, without a decision in this turn, lists a call.

    With one answer only, the call may have asked or been answered while the target composed it.
    """
    if seen.fields.get("status") != AWAITING or not seen.exchange.ok:
        return
    if not turn.holds(seen.began, seen.ended) or task.may_be_cancelled(turn.began, seen.ended):
        return
    decided = any(may_count(each) and turn.began <= each.sent < seen.ended for each in task.decisions)
    before = any(
        each.fields.get("status") == AWAITING and each.ended + NANO <= seen.began
        for each in task.read
        if turn.holds(each.started, each.ended)
    )
    if before and not decided:
        listed = json_values.objects(seen.fields.get("pendingApprovals"))
        yield says(
            bool(listed),
            "it has awaited an approval for a second",
            f"{plural(len(listed), 'call is', 'calls are')} listed",
        )


@check("GET-019", GET, reason="ended-call")
def ended_calls_are_not_listed(seen: Seen, task: Task, turn: Turn) -> Findings:
    """No call of an earlier turn only, and that has its result, is listed as waiting.

    A later turn may use its id again, but for other arguments (EVENT-022).
    """
    for listed in json_values.objects(seen.fields.get("pendingApprovals")) if turn.is_clear else ():
        call = task.calls.get(json_values.word(listed.get("callId")))
        then = task.turns.at(call.result.at) if call is not None and call.result is not None else None
        if call is None or then is None or then.began >= turn.began:
            continue
        earlier, now = (each.message.asked.message or "" for each in (then, turn))
        words = [each for each in json_values.fields(listed.get("args")).values() if isinstance(each, str)]
        again = any(each in earlier and each not in now for each in words)
        known = f"the call {call.id} had its result before turn {turn.number}"
        yield says(not again, known, "it is listed as waiting" if again else "its id is used again")


@check("GET-019", GET, reason="not-listed")
def waiting_call_is_listed(seen: Seen, task: Task) -> Findings:
    """A waiting call is in pendingApprovals."""
    if not seen.exchange.ok:
        return
    shown = seen.exchange.pending_calls
    for call in task.calls.values():
        waits = call.waits(seen.began, seen.ended) and seen.fields.get("status") != FAILED
        if waits and not task.may_be_cancelled(seen.began, seen.ended):
            yield says(
                call.id in shown,
                f"the call {call.id} had asked and was not answered",
                f"pending are {spelled(shown)}",
            )


@check("GET-019", GET, reason="other-call")
def pending_calls_name_the_same_tools(seen: Seen) -> Findings:
    """A call has the same tool in `pendingApprovals` as in the stream."""
    return agrees(seen, PENDING, CALLED, facts=["toolName"])


@check("GET-020", GET, reason="wrong-shape")
def pending_calls_have_their_shape(seen: Seen) -> Findings:
    """Each pending approval names its call and its tool, and has arguments, in any turn."""
    told = seen.fields.get("pendingApprovals") if seen.exchange.ok else None
    for each in json_values.items(told):
        call = json_values.fields(each)
        holds = all(json_values.text(call.get(name)) for name in ("callId", "toolName"))
        holds = holds and json_values.mapping(call.get("args"))
        yield says(holds, "a call waits", f"it is shown with {spelled(sorted(call))}")


@check("GET-020", GET, reason="other-arguments")
def pending_calls_have_the_same_arguments(seen: Seen) -> Findings:
    """A call has the same arguments in `pendingApprovals` as in the stream."""
    return agrees(seen, PENDING, CALLED, facts=["args"])


@check("GET-021", GET, reason="not-in-output")
def waiting_calls_are_in_the_output(seen: Seen, task: Task) -> Findings:
    """A waiting call is in the output's calls with the status awaiting_approval."""
    output = seen.fields.get("output") if seen.exchange.ok else None
    if not isinstance(output, dict) or task.may_be_cancelled(seen.began, seen.ended):
        return
    told = {
        json_values.word(each.get("callId")): each.get("status")
        for each in json_values.objects(output.get("toolCalls"))
    }
    for call in task.calls.values():
        if call.waits(seen.began, seen.ended) and seen.fields.get("status") == AWAITING:
            shown = f"output has {told.get(call.id, 'no such call')}"
            yield says(told.get(call.id) == AWAITING, f"the call {call.id} waits", shown)


@check("GET-022", GET, reason="texts-differ")
def output_is_what_was_streamed(seen: Seen, task: Task, rest: Turn) -> Findings:
    """The output of a completed turn is the text that a reader to its end received.

    Whether a printed secret is masked in it is open (V-07).
    """
    if rest.over is None or rest.over.status != COMPLETED:
        return
    content = json_values.fields(seen.fields.get("output")).get("content")
    heard = task.readers.of_all(rest) or task.readers.to_the_end(rest)
    if heard is not None and isinstance(content, str):
        if seen.model.choices.accumulates is not False and rest.number > 1:
            content = output_of(task, rest, accumulated=True)
        if content is None:
            return
        holds = heard.answer.may_be(content)
        if not holds and any(map(PLACEHOLDER.search, (content, heard.answer.joined))):
            return
        yield says(
            holds,
            f"a reader received {spelled(heard.answer.sent, 60)}",
            f"output.content {in_brief(heard.answer.sent, content)}",
        )


@check("GET-023", GET, reason="wrong-order")
def times_in_order(seen: Seen) -> Findings:
    """The times of a completed task are in order."""
    if seen.fields.get("status") == COMPLETED:
        names = ("createdAt", "startedAt", "completedAt")
        times = [json_values.instant(seen.fields.get(name)) for name in names]
        known = [time for time in times if time is not None]
        yield from _shows(seen, known == sorted(known), f"{spelled(known)}")


@check("GET-024", GET, reason="changed-by-reading")
def reading_changes_nothing(seen: Seen) -> Findings:
    """An answer shows the same values as an earlier one about the same completed, idle task."""
    told = (*TOLD_AT_CREATION, "createdAt", *MOVING, "output.content", "output.updatedAt")
    yield from agrees(seen, GET, GET, facts=told, at_rest=True)


def _views(record: Record, *operations: str) -> Iterator[tuple[Exchange, SeenStatus]]:
    """Every view of a task in the answers of these operations."""
    for exchange in record.exchanges():
        if exchange.ok and exchange.operation in operations:
            for task in exchange.entries if exchange.operation == LIST else [exchange.fields]:
                yield exchange, task


@check("GET-025", reason="no-reading")
def output_of_unfinished(record: Record) -> Findings:
    followed = Reading(
        every_started_task="output in awaiting_approval, failed and cancelled too",
        running_and_completed="output in running and completed only",
    )
    for exchange, task in _views(record, GET):
        status = task.get("status")
        if (
            json_values.one_of(status, {"awaiting_approval", "failed", "cancelled"})
            and task.get("startedAt") is not None
        ):
            there = isinstance(task.get("output"), dict)
            reading = "every_started_task" if there else "running_and_completed"
            followed.add(reading, exchange, f"{status}: output {'there' if there else 'absent'}")
    return followed.findings()


def _form(value: object) -> str | None:
    """Whether an id is null or a string; None for anything else, or if it is missing."""
    if value is None:
        return "null"
    return "string" if json_values.text(value) else None


def _pending(record: Record) -> list[tuple[Exchange, SeenStatus]]:
    """Every view of a task that has never started."""
    return [
        (exchange, task)
        for exchange, task in _views(record, GET, LIST)
        if task.get("status") == "pending" and task.get("startedAt") is None
    ]


@check("GET-026", reason="no-reading")
def ids_of_a_pending_task(record: Record) -> Findings:
    """Null or a string, each field and each task by itself: an upload, for example, may need a session."""
    followed = Reading(
        null_null="both are null while pending",
        string_string="both are strings from the start",
        null_string="sessionId is null, conversationId a string from the start",
        string_null="sessionId is a string from the start, conversationId null",
    )
    for exchange, task in _pending(record):
        forms = [_form(task.get(name, ...)) for name in ("sessionId", "conversationId")]
        reading = None if None in forms else "_".join(map(str, forms))
        followed.add(reading, exchange, f"sessionId {forms[0]}, conversationId {forms[1]}")
    return followed.findings(alike=False)


@check("GET-027", *OF_A_TASK, reason="not-refused")
def odd_ids_are_refused(seen: Seen) -> Findings:
    """Every operation refuses a malformed task id with the error envelope."""
    name = seen.exchange.task
    known = name in seen.model.tasks and seen.model.tasks[name].creation is not None
    plain = "%" not in seen.exchange.sent.target.partition("?")[0]
    odd = plain and name and not known and not json_values.UUID.fullmatch(name)
    if seen.caller.owner is not None and odd and seen.was_decided:
        holds = seen.exchange.refused and seen.exchange.code is not None
        yield says(holds, f"{spelled(name, 40)} is not a UUID", summary(seen.exchange))


@check("GET-031", GET, reason="refused")
def tasks_can_be_read_at_once(seen: Seen) -> Findings:
    """The owner's request for a task that was created is accepted."""
    return not_refused(seen)


@check("GET-032", GET, reason="changed")
def conversation_id_stays(seen: Seen) -> Findings:
    """The id of the conversation is the same in each answer."""
    return agrees(seen, GET, GET, facts=["conversationId"])


@check("GET-033", GET, reason="text-damaged")
def final_texts_are_whole(seen: Seen) -> Findings:
    """The content that get_task shows of a completed turn is not damaged."""
    turn = completed_turn(seen)
    if turn is not None:
        told = json_values.fields(seen.fields.get("output")).get("content")
        if seen.model.choices.accumulates is not False and turn.number > 1:
            told = output_shown(seen, turn)
        yield from not_damaged(seen, turn, told, "output.content")
