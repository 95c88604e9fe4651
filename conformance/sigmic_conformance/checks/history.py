"""Reading the conversation."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from sigmic_conformance.checks import check
from sigmic_conformance.model.calls import SUCCESS
from sigmic_conformance.model.conversation import (
    Settled,
    View,
    calls_in,
    doubled,
)
from sigmic_conformance.model.observation.reading import has_begun, not_refused
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.observation.seen_calls import done_waiting
from sigmic_conformance.model.observation.seen_tasks import (
    in_histories,
    message_in_brief,
    settled_stay,
    stays_final,
)
from sigmic_conformance.model.observation.seen_turns import not_damaged
from sigmic_conformance.model.operations import GET, HISTORY, STREAM
from sigmic_conformance.model.places import agrees
from sigmic_conformance.model.record.answer_data import messages
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.record.readings import Reading
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.requests import SentMessage
from sigmic_conformance.model.shown import CALLED, OUTPUT, SAVED
from sigmic_conformance.model.statuses import AWAITING, COMPLETED, RUNNING
from sigmic_conformance.model.task import Task
from sigmic_conformance.model.turns import Turn
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import named, spelled
from sigmic_conformance.wire.numbered_text import in_brief
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_spec.plural import plural

_Messages = Sequence[Mapping[str, Any]]
TELLING_SECONDS = 0.05
SAME_SECONDS = 0.0005
STEADY_SECONDS = 0.002
"""By how much a message's time may differ from one view to another."""


def _saved(seen: Seen) -> list[dict[str, Any]]:
    """The messages of a history, by their documented fields."""
    found = messages(seen.exchange) if seen.exchange.ok else []
    return [each for each in found if isinstance(each, dict)]


@check("HISTORY-001", HISTORY, reason="other-id")
def history_names_its_task(seen: Seen) -> Findings:
    """The taskId of a history is the one in the path."""
    if seen.exchange.ok:
        told = seen.fields.get("taskId")
        yield says(told == seen.exchange.task, f"the path names {seen.exchange.task}", f"taskId {told}")


@check("HISTORY-001", HISTORY, reason="refused")
def owner_may_read_the_history(seen: Seen) -> Findings:
    """The owner of a task is not refused its history after the agent has started."""
    if has_begun(seen):
        yield from not_refused(seen)


@check("HISTORY-002", HISTORY, reason="other-id")
def conversation_id_is_that_of_the_task(seen: Seen) -> Findings:
    """The id of the conversation is that of get_task."""
    return agrees(seen, HISTORY, GET, facts=["conversationId"])


@check("HISTORY-003", HISTORY, reason="stale-status")
def final_status_stays(seen: Seen) -> Findings:
    """A task that is over keeps the status with which it ended."""
    return stays_final(seen)


@check("HISTORY-003", HISTORY, reason="stale-status")
def status_is_that_of_the_task(seen: Seen) -> Findings:
    """The status is that of get_task."""
    return agrees(seen, HISTORY, GET, facts=["status"])


@check("HISTORY-004", STREAM, HISTORY, reason="wrong-order")
def messages_are_in_the_order_of_time(view: View) -> Findings:
    """The messages of a view are in the order of their createdAt."""
    if len(view.messages) > 1:
        times = [json_values.instant(each.get("createdAt")) for each in view.messages]
        known = [each for each in times if each is not None]
        yield says(
            known == sorted(known),
            f"{plural(len(known), 'message')}",
            "in order" if known == sorted(known) else "not",
        )


@check("HISTORY-005", HISTORY, reason="unknown-role")
def roles_are_known(seen: Seen) -> Findings:
    """Each message is of the user or the assistant."""
    for each in _saved(seen):
        role = each.get("role")
        yield says(
            json_values.one_of(role, {"user", "assistant"}), "a message is saved", f"role {spelled(role)}"
        )


@check("HISTORY-006", STREAM, HISTORY, reason="id-repeated")
def ids_of_messages_differ(seen: Seen, view: View) -> Findings:
    """No two messages of a view have one id, and each message of a history has one."""
    shown = view.messages
    without = (
        sum(not json_values.filled(each.get("id")) for each in shown) if seen.operation == HISTORY else 0
    )
    if len(shown) > 1 or without:
        twice = doubled(shown)
        told = f"ids that occur twice: {named(twice)}; {plural(without, 'message')} without one"
        yield says(not twice and not without, f"{plural(len(shown), 'message')}", told)


@check("HISTORY-007", HISTORY, reason="wrong-type")
def messages_have_text_and_time(seen: Seen) -> Findings:
    """Each saved message has a text as content, and a time."""
    for each in _saved(seen):
        made = each.get("createdAt")
        good = json_values.text(each.get("content")) and json_values.instant(made) is not None
        yield says(
            good,
            "a message is saved",
            f"createdAt {made}, and content of {type(each.get('content')).__name__}",
        )


