"""HISTORY: the conversation as messages, when they are saved, and that it agrees with the stream."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.status_samples import Sample, actions, samples
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.approve import ApproveOnce
from sigmic_conformance.conformance.labels.conversation import EasyTask, ToolTask
from sigmic_conformance.conformance.labels.followup import FollowUp, FollowUpFiles, LongConversation
from sigmic_conformance.conformance.labels.upload import FileContents
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

SAME_SECONDS = 0.0005
TELLING_SECONDS = 0.05


def histories(record: Record) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
    """Every history of the run with its messages."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task_history" and exchange.ok:
            yield exchange, [each for each in messages(exchange) if isinstance(each, dict)]


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


@judge("HISTORY-001", EasyTask.PROBE, sweep=True)
def history_task_id(record: Record) -> Verdict:
    observations = Observations("other-id", "the id in the path")
    for exchange, _ in histories(record):
        found = exchange.fields.get("taskId")
        observations.add(found == exchange.task, exchange, f"taskId {found}")
    return observations.verdict()


@judge("HISTORY-002", EasyTask.PROBE)
def history_conversation(record: Record) -> Verdict:
    observations = Observations("other-id", "the conversationId of get_task")
    exchange = record.exchange(EasyTask.HISTORY)
    found, known = (
        each.fields.get("conversationId") for each in (exchange, record.exchange(EasyTask.FINISHED))
    )
    observations.add(found == known is not None, exchange, f"{found} and {known}")
    return observations.verdict()


@judge("HISTORY-003", EasyTask.PROBE, ToolTask.PROBE, sweep=True)
def status_is_current(record: Record) -> Verdict:
    observations = Observations("stale-status", "the status that get_task tells")
    statuses, done = samples(record), actions(record)
    for exchange, _ in histories(record):
        expected = _certain(statuses.get(exchange.task, []), done.get(exchange.task, []), exchange)
        if expected is not None:
            status = exchange.fields.get("status")
            observations.add(status == expected, exchange, f"{status}, and get_task returns {expected}")
    return observations.verdict()


def _certain(statuses: list[Sample], done: list[Exchange], at: Exchange) -> str | None:
    """The status that get_task told right before and right after, if nobody acted in between."""
    readings = [each for each in statuses if each.operation == "get_task"]
    before = [each for each in readings if each.ended <= at.started]
    after = [each for each in readings if each.started >= at.ended]
    if not before or not after or before[-1].status != after[0].status:
        return None
    acted = any(each.ended >= before[-1].started and each.started <= after[0].ended for each in done)
    return None if acted else before[-1].status


@judge("HISTORY-004", EasyTask.PROBE, sweep=True)
def chronological(record: Record) -> Verdict:
    observations = Observations("wrong-order", "createdAt never decreases")
    for exchange, found in histories(record):
        times = [shapes.instant(each.get("createdAt")) or 0.0 for each in found]
        wrong = next((number for number, pair in enumerate(pairwise(times), 2) if pair[0] > pair[1]), None)
        shown = f"{plural(len(times), 'message')}" + (
            f"; number {wrong} is older than the message before it" if wrong else ""
        )
        observations.add(wrong is None, exchange, shown)
    return observations.verdict()


@judge("HISTORY-005", EasyTask.PROBE, sweep=True)
def roles(record: Record) -> Verdict:
    observations = Observations("unknown-role", "user or assistant")
    for exchange, found in histories(record):
        for each in found:
            observations.add(
                shapes.one_of(each.get("role"), {"user", "assistant"}), exchange, f"role {each.get('role')!r}"
            )
    return observations.verdict()


@judge("HISTORY-006", EasyTask.PROBE, sweep=True)
def message_ids(record: Record) -> Verdict:
    observations = Observations("id-repeated", "an id string that no other message has")
    for exchange, found in histories(record):
        ids = [each.get("id") for each in found]
        observations.add(
            all(map(shapes.filled, ids)) and len(set(ids)) == len(ids), exchange, f"{plural(len(ids), 'id')}"
        )
    return observations.verdict()


@judge("HISTORY-007", EasyTask.PROBE, sweep=True)
def message_fields(record: Record) -> Verdict:
    observations = Observations("wrong-type", "a content string and a createdAt timestamp")
    for exchange, found in histories(record):
        for each in found:
            good = shapes.text(each.get("content")) and shapes.instant(each.get("createdAt")) is not None
            observations.add(good, exchange, f"{each.get('createdAt')}")
    return observations.verdict()


@judge("HISTORY-008", EasyTask.PROBE)
def first_message(record: Record) -> Verdict:
    observations = Observations("other-message", "the user's, with the text given at creation")
    exchange = record.exchange(EasyTask.HISTORY)
    first = messages(exchange)[0] if messages(exchange) else {}
    good = first.get("role") == "user" and first.get("content") == record.fact(EasyTask.MESSAGE)
    observations.add(good, exchange, f"{first.get('role')}: {first.get('content')!r}")
    return observations.verdict()


@judge("HISTORY-009", FileContents.PROBE, sweep=True)
def attached_files_of_users(record: Record) -> Verdict:
    return only_for(record, "attachedFiles", "user")


@judge("HISTORY-010", EasyTask.PROBE, ToolTask.PROBE, sweep=True)
def thoughts_of_assistants(record: Record) -> Verdict:
    observations = Observations("wrong-role", "thoughts on assistant messages only")
    for exchange, found in histories(record):
        for each in found:
            if each.get("role") != "assistant":
                has = "thoughts" in each
                observed = f"a message of {each.get('role')} {'with' if has else 'without'} thoughts"
                observations.add(not has, exchange, observed)
    return observations.verdict()


