"""GET: the fields of a task in every status, and tasks that do not exist."""

from typing import Any

from sigmic_conformance.conformance.judging.answer_data import messages
from sigmic_conformance.conformance.judging.controls import accepted
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.task_objects import every_task, listings, tasks
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.labels.auth import EitherHeader, UnknownTask
from sigmic_conformance.conformance.labels.conversation import EasyTask
from sigmic_conformance.conformance.labels.create import QuickAnswer
from sigmic_conformance.conformance.labels.followup import FollowUp
from sigmic_conformance.conformance.labels.state import PendingTask
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.plural import plural

STARTED = frozenset({"running", "awaiting_approval", "completed", "failed"})
UNFINISHED = frozenset({"pending", "running", "awaiting_approval"})


def _is_time(value: object) -> bool:
    """A time told as a string; its form is judged elsewhere."""
    return shapes.text(value) and shapes.instant(value) is not None


@judge("GET-001", EasyTask.PROBE, sweep=True)
def same_id(record: Record) -> Verdict:
    observations = Observations("other-id", "the id in the path")
    for exchange, task in tasks(record):
        observations.add(task.get("id") == exchange.task, exchange, f"id {task.get('id')}")
    return observations.verdict()


@judge("GET-002", EasyTask.PROBE, EitherHeader.PROBE)
def one_key_id(record: Record) -> Verdict:
    observations = Observations("other-key", "a string, the same for all tasks of one key")
    first: object = None
    for probe in (EasyTask.PROBE, EitherHeader.PROBE):
        for exchange in record.exchanges(probe):
            if exchange.operation == "get_task" and exchange.ok:
                value = exchange.fields.get("apiKeyId")
                first = value if first is None else first
                observations.add(isinstance(value, str) and value == first, exchange, f"apiKeyId {value!r}")
    return observations.verdict()


@judge("GET-003", EasyTask.PROBE, sweep=True)
def username(record: Record) -> Verdict:
    return every_task(
        record,
        "wrong-type",
        "a string",
        lambda task: (shapes.text(task.get("username")), f"username {task.get('username')!r}"),
    )