@check("HISTORY-008", HISTORY, STREAM, reason="other-message")
def first_message_is_the_creations(seen: Seen, task: Task, view: View, creation: SentMessage) -> Findings:
    """The first message of a task created without files is the user's, with the text that was sent."""
    if creation.asked.message is None or creation.asked.files:
        return
    if creation.answered <= view.began and not task.conversation.may_be_empty(view):
        first = view.messages[0] if view.messages else {}
        holds = _begins(view, creation)
        if holds or not in_histories(seen, lambda view: _begins(view, creation)):
            yield says(
                holds,
                f"the task was created with {spelled(creation.asked.message, 60)}",
                f"it begins with {message_in_brief(first, creation.asked.message)}",
            )


def _begins(view: View, creation: SentMessage) -> bool:
    """Whether a view begins with the message of a creation."""
    first = view.messages[0] if view.messages else {}
    return first.get("role") == "user" and creation.is_shown_as(first.get("content"))


def _only_for(seen: Seen, name: str, role: str) -> Findings:
    """A field occurs on messages of one role only."""
    if seen.view is not None and seen.view.messages:
        wrong = [each for each in seen.view.messages if each.get("role") != role and name in each]
        yield says(
            not wrong,
            f"{plural(len(seen.view.messages), 'message')}",
            f"{len(wrong)} of another role have {name}",
        )


def _thought(told: Mapping[str, Any] | StreamEvent) -> tuple[str, str]:
    return json_values.word(told.get("subject")), json_values.word(told.get("description"))