@judge("HISTORY-011", ToolTask.PROBE, sweep=True)
def tool_calls_of_assistants(record: Record) -> Verdict:
    return only_for(record, "toolCalls", "assistant")


@judge("HISTORY-012", FileContents.PROBE, FollowUpFiles.PROBE, sweep=True)
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


@judge("HISTORY-013", ApproveOnce.PROBE, ToolTask.PROBE)
def saved_calls(record: Record) -> Verdict:
    observations = Observations("wrong-shape", "callId, toolName and status")
    for label in (ApproveOnce.HISTORY, ToolTask.HISTORY):
        exchange = record.exchange(label)
        for message in messages(exchange):
            for entry in map(shapes.fields, shapes.items(message.get("toolCalls"))):
                holds = all(isinstance(entry.get(name), str) for name in ("callId", "toolName", "status"))
                observations.add(holds, exchange, f"{sorted(entry)}")
    return observations.verdict()


@judge("HISTORY-014", ToolTask.PROBE, ApproveOnce.PROBE, sweep=True)
def calls_full_or_short(record: Record) -> Verdict:
    followed = Reading(full="entries carry args and output", short="entries carry neither args nor output")
    for exchange, _ in histories(record):
        for call in _saved_calls(exchange.data):
            has = {"args", "output"} & set(call)
            reading = {0: "short", 2: "full"}.get(len(has))
            followed.add(reading, exchange, f"a call with {', '.join(sorted(has)) or 'neither'}")
    return followed.verdict()


def _saved_calls(data: object) -> Iterator[dict[str, Any]]:
    """The tool calls of a history as they came, with every field."""
    for message in shapes.objects(shapes.fields(data).get("messages")):
        yield from shapes.objects(message.get("toolCalls"))


@judge("HISTORY-015", EasyTask.PROBE)
def ends_with_the_answer(record: Record) -> Verdict:
    observations = Observations("no-answer", "an assistant message with the answer")
    exchange = record.exchange(EasyTask.HISTORY)
    last = messages(exchange)[-1] if messages(exchange) else {}
    good = last.get("role") == "assistant" and shapes.filled(last.get("content"))
    observations.add(good, exchange, f"{last.get('role')}: {brief(last.get('content'))!r}")
    return observations.verdict()


@judge("HISTORY-016", FollowUp.PROBE, LongConversation.PROBE)
def history_grows(record: Record) -> Verdict:
    observations = Observations("history-changed", "all earlier messages unchanged, the new ones after them")
    pairs = [(record.exchange(FollowUp.HISTORY_BEFORE), record.exchange(FollowUp.HISTORY_AFTER))]
    long = record.any_of(LongConversation.WHOLE) if LongConversation.PROBE in record.probes else ()
    for whole in (each for each in long if each.ok):
        pairs.append((record.exchange(LongConversation.HALF), whole))
        users = [str(each.get("content")) for each in messages(whole) if each.get("role") == "user"]
        taken = record.fact(LongConversation.TAKEN)
        missing = [text for text in taken if not any(text in content for content in users)]
        shown = (
            f"{plural(len(messages(whole)), 'message')}, {len(missing)} of {len(taken)} of the user missing"
        )
        observations.add(not missing, whole, shown)
    for before, after in pairs:
        old, new = messages(before), messages(after)
        grows = len(new) > len(old) and new[len(old)].get("role") == "user"
        holds = bool(old) and new[: len(old)] == old and grows
        observations.add(holds, after, f"{plural(len(old), 'message')}, then {len(new)}")
    return observations.verdict()


@judge("HISTORY-017", EasyTask.PROBE)
def stream_and_history_agree(record: Record) -> Verdict:
    observations = Observations("views-differ", "history and history_message events are equal")
    stream, exchange = record.stream(EasyTask.REPLAY), record.exchange(EasyTask.HISTORY)
    same = stream.messages == messages(exchange) and bool(stream.messages)
    observations.add(
        same, exchange, f"{len(stream.messages)} and {plural(len(messages(exchange)), 'message')}"
    )
    return observations.verdict()


@judge("HISTORY-018", ToolTask.PROBE)
def answer_in_progress(record: Record) -> Verdict:
    observations = Observations("shown-early", "no assistant message before the answer is finished")
    attempt = record.fact(ToolTask.VANISHED)
    while_running = record.exchange(ToolTask.HISTORY_WHILE_RUNNING.of(attempt))
    roles = [each.get("role") for each in messages(while_running) if isinstance(each, dict)]
    observations.add(roles == ["user"], while_running, f"roles while it runs: {roles}")
    return observations.verdict()


@judge("HISTORY-019", FollowUpFiles.PROBE)
def own_words(record: Record) -> Verdict:
    observations = Observations("words-added", "the user's own words, without the list of files")
    found = [each for each in messages(record.exchange(FollowUpFiles.HISTORY)) if each.get("role") == "user"]
    expected = [record.fact(FollowUpFiles.MESSAGE), record.fact(FollowUpFiles.FOLLOW_UP_MESSAGE)]
    for given, each in zip(expected, found, strict=False):
        content = each.get("content")
        observations.add(content == given, record.exchange(FollowUpFiles.HISTORY), f"{brief(content)!r}")
    return observations.verdict()


@judge("HISTORY-020", FollowUp.PROBE)
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


def _reading(message: dict[str, Any], repeated: float | None) -> str | None:
    own = shapes.instant(message.get("createdAt"))
    if own is None:
        return None
    return "task_time" if repeated is not None and abs(own - repeated) < SAME_SECONDS else "own_time"
