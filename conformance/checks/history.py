"""Reading the conversation."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.status_samples import Sample, actions, samples
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.conversation import ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.model.conversation import (
    Said,
    Settled,
    doubled,
    in_order,
    missing,
    order_of,
)
from sigmic_conformance.conformance.model.operations import HISTORY, STREAM
from sigmic_conformance.conformance.model.reading import has_begun, not_refused
from sigmic_conformance.conformance.model.requests import Certainty
from sigmic_conformance.conformance.model.seen import Findings, Seen, breaks, says
from sigmic_conformance.conformance.model.seen_tasks import message_in_brief, stays_final
from sigmic_conformance.conformance.model.statuses import AWAITING, COMPLETED, RUNNING
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.registry import check, check_record
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

TELLING_SECONDS = 0.05


SAME_SECONDS = 0.0005


SAME_SECONDS_READINGS = 0.002


def histories(record: Record) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
    """Every history of the run with its messages."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task_history" and exchange.ok:
            yield exchange, [each for each in messages(exchange) if isinstance(each, dict)]


@check_record("HISTORY-001")
def history_task_id(record: Record) -> Verdict:
    observations = Observations("other-id", "the id in the path")
    for exchange, _ in histories(record):
        found = exchange.fields.get("taskId")
        observations.add(found == exchange.task, exchange, f"taskId {found}")
    return observations.verdict()


@check("HISTORY-001", "get_task_history", reason="refused")
def owner_may_read_the_history(seen: Seen) -> Findings:
    """The owner of a task is not refused its history, once the agent has begun."""
    if has_begun(seen):
        yield from not_refused(seen)


@check("HISTORY-002", HISTORY, reason="other-id")
def one_conversation(seen: Seen) -> Findings:
    """The conversationId of a history is the one that get_task told before."""
    if seen.task is None or not seen.exchange.ok:
        return
    told = [
        value
        for each in seen.task.read
        if each.ended <= seen.began and isinstance(value := each.fields.get("conversationId"), str)
    ]
    shown = seen.fields.get("conversationId")
    if told and shown is not None:
        yield says(shown == told[-1], f"get_task told {told[-1]}", f"conversationId {shown}")


def _certain(statuses: list[Sample], done: list[Exchange], at: Exchange) -> str | None:
    """The status that get_task told right before and right after, if nobody acted in between."""
    readings = [each for each in statuses if each.operation == "get_task"]
    before = [each for each in readings if each.ended <= at.started]
    after = [each for each in readings if each.started >= at.ended]
    if not before or not after or before[-1].status != after[0].status:
        return None
    acted = any(each.ended >= before[-1].started and each.started <= after[0].ended for each in done)
    return None if acted else before[-1].status


@check_record("HISTORY-003")
def status_is_current(record: Record) -> Verdict:
    observations = Observations("stale-status", "the status that get_task tells")
    statuses, done = samples(record), actions(record)
    for exchange, _ in histories(record):
        expected = _certain(statuses.get(exchange.task, []), done.get(exchange.task, []), exchange)
        if expected is not None:
            status = exchange.fields.get("status")
            observations.add(status == expected, exchange, f"{status}, and get_task returns {expected}")
    return observations.verdict()


@check("HISTORY-003", HISTORY, reason="stale-status")
def finished_stays_in_history(seen: Seen) -> Findings:
    """A history tells the final status that was told before."""
    yield from stays_final(seen)


@check("HISTORY-004", STREAM, HISTORY, reason="wrong-order")
def messages_are_in_the_order_of_time(seen: Seen) -> Findings:
    """The messages of a view are in the order of their createdAt."""
    if seen.view is not None and len(seen.view.messages) > 1:
        times = [shapes.instant(each.get("createdAt")) for each in seen.view.messages]
        known = [each for each in times if each is not None]
        yield says(
            known == sorted(known),
            f"{plural(len(known), 'message')}",
            "in order" if known == sorted(known) else "not",
        )


@check_record("HISTORY-005")
def roles(record: Record) -> Verdict:
    observations = Observations("unknown-role", "user or assistant")
    for exchange, found in histories(record):
        for each in found:
            observations.add(
                shapes.one_of(each.get("role"), {"user", "assistant"}), exchange, f"role {each.get('role')!r}"
            )
    return observations.verdict()


