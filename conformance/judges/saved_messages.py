"""HISTORY: what a saved message keeps, when it is saved, and that the history's status is the task's."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judges.history import histories
from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.status_samples import Sample, acts, samples
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

EASY, FILES, FOLLOWED = "easy_task", "follow_up_files", "follow_up"
SAME_SECONDS = 0.0005
TELLING_SECONDS = 0.05


@judge("HISTORY-003", EASY, "tool_task", sweep=True)
def status_is_current(record: Record) -> Verdict:
    claim = Claim("stale-status", "the status that get_task tells")
    told, done = samples(record), acts(record)
    for exchange, _ in histories(record):
        expected = _certain(told.get(exchange.task, []), done.get(exchange.task, []), exchange)
        if expected is not None:
            said = exchange.fields.get("status")
            claim.see(said == expected, exchange, f"{said}, and get_task tells {expected}")
    return claim.verdict()


def _certain(told: list[Sample], done: list[Exchange], at: Exchange) -> str | None:
    """The status that get_task told right before and right after, if nobody acted in between."""
    readings = [each for each in told if each.operation == "get_task"]
    before = [each for each in readings if each.ended <= at.started]
    after = [each for each in readings if each.started >= at.ended]
    if not before or not after or before[-1].status != after[0].status:
        return None
    acted = any(each.ended >= before[-1].started and each.started <= after[0].ended for each in done)
    return None if acted else before[-1].status


@judge("HISTORY-010", EASY, "tool_task", sweep=True)
def thoughts_of_assistants(record: Record) -> Verdict:
    claim = Claim("wrong-role", "thoughts on assistant messages only")
    for exchange, found in histories(record):
        for each in found:
            if each.get("role") != "assistant":
                has = "thoughts" in each
                observed = f"a message of {each.get('role')} {'with' if has else 'without'} thoughts"
                claim.see(not has, exchange, observed)
    return claim.verdict()


@judge("HISTORY-012", "file_contents", FILES, sweep=True)
def attached_files(record: Record) -> Verdict:
    claim = Claim("wrong-shape", "a name, and a path relative to the workspace")
    for exchange, found in histories(record):
        for each in found:
            for file in map(shapes.fields, shapes.items(each.get("attachedFiles"))):
                name, path = file.get("name"), file.get("path")
                relative = (
                    shapes.filled(path) and not str(path).startswith(("/", "\\")) and ":\\" not in str(path)
                )
                climbs = ".." in str(path).split("/")
                claim.see(shapes.filled(name) and relative and not climbs, exchange, f"{name!r} at {path!r}")
    return claim.verdict()


@judge("HISTORY-014", "tool_task", "approve_once", sweep=True)
def calls_full_or_short(record: Record) -> Verdict:
    pin = Pin(full="entries carry args and output", short="entries carry neither args nor output")
    for exchange, _ in histories(record):
        for call in _saved_calls(exchange.data):
            has = {"args", "output"} & set(call)
            reading = {0: "short", 2: "full"}.get(len(has))
            pin.see(reading, exchange, f"a call with {', '.join(sorted(has)) or 'neither'}")
    return pin.verdict()


def _saved_calls(data: Any) -> Iterator[dict[str, Any]]:
    """The tool calls of a history as they came, with every field."""
    for message in shapes.objects(shapes.fields(data).get("messages")):
        yield from shapes.objects(message.get("toolCalls"))


@judge("HISTORY-018", "tool_task")
def answer_in_progress(record: Record) -> Verdict:
    claim = Claim("shown-early", "no assistant message before the answer is finished")
    attempt = record.fact("tool_task", "vanished")
    while_running = record.exchange("tool_task", f"{attempt}: history while running")
    roles = [each.get("role") for each in messages(while_running) if isinstance(each, dict)]
    claim.see(roles == ["user"], while_running, f"roles while it runs: {roles}")
    return claim.verdict()


@judge("HISTORY-019", FILES)
def own_words(record: Record) -> Verdict:
    claim = Claim("words-added", "the user's own words, without the list of files")
    found = [each for each in messages(record.exchange(FILES, "history")) if each.get("role") == "user"]
    expected = [record.fact(FILES, "message"), record.fact(FILES, "follow-up message")]
    for said, each in zip(expected, found, strict=False):
        content = each.get("content")
        claim.see(content == said, record.exchange(FILES, "history"), f"{brief(content)!r}")
    return claim.verdict()


@judge("HISTORY-020", FOLLOWED)
def times_of_messages(record: Record) -> Verdict:
    pin = Pin(
        own_time="a message has the time at which it was saved",
        task_time="user and assistant messages repeat the task's createdAt and startedAt",
    )
    exchange, task = record.exchange(FOLLOWED, "history after"), record.exchange(FOLLOWED, "after")
    told = task.data if isinstance(task.data, dict) else {}
    created, started, ended = (
        shapes.instant(told.get(name)) for name in ("createdAt", "startedAt", "completedAt")
    )
    saved = [each for each in messages(exchange) if isinstance(each, dict)]
    _times_that_changed(pin, record, saved, (created, started))
    # The first message is made with its task, and a run of a few milliseconds starts and answers at the same
    # time: neither tells one reading from the other. Only the last answer is of the run of startedAt.
    for each in saved[1:]:
        if each.get("role") == "user":
            pin.see(_reading(each, created), exchange, f"a follow-up at {each.get('createdAt')}")
    if saved and started is not None and ended is not None and ended - started > TELLING_SECONDS:
        pin.see(_reading(saved[-1], started), exchange, f"the answer at {saved[-1].get('createdAt')}")
    return pin.verdict()


def _times_that_changed(
    pin: Pin, record: Record, saved: list[dict[str, Any]], of_task: tuple[float | None, ...]
) -> None:
    """A time that another reading tells otherwise is none at which the message was saved.

    Unless it is one of the task's: those change with a follow-up.
    """
    for exchange in record.transcript(FOLLOWED).labelled("history before"):
        for each, same in zip(shapes.objects(exchange.fields.get("messages")), saved, strict=False):
            before, after = (shapes.instant(message.get("createdAt")) for message in (each, same))
            if not shapes.filled(each.get("id")) or each["id"] != same.get("id"):
                continue
            if before is None or after is None or abs(before - after) < SAME_SECONDS:
                continue
            if not any(known is not None and abs(after - known) < SAME_SECONDS for known in of_task):
                pin.see(
                    None, exchange, f"a message at {each.get('createdAt')}, which is told otherwise later"
                )


def _reading(message: dict[str, Any], repeated: float | None) -> str | None:
    own = shapes.instant(message.get("createdAt"))
    if own is None:
        return None
    return "task_time" if repeated is not None and abs(own - repeated) < SAME_SECONDS else "own_time"