@judge("GET-004", EasyTask.PROBE, sweep=True)
def session_and_conversation(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        values = [task.get("sessionId"), task.get("conversationId")]
        return (all(map(shapes.text, values)), f"{values}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-type", "strings in a completed task", look)


@judge("GET-005", EasyTask.PROBE, sweep=True)
def known_statuses(record: Record) -> Verdict:
    observations = Observations("unknown-status", "one of the six statuses")
    for exchange, task in tasks(record):
        observations.add(
            shapes.one_of(task.get("status"), shapes.STATUSES), exchange, f"status {task.get('status')!r}"
        )
    for exchange, items, _ in listings(record):
        odd = [item.get("status") for item in items if not shapes.one_of(item.get("status"), shapes.STATUSES)]
        observations.add(not odd, exchange, f"unknown: {odd or 'none'}")
    return observations.verdict()


@judge("GET-006", EasyTask.PROBE)
def message_as_given(record: Record) -> Verdict:
    observations = Observations("other-message", "the message given at creation")
    exchange = record.exchange(EasyTask.FINISHED)
    found = exchange.fields.get("message")
    observations.add(found == record.fact(EasyTask.MESSAGE), exchange, f"{found!r}")
    return observations.verdict()


@judge("GET-007", EasyTask.PROBE, sweep=True)
def error_field(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, error = task.get("status"), task.get("error")
        if status == "cancelled":
            return None
        good = shapes.text(error) if status == "failed" else error is None
        return good, f"{status}: error {error!r}"

    return every_task(record, "wrong-error", "a string when failed, else null", look)


@judge("GET-008", EasyTask.PROBE, sweep=True)
def created_at(record: Record) -> Verdict:
    observations = Observations("changed", "a timestamp, told as a string, that never changes")
    seen: dict[str, object] = {}
    for exchange, task in tasks(record):
        value = task.get("createdAt")
        observed = f"createdAt {value!r}"
        observations.add(_is_time(value), exchange, observed, reason="no-timestamp")
        observations.add(seen.setdefault(exchange.task, value) == value, exchange, observed)
    return observations.verdict()


@judge("GET-009", EasyTask.PROBE, sweep=True)
def started_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        value = task.get("startedAt")
        return (_is_time(value), f"startedAt {value}") if shapes.one_of(task.get("status"), STARTED) else None

    return every_task(record, "missing", "a timestamp once it has started", look)


@judge("GET-010", EasyTask.PROBE, sweep=True)
def completed_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, value = task.get("status"), task.get("completedAt")
        if shapes.one_of(status, UNFINISHED):
            return value is None, f"{status}: completedAt {value}"
        return (_is_time(value), f"completed: completedAt {value}") if status == "completed" else None

    return every_task(record, "wrong-time", "null until finished, a timestamp when completed", look)


@judge("GET-023", EasyTask.PROBE, sweep=True)
def times_in_order(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        times = [shapes.instant(task.get(name)) for name in ("createdAt", "startedAt", "completedAt")]
        known = [time for time in times if time is not None]
        return (known == sorted(known), f"{known}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-order", "createdAt, startedAt, completedAt", look)


@judge("GET-024", EasyTask.PROBE)
def reading_is_safe(record: Record) -> Verdict:
    observations = Observations("changed-by-reading", "repeated GETs answer the same")
    one, other = record.exchange(EasyTask.FINISHED), record.exchange(EasyTask.FINISHED_AGAIN)
    changed = [
        name for name in {**one.fields, **other.fields} if one.fields.get(name) != other.fields.get(name)
    ]
    shown = ", ".join(
        f"{name}: {one.fields.get(name)!r:.60} then {other.fields.get(name)!r:.60}" for name in changed
    )
    same = one.ok and shapes.task(one.data) == shapes.task(other.data)
    observations.add(same, other, shown or "the same task")
    one, other = record.exchange(EasyTask.HISTORY), record.exchange(EasyTask.HISTORY_AGAIN)
    if one.ok:
        kept, counts = messages(one) == messages(other), (len(messages(one)), len(messages(other)))
        observations.add(kept, other, f"{plural(counts[0], 'message')}, then {counts[1]}")
    return observations.verdict()


@judge("GET-026", EasyTask.PROBE, PendingTask.PROBE, sweep=True)
def ids_of_a_pending_task(record: Record) -> Verdict:
    """Each of the two follows a reading of its own, so that all four pairs are admissible."""
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
    return followed.verdict()


def _form(value: object) -> str | None:
    """Whether an id is null or a string; None for anything else, or when it is absent."""
    if value is None:
        return "null"
    return "string" if shapes.text(value) else None


def _pending(record: Record) -> list[tuple[Exchange, dict[str, Any]]]:
    """Every view of a task that has never started."""
    views = [*tasks(record)]
    views += [(exchange, item) for exchange, items, _ in listings(record) for item in items]
    return [
        (exchange, task)
        for exchange, task in views
        if task.get("status") == "pending" and task.get("startedAt") is None
    ]


@judge("GET-027", UnknownTask.PROBE)
def odd_ids(record: Record) -> Verdict:
    observations = Observations("not-refused", "4xx in the envelope")
    for label in ("not a UUID", "long"):
        for exchange in record.transcript(UnknownTask.PROBE).labelled(label):
            observations.add(exchange.refused and exchange.code is not None, exchange, summary(exchange))
    return observations.verdict()


@judge("GET-029", FollowUp.PROBE)
def first_message_stays(record: Record) -> Verdict:
    observations = Observations("other-message", "message remains the first")
    before, after = record.exchange(FollowUp.BEFORE), record.exchange(FollowUp.AFTER)
    values = [each.fields.get("message") for each in (before, after)]
    observations.add(values[0] == values[1] is not None, after, f"{values}")
    return observations.verdict()


@judge("GET-031", QuickAnswer.PROBE)
def readable_at_once(record: Record) -> Verdict:
    return accepted(record, [QuickAnswer.AT_ONCE])


@judge("GET-032", EasyTask.PROBE, sweep=True)
def conversation_stays(record: Record) -> Verdict:
    observations = Observations("changed", "conversationId never changes once it has a value")
    first: dict[str, object] = {}
    seen: dict[str, int] = {}
    for exchange, task in tasks(record):
        value = task.get("conversationId")
        if value is None:
            continue
        id = shapes.word(task.get("id"))  # noqa: A001  the platform's word
        known = first.setdefault(id, value)
        seen[id] = seen.get(id, 0) + 1
        if seen[id] > 1 or value != known:
            observations.add(value == known, exchange, f"conversationId {value}")
    return observations.verdict()