@check("HISTORY-006", STREAM, HISTORY, reason="id-repeated")
def ids_of_messages_differ(seen: Seen) -> Findings:
    """No two messages of a view have one id."""
    if seen.view is not None and seen.view.messages:
        twice = doubled(seen.view.messages)
        yield says(
            not twice,
            f"{plural(len(seen.view.messages), 'message')}",
            f"ids that occur twice: {twice[:3] or 'none'}",
        )


@check_record("HISTORY-007")
def message_fields(record: Record) -> Verdict:
    observations = Observations("wrong-type", "a content string and a createdAt timestamp")
    for exchange, found in histories(record):
        for each in found:
            good = shapes.text(each.get("content")) and shapes.instant(each.get("createdAt")) is not None
            observations.add(good, exchange, f"{each.get('createdAt')}")
    return observations.verdict()


@check("HISTORY-008", HISTORY, "stream_task", reason="other-message")
def first_message_is_the_creations(seen: Seen) -> Findings:
    """The first message of a task created without files is the user's, with the text that was given."""
    creation = seen.task.creation if seen.task else None
    if seen.view is None or creation is None or creation.asked.message is None or creation.asked.files:
        return
    if creation.answered <= seen.view.began and not (seen.task and seen.task.may_be_empty(seen.view)):
        first = seen.view.messages[0] if seen.view.messages else {}
        holds = first.get("role") == "user" and creation.is_shown_as(first.get("content"))
        yield says(
            holds,
            f"the task was created with {creation.asked.message[:60]!r}",
            f"it begins with {message_in_brief(first)}",
        )


def only_for(record: Record, name: str, role: str) -> Verdict:
    """A field occurs on messages of one role only."""
    observations = Observations("wrong-role", f"{name} only on messages of the role {role}")
    for exchange, found in histories(record):
        for each in found:
            if name in each:
                observations.add(
                    each.get("role") == role, exchange, f"{name} on a message of {each.get('role')}"
                )
    return observations.verdict()


@check("HISTORY-009", STREAM, HISTORY, reason="wrong-role")
def only_users_attach(seen: Seen) -> Findings:
    """No message but the user's has attached files."""
    if seen.view is not None:
        wrong = [
            each for each in seen.view.messages if each.get("role") != "user" and "attachedFiles" in each
        ]
        yield says(
            not wrong,
            f"{plural(len(seen.view.messages), 'message')}",
            f"{plural(len(wrong), 'other has', 'others have')} attachedFiles",
        )


@check("HISTORY-010", STREAM, HISTORY, reason="wrong-role")
def only_assistants_think(seen: Seen) -> Findings:
    """No message but the assistant's has thoughts."""
    if seen.view is not None:
        wrong = [
            each for each in seen.view.messages if each.get("role") != "assistant" and "thoughts" in each
        ]
        yield says(
            not wrong,
            f"{plural(len(seen.view.messages), 'message')}",
            f"{plural(len(wrong), 'other has', 'others have')} thoughts",
        )


@check_record("HISTORY-011")
def tool_calls_of_assistants(record: Record) -> Verdict:
    return only_for(record, "toolCalls", "assistant")


@check_record("HISTORY-012")
def attached_files(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "a name, and a path relative to the workspace")
    for exchange, found in histories(record):
        for each in found:
            for file in map(shapes.fields, shapes.items(each.get("attachedFiles"))):
                name, path = file.get("name"), file.get("path")
                relative = (
                    shapes.filled(path) and not str(path).startswith(("/", "\\")) and ":\\" not in str(path)
                )
                climbs = ".." in str(path).split("/")
                observations.add(
                    shapes.filled(name) and relative and not climbs, exchange, f"{name!r} at {path!r}"
                )
    return observations.verdict()


@check("HISTORY-013", HISTORY, reason="wrong-shape")
def saved_calls_have_their_shape(seen: Seen) -> Findings:
    """Every tool call of every saved message names itself, its tool and its status."""
    for message in seen.view.messages if seen.view else ():
        for told in shapes.items(message.get("toolCalls")):
            call = shapes.fields(told)
            holds = all(shapes.text(call.get(name)) for name in ("callId", "toolName", "status"))
            yield says(holds, "a message has tool calls", f"one has {sorted(call)}")


def _saved_calls(data: object) -> Iterator[dict[str, Any]]:
    """The tool calls of a history as they came, with every field."""
    for message in shapes.objects(shapes.fields(data).get("messages")):
        yield from shapes.objects(message.get("toolCalls"))