def _thoughts(messages: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {_thought(each) for message in messages for each in json_values.objects(message.get("thoughts"))}


def _parts(view: View, task: Task, rest: Turn) -> tuple[Stream, _Messages, _Messages] | None:
    """A reader of the whole last turn, and the messages of a view before its message and from it on.

    A reader that connects when the task is already running may not receive what came before (G-48).
    """
    heard = task.readers.of_all(rest)
    at_work = [
        each for each in task.statuses if rest.taken <= each.began and each.status in {RUNNING, AWAITING}
    ]
    if heard is None or any(each.ended <= heard.exchange.started for each in at_work):
        return None
    asked = max((place for place, each in enumerate(view.messages) if each.get("role") == "user"), default=0)
    return (heard, view.messages[:asked], view.messages[asked:]) if asked else None


@check("HISTORY-009", STREAM, HISTORY, reason="wrong-role")
def files_are_of_users(seen: Seen) -> Findings:
    """Only messages of users have files."""
    return _only_for(seen, "attachedFiles", "user")


@check("HISTORY-010", STREAM, HISTORY, reason="wrong-role")
def thoughts_are_of_the_agent(seen: Seen) -> Findings:
    """Only messages of the agent have thoughts."""
    return _only_for(seen, "thoughts", "assistant")


@check("HISTORY-011", STREAM, HISTORY, reason="wrong-role")
def calls_are_of_the_agent(seen: Seen) -> Findings:
    """Only messages of the agent have tool calls."""
    return _only_for(seen, "toolCalls", "assistant")


@check("HISTORY-012", HISTORY, reason="wrong-shape")
def attached_files_have_their_shape(seen: Seen) -> Findings:
    """An attached file has a name, and a path inside the workspace."""
    for message in _saved(seen):
        for file in map(json_values.fields, json_values.items(message.get("attachedFiles"))):
            name, path = file.get("name"), file.get("path")
            relative = (
                json_values.filled(path) and not str(path).startswith(("/", "\\")) and ":\\" not in str(path)
            )
            good = json_values.filled(name) and relative and ".." not in str(path).split("/")
            yield says(good, "a message has files", f"{spelled(name)} at {spelled(path)}")


@check("HISTORY-013", HISTORY, reason="other-tool")
def saved_calls_name_the_same_tools(seen: Seen) -> Findings:
    """A call has the same tool in the history as in the stream and the output."""
    return agrees(seen, SAVED, CALLED, OUTPUT, facts=["toolName"])


@check("HISTORY-013", HISTORY, reason="wrong-shape")
def saved_calls_have_their_shape(view: View) -> Findings:
    """Every tool call of every saved message names itself, its tool and its status."""
    for message in view.messages:
        for told in json_values.items(message.get("toolCalls")):
            call = json_values.fields(told)
            holds = all(json_values.text(call.get(name)) for name in ("callId", "toolName", "status"))
            yield says(holds, "a message has tool calls", f"one has {spelled(sorted(call))}")
    none = not any("toolCalls" in each for each in view.messages)
    if none and view.messages and view.messages[-1].get("role") == "assistant":
        yield says(none, "an answer was saved", "no message has tool calls")


@check("HISTORY-013", HISTORY, STREAM, reason="still-waiting")
def saved_calls_do_not_wait(seen: Seen, view: View) -> Findings:
    """A saved tool call that has ended is not reported as waiting."""
    for message in view.messages:
        yield from done_waiting(seen, json_values.objects(message.get("toolCalls")))


@check("HISTORY-013", HISTORY, reason="two-readings")
def answers_have_their_calls_or_none_has(seen: Seen, task: Task, view: View, rest: Turn) -> Findings:
    """The saved answer of a turn that used a tool has tool calls, however the turn ended, or none has any."""
    answer = list(takewhile(lambda each: each.get("role") == "assistant", reversed(view.messages)))
    ran = (call for call in task.calls.values() if call.result is not None and call.result.status == SUCCESS)
    used = next((call for call in ran if call.result and task.turns.at(call.result.at) is rest), None)
    if used is not None and answer:
        reading = "with" if any("toolCalls" in each for each in answer) else "without"
        first = seen.model.first_reading("HISTORY-013", reading)
        yield says(reading == first, f"answers were saved {first} tool calls before", f"this is {reading}")


@check("HISTORY-015", HISTORY, reason="no-answer")
def ends_with_an_answer(view: View, rest: Turn, task: Task) -> Findings:
    """The history of a completed task ends with an assistant message that has a text."""
    if rest.over is None or rest.over.status != COMPLETED:
        return
    last = view.messages[-1] if view.messages else {}
    content = last.get("content")
    if content == "":
        heard = task.readers.of_all(rest)
        if heard.answer.joined == "" if heard else last.get("toolCalls") or task.calls:
            return  # the agent used its tools, and wrote no text
    holds = last.get("role") == "assistant" and isinstance(content, str) and content != ""
    yield says(holds, f"turn {rest.number} was completed", f"the last message is {message_in_brief(last)}")


@check("HISTORY-015", HISTORY, reason="answer-damaged")
def answers_are_saved_whole(seen: Seen, rest: Turn, view: View) -> Findings:
    """The answer of a completed turn in a history, in one message or in several, is not damaged."""
    if rest.over is not None and rest.over.status == COMPLETED:
        last = takewhile(lambda each: each.get("role") == "assistant", reversed(view.messages))
        texts = [json_values.word(each.get("content")) for each in last]
        if texts:
            yield from not_damaged(seen, rest, "".join(reversed(texts)), "the history has")


@check("HISTORY-016", HISTORY, reason="history-changed")
def earlier_messages_stay(seen: Seen) -> Findings:
    """Messages that were settled are in each later history, unchanged."""
    return settled_stay(seen, "missing or different")


@check("HISTORY-016", HISTORY, reason="history-changed")
def follow_ups_come_last(seen: Seen, view: View, turn: Turn) -> Findings:
    """The last message of the user is the follow-up that was accepted last."""
    if turn.number == 1 or not turn.is_clear or not turn.message.asked.message:
        return
    if turn.holds(seen.began, seen.ended):
        last = view.of_user[-1] if view.of_user else {}
        holds = turn.message.is_shown_as(last.get("content"))
        known = f"follow-up {turn.number - 1} was accepted: {spelled(turn.message.asked.message, 60)}"
        yield says(holds, known, f"the last is {spelled(last.get('content'), 60)}")


@check("HISTORY-017", STREAM, HISTORY, reason="views-differ")
def views_of_a_task_at_rest_agree(seen: Seen, task: Task, view: View) -> Findings:
    """Two views of a finished, idle task have the same messages, by any operation.

    If it did not complete, up to the last of the user's: an answer that was cut off may still be saved.
    """
    rest = task.turns.at_rest(view.began, view.ended)
    if rest is None:
        return
    earlier, settled = task.conversation.settled_before(seen.began), task.conversation.settled_by(view)
    if earlier is None or settled is None:
        return
    if task.turns.at_rest(earlier.by.began, view.ended) is not rest:
        return
    before, now = ([json_values.message(each) for each in view.messages] for view in (earlier, settled))
    known = f"{earlier.by.exchange.label} showed {plural(len(before), 'message')} of the task at rest"
    yield says(before == now, known, f"{plural(len(now), 'message')}, {_compared(before, now)}")


def _compared(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> str:
    """Describe whether two views are the same, and how the first different message differs."""
    other = next(
        (number for number, (one, two) in enumerate(zip(before, now, strict=False)) if one != two), None
    )
    if other is None:
        return "the same" if len(before) == len(now) else "not as many"
    one, two = (json_values.word(view[other].get("content")) for view in (before, now))
    return f"message {other + 1} is not the same" + (f": {in_brief(one, two)}" if one != two else "")


def _reading(message: dict[str, Any], repeated: float | None) -> str | None:
    own = json_values.instant(message.get("createdAt"))
    if own is None:
        return None
    return "task_time" if repeated is not None and abs(own - repeated) < SAME_SECONDS else "own_time"


@check("HISTORY-020", reason="no-reading")
def times_of_messages(record: Record) -> Findings:
    followed = Reading(
        own_time="a message has the time at which it was saved",
        task_time="user and assistant messages repeat the task's createdAt and startedAt",
    )
    exchange, task = record.exchange("follow_up", "history after"), record.exchange("follow_up", "after")
    found = task.data if isinstance(task.data, dict) else {}
    created, started, ended = (
        json_values.instant(found.get(name)) for name in ("createdAt", "startedAt", "completedAt")
    )
    saved = [each for each in messages(exchange) if isinstance(each, dict)]
    # The first message is saved with its task, and a run of a few milliseconds starts and answers at the same
    # time: neither shows the interpretation. Only the last answer belongs to the run of startedAt.
    for each in saved[1:]:
        if each.get("role") == "user":
            followed.add(_reading(each, created), exchange, f"a follow-up at {each.get('createdAt')}")
    if saved and started is not None and ended is not None and ended - started > TELLING_SECONDS:
        followed.add(_reading(saved[-1], started), exchange, f"the answer at {saved[-1].get('createdAt')}")
    return followed.findings()


def _last_history(task: Task, at: int) -> Settled | None:
    """The messages in the last history before a time, excluding streams, if the task was idle."""
    before = (
        each for each in reversed(task.conversation.settled) if each.by.ended <= at and not each.by.is_stream
    )
    return next(before, None)


def _same(one: object, other: object, within: float = STEADY_SECONDS) -> bool:
    first, second = json_values.instant(one), json_values.instant(other)
    return first is None or second is None or abs(first - second) < within


def _is_of_task(task: Task, told: object) -> bool:
    """Whether a time is one of the task's: these change with a follow-up, and a message may repeat them."""
    times = (each.fields.get(name) for each in task.read for name in ("createdAt", "startedAt"))
    return any(each is not None and _same(told, each, SAME_SECONDS) for each in times)


@check("HISTORY-020", HISTORY, reason="no-reading")
def times_of_messages_stay(seen: Seen, task: Task, view: View) -> Findings:
    """The time of a message is the one in an earlier view of the idle task, or a time of the task."""
    settled = _last_history(task, seen.began)
    if settled is None:
        return
    mine = {each.get("id"): each.get("createdAt") for each in view.messages}
    both = [each for each in settled.messages if json_values.filled(each.get("id")) and each["id"] in mine]
    other = [
        each
        for each in both
        if not _same(each.get("createdAt"), mine[each["id"]]) and not _is_of_task(task, mine[each["id"]])
    ]
    if both:
        shown = f"{len(other)} are different now"
        yield says(not other, f"{settled.by.exchange.label} showed {plural(len(both), 'time')}", shown)


@check("HISTORY-021", STREAM, HISTORY, reason="earlier-call")
def calls_are_of_their_turn(view: View, task: Task, rest: Turn) -> Findings:
    """The last answer has no tool call of an earlier answer that no reader received in its turn."""
    parts = _parts(view, task, rest)
    if parts is None:
        return
    heard, earlier, last = parts
    before, now = calls_in(earlier), calls_in(last)
    again = before & now - {event.call for event in heard.live}
    if before and now:
        shown = f"the last repeats {min(again)}" if again else "the last repeats none of them"
        yield says(not again, f"earlier answers have {plural(len(before), 'call')}", shown)


@check("HISTORY-021", STREAM, HISTORY, reason="earlier-thought")
def thoughts_are_of_their_turn(view: View, task: Task, rest: Turn) -> Findings:
    """The last answer has no thought of an earlier answer that no reader received again in its turn.

    A reader that received none may have been too late for all of them.
    """
    parts = _parts(view, task, rest)
    if parts is None:
        return
    heard, earlier, last = parts
    before, now = _thoughts(earlier), _thoughts(last)
    again = before & now - {_thought(event) for event in heard.of("thought")}
    if heard.of("thought") or not again:
        shown = (
            f"the last repeats {spelled(min(again)[1][:60])}" if again else "the last repeats none of them"
        )
        yield says(not again, f"earlier answers have {plural(len(before), 'thought')}", shown)