@check_record("HISTORY-014")
def calls_full_or_short(record: Record) -> Verdict:
    followed = Reading(full="entries carry args and output", short="entries carry neither args nor output")
    for exchange, _ in histories(record):
        for call in _saved_calls(exchange.data):
            has = {"args", "output"} & set(call)
            reading = {0: "short", 2: "full"}.get(len(has))
            followed.add(reading, exchange, f"a call with {', '.join(sorted(has)) or 'neither'}")
    return followed.verdict()


@check("HISTORY-015", HISTORY, reason="no-answer")
def ends_with_an_answer(seen: Seen) -> Findings:
    """The history of a task that was known to be completed ends with an assistant message that has a text."""
    rest = seen.rest()
    if rest is None or rest.over is None or rest.over.status != COMPLETED or seen.view is None:
        return
    last = seen.view.messages[-1] if seen.view.messages else {}
    content = last.get("content")
    if content == "" and seen.task is not None:
        heard = seen.task.heard_whole(rest)
        if heard.joined == "" if heard else last.get("toolCalls"):
            return  # the agent used its tools, and said nothing
    holds = last.get("role") == "assistant" and isinstance(content, str) and content != ""
    yield says(holds, f"turn {rest.number} was completed", f"the last message is {message_in_brief(last)}")


@check("HISTORY-016", HISTORY, reason="history-changed")
def earlier_messages_stay(seen: Seen) -> Findings:
    """What an earlier view showed of the task at rest is there, unchanged and in the same order."""
    if seen.view is None or seen.task is None:
        return
    settled = seen.task.settled_before(seen.began)
    if settled is None:
        return
    known = f"{settled.by.exchange.label} had shown {plural(len(settled.messages), 'message')}"
    lacking = missing(settled, seen.view)
    if lacking:
        yield breaks(known, f"missing or different: {message_in_brief(lacking[0])}")
    else:
        yield says(in_order(settled, seen.view), known, order_of(settled, seen.view))


@check("HISTORY-017", STREAM, HISTORY, reason="views-differ")
def views_of_a_task_at_rest_agree(seen: Seen) -> Findings:
    """Two views of a finished task at rest have the same messages, in whatever way they are read.

    Of one that did not complete, up to the last of the user's: what was cut off may still be saved.
    """
    rest = seen.task.at_rest(seen.view.began, seen.view.ended) if seen.task and seen.view else None
    if rest is None or seen.task is None or seen.view is None:
        return
    earlier, settled = seen.task.settled_before(seen.began), seen.task.settled_by(seen.view)
    if earlier is None or settled is None:
        return
    if seen.task.at_rest(earlier.by.began, seen.view.ended) is not rest:
        return
    before, now = ([shapes.message(each) for each in view.messages] for view in (earlier, settled))
    known = f"{earlier.by.exchange.label} showed {plural(len(before), 'message')} of the task at rest"
    yield says(
        before == now,
        known,
        f"{plural(len(now), 'message')}, {'the same' if before == now else 'not the same'}",
    )


@check_record("HISTORY-018")
def answer_in_progress(record: Record) -> Verdict:
    observations = Observations("shown-early", "no assistant message before the answer is finished")
    attempt = record.fact(ToolTask.VANISHED)
    while_running = record.exchange(ToolTask.HISTORY_WHILE_RUNNING.of(attempt))
    roles = [each.get("role") for each in messages(while_running) if isinstance(each, dict)]
    observations.add(roles == ["user"], while_running, f"roles while it runs: {roles}")
    return observations.verdict()


@check("HISTORY-018", HISTORY, STREAM, reason="shown-early")
def answers_in_progress_are_not_shown(seen: Seen) -> Findings:
    """The last message of a task that was told afterwards to be at work is the user's."""
    task, view = seen.task, seen.view
    turn = task.turn_at(seen.began) if task else None
    if task is None or view is None or turn is None or not turn.is_clear or turn.taken > seen.began:
        return
    at_work = [
        told
        for told in task.told
        if told.status in {RUNNING, AWAITING, "pending"}
        and told.began >= view.ended
        and turn.holds(told.began, told.ended)
    ]
    if at_work and view.messages:
        role = view.messages[-1].get("role")
        yield says(
            role == "user",
            f"{at_work[0].exchange.label} shows it running",
            f"the last message is of {role}",
        )


def _was_taken(said: Said) -> bool:
    return said.certainty is Certainty.ACCEPTED


@check("HISTORY-019", HISTORY, STREAM, reason="words-added")
def users_words_are_kept(seen: Seen) -> Findings:
    """A message that came with files is shown without a list of them."""
    if seen.view is None or seen.task is None:
        return
    for said in seen.task.said:
        text = said.asked.message
        if text is None or not said.asked.files or said.answered > seen.view.began or not _was_taken(said):
            continue
        shown_as = [
            str(each.get("content")) for each in seen.view.of_user if said.is_shown_as(each.get("content"))
        ]
        if shown_as:
            holds = any(content.strip() == text.strip() for content in shown_as)
            yield says(holds, f"the message was {text[:60]!r}", f"it is shown as {shown_as[0][:60]!r}")


def _reading(message: dict[str, Any], repeated: float | None) -> str | None:
    own = shapes.instant(message.get("createdAt"))
    if own is None:
        return None
    return "task_time" if repeated is not None and abs(own - repeated) < SAME_SECONDS else "own_time"


def _times_that_changed(
    followed: Reading, record: Record, saved: list[dict[str, Any]], of_task: tuple[float | None, ...]
) -> None:
    """A time that another reading tells otherwise is none at which the message was saved.

    Unless it is one of the task's: those change with a follow-up.
    """
    for exchange in record.labelled(FollowUp.HISTORY_BEFORE):
        for each, same in zip(shapes.objects(exchange.fields.get("messages")), saved, strict=False):
            before, after = (shapes.instant(message.get("createdAt")) for message in (each, same))
            if not shapes.filled(each.get("id")) or each["id"] != same.get("id"):
                continue
            if before is None or after is None or abs(before - after) < SAME_SECONDS:
                continue
            if not any(known is not None and abs(after - known) < SAME_SECONDS for known in of_task):
                followed.add(
                    None,
                    exchange,
                    f"a message at {each.get('createdAt')}; a later history shows a different time",
                )


@check_record("HISTORY-020")
def times_of_messages(record: Record) -> Verdict:
    followed = Reading(
        own_time="a message has the time at which it was saved",
        task_time="user and assistant messages repeat the task's createdAt and startedAt",
    )
    exchange, task = record.exchange(FollowUp.HISTORY_AFTER), record.exchange(FollowUp.AFTER)
    found = task.data if isinstance(task.data, dict) else {}
    created, started, ended = (
        shapes.instant(found.get(name)) for name in ("createdAt", "startedAt", "completedAt")
    )
    saved = [each for each in messages(exchange) if isinstance(each, dict)]
    _times_that_changed(followed, record, saved, (created, started))
    # The first message is made with its task, and a run of a few milliseconds starts and answers at the same
    # time: neither tells one reading from the other. Only the last answer is of the run of startedAt.
    for each in saved[1:]:
        if each.get("role") == "user":
            followed.add(_reading(each, created), exchange, f"a follow-up at {each.get('createdAt')}")
    if saved and started is not None and ended is not None and ended - started > TELLING_SECONDS:
        followed.add(_reading(saved[-1], started), exchange, f"the answer at {saved[-1].get('createdAt')}")
    return followed.verdict()


def _last_history(task: Task, at: int) -> Settled | None:
    """What the last history before a time, and not a stream, showed of the task at rest."""
    before = (each for each in reversed(task.settled) if each.by.ended <= at and not each.by.is_stream)
    return next(before, None)


def _same(one: object, other: object) -> bool:
    first, second = shapes.instant(one), shapes.instant(other)
    return first is None or second is None or abs(first - second) < SAME_SECONDS_READINGS


@check("HISTORY-020", HISTORY, reason="two-readings")
def times_of_messages_stay(seen: Seen) -> Findings:
    """The time of a message is the one that an earlier view of the task at rest told."""
    task, view = seen.task, seen.view
    settled = _last_history(task, seen.began) if task else None
    if task is None or view is None or settled is None:
        return
    before = {
        each.get("id"): each.get("createdAt") for each in settled.messages if shapes.filled(each.get("id"))
    }
    mine = {each.get("id"): each.get("createdAt") for each in view.messages}
    other = [name for name, told in before.items() if name in mine and not _same(told, mine[name])]
    if before.keys() & mine.keys():
        yield says(
            not other,
            f"{settled.by.exchange.label} told {plural(len(before), 'time')}",
            f"{len(other)} are different now",
        )
