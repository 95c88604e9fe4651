"""GET: the fields of a task in every status, and tasks that do not exist."""

from collections.abc import Callable, Iterator
from typing import Any

from sigmic_conformance.conformance.judges.listing import listings
from sigmic_conformance.conformance.judges.phases import live_reader
from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import brief, summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

EASY = "easy_task"
STARTED = frozenset({"running", "awaiting_approval", "completed", "failed"})
UNFINISHED = frozenset({"pending", "running", "awaiting_approval"})


def tasks(record: Record) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """Every task object that get_task answered in the run."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task" and exchange.ok and isinstance(exchange.data, dict):
            yield exchange, exchange.data


def every_task(
    record: Record, reason: str, expected: str, look: Callable[[dict[str, Any]], tuple[bool, str] | None]
) -> Verdict:
    """Judge each task object by one look; None when it does not apply."""
    claim = Claim(reason, expected)
    for exchange, task in tasks(record):
        found = look(task)
        if found is not None:
            claim.see(found[0], exchange, found[1])
    return claim.verdict()


@judge("GET-001", EASY, sweep=True)
def same_id(record: Record) -> Verdict:
    claim = Claim("other-id", "the id in the path")
    for exchange, task in tasks(record):
        claim.see(task.get("id") == exchange.task, exchange, f"id {task.get('id')}")
    return claim.verdict()


@judge("GET-002", EASY, "either_header")
def one_key_id(record: Record) -> Verdict:
    claim = Claim("other-key", "a string, the same for all tasks of one key")
    first: object = None
    for probe in (EASY, "either_header"):
        for exchange in record.exchanges(probe):
            if exchange.operation == "get_task" and exchange.ok:
                value = exchange.fields.get("apiKeyId")
                first = value if first is None else first
                claim.see(isinstance(value, str) and value == first, exchange, f"apiKeyId {value!r}")
    return claim.verdict()


@judge("GET-003", EASY, sweep=True)
def username(record: Record) -> Verdict:
    return every_task(
        record,
        "wrong-type",
        "a string",
        lambda task: (shapes.text(task.get("username")), f"username {task.get('username')!r}"),
    )


@judge("GET-004", EASY, sweep=True)
def session_and_conversation(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        values = [task.get("sessionId"), task.get("conversationId")]
        return (all(map(shapes.text, values)), f"{values}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-type", "strings in a completed task", look)


@judge("GET-005", EASY, sweep=True)
def known_statuses(record: Record) -> Verdict:
    claim = Claim("unknown-status", "one of the six statuses")
    for exchange, task in tasks(record):
        claim.see(
            shapes.one_of(task.get("status"), shapes.STATUSES), exchange, f"status {task.get('status')!r}"
        )
    for exchange, items, _ in listings(record):
        odd = [item.get("status") for item in items if not shapes.one_of(item.get("status"), shapes.STATUSES)]
        claim.see(not odd, exchange, f"unknown: {odd or 'none'}")
    return claim.verdict()


@judge("GET-006", EASY)
def message_as_given(record: Record) -> Verdict:
    claim = Claim("other-message", "the message given at creation")
    exchange = record.exchange(EASY, "finished")
    told = exchange.fields.get("message")
    claim.see(told == record.fact(EASY, "message"), exchange, f"{told!r}")
    return claim.verdict()


@judge("GET-007", EASY, sweep=True)
def error_field(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, error = task.get("status"), task.get("error")
        if status == "cancelled":
            return None
        good = shapes.text(error) if status == "failed" else error is None
        return good, f"{status}: error {error!r}"

    return every_task(record, "wrong-error", "a string when failed, else null", look)


def _is_time(value: object) -> bool:
    """A time told as a string; its form is judged elsewhere."""
    return shapes.text(value) and shapes.instant(value) is not None


@judge("GET-008", EASY, sweep=True)
def created_at(record: Record) -> Verdict:
    claim = Claim("changed", "a timestamp, told as a string, that never changes")
    seen: dict[str, object] = {}
    for exchange, task in tasks(record):
        value = task.get("createdAt")
        observed = f"createdAt {value!r}"
        claim.see(_is_time(value), exchange, observed, reason="no-timestamp")
        claim.see(seen.setdefault(exchange.task, value) == value, exchange, observed)
    return claim.verdict()


@judge("GET-009", EASY, sweep=True)
def started_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        value = task.get("startedAt")
        return (_is_time(value), f"startedAt {value}") if shapes.one_of(task.get("status"), STARTED) else None

    return every_task(record, "missing", "a timestamp once it has started", look)


@judge("GET-010", EASY, sweep=True)
def completed_at(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        status, value = task.get("status"), task.get("completedAt")
        if shapes.one_of(status, UNFINISHED):
            return value is None, f"{status}: completedAt {value}"
        return (_is_time(value), f"completed: completedAt {value}") if status == "completed" else None

    return every_task(record, "wrong-time", "null until finished, a timestamp when completed", look)


@judge("GET-011", EASY, sweep=True)
def completed_has_output(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        there = isinstance(task.get("output"), dict)
        return (
            (there, f"output {'there' if there else 'absent'}") if task.get("status") == "completed" else None
        )

    return every_task(record, "no-output", "an output object", look)


@judge("GET-012", "tool_task", sweep=True)
def running_has_output(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        there = isinstance(task.get("output"), dict)
        return (
            (there, f"output {'there' if there else 'absent'}") if task.get("status") == "running" else None
        )

    return every_task(record, "no-output", "an output object", look)


def output_field(record: Record, name: str, expected: str, holds: Callable[[Any], bool]) -> Verdict:
    """Judge a field of every output object; an optional one only where it is there."""

    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        output = task.get("output")
        if not isinstance(output, dict) or (name in shapes.OPTIONAL and name not in output):
            return None
        return holds(output.get(name)), f"output.{name}: {brief(output.get(name))}"

    return every_task(record, "wrong-type", expected, look)


@judge("GET-013", EASY, sweep=True)
def output_content(record: Record) -> Verdict:
    return output_field(record, "content", "a string", shapes.text)


@judge("GET-014", EASY, sweep=True)
def output_updated_at(record: Record) -> Verdict:
    return output_field(record, "updatedAt", "a timestamp", lambda value: shapes.instant(value) is not None)


@judge("GET-016", "tool_task", sweep=True)
def output_tool_calls(record: Record) -> Verdict:
    return output_field(record, "toolCalls", "a list", shapes.listing)


@judge("GET-017", "tool_task", sweep=True)
def output_tool_call(record: Record) -> Verdict:
    def holds(calls: Any) -> bool:
        return isinstance(calls, list) and all(
            isinstance(call, dict)
            and all(shapes.text(call.get(name)) for name in ("callId", "toolName", "status"))
            and shapes.mapping(call.get("args"))
            for call in calls
        )

    return output_field(record, "toolCalls", "callId, toolName, status and an args object", holds)


@judge("GET-018", EASY, sweep=True)
def no_empty_approvals(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        if task.get("status") == "awaiting_approval":
            return None
        return (
            "pendingApprovals" not in task,
            f"{task.get('status')}: {task.get('pendingApprovals', 'absent')}",
        )

    return every_task(record, "not-absent", "absent when nothing waits", look)


@judge("GET-022", EASY)
def output_is_the_streams_text(record: Record) -> Verdict:
    claim = Claim("texts-differ", "output.content is the text that the stream delivered")
    exchange = record.exchange(EASY, "finished")
    stream = live_reader(record)
    content = str(shapes.fields(exchange.fields.get("output")).get("content"))
    claim.see(stream.delivered(content), exchange, f"{brief(content)!r}")
    return claim.verdict()


@judge("GET-023", EASY, sweep=True)
def times_in_order(record: Record) -> Verdict:
    def look(task: dict[str, Any]) -> tuple[bool, str] | None:
        times = [shapes.instant(task.get(name)) for name in ("createdAt", "startedAt", "completedAt")]
        known = [time for time in times if time is not None]
        return (known == sorted(known), f"{known}") if task.get("status") == "completed" else None

    return every_task(record, "wrong-order", "createdAt, startedAt, completedAt", look)


@judge("GET-024", EASY)
def reading_is_safe(record: Record) -> Verdict:
    claim = Claim("changed-by-reading", "repeated GETs answer the same")
    one, other = record.exchange(EASY, "finished"), record.exchange(EASY, "finished again")
    claim.see(one.ok and shapes.task(one.data) == shapes.task(other.data), other, "the same task")
    one, other = record.exchange(EASY, "history"), record.exchange(EASY, "history again")
    if one.ok:
        claim.see(messages(one) == messages(other), other, "the same messages")
    return claim.verdict()


@judge("GET-027", "unknown_task")
def odd_ids(record: Record) -> Verdict:
    claim = Claim("not-refused", "4xx in the envelope")
    for label in ("not a UUID", "long"):
        for exchange in record.transcript("unknown_task").labelled(label):
            claim.see(exchange.refused and exchange.code is not None, exchange, summary(exchange))
    return claim.verdict()


@judge("ERROR-013", "unknown_task", EASY)
def unknown_tasks_code(record: Record) -> Verdict:
    wanted = {"approve_tool_call", "list_artifacts", "download_artifact"}
    asked = [
        each for each in record.transcript("unknown_task").labelled("unknown") if each.operation in wanted
    ]
    codes = frozenset({"NOT_FOUND"})
    return refusals(asked, twin=lambda: record.exchange(EASY, "no files"), expected="NOT_FOUND", codes=codes)


@judge("ERROR-015", "unknown_task", EASY)
def unknown_task(record: Record) -> Verdict:
    asked = record.transcript("unknown_task").labelled("unknown")
    codes = frozenset({"NOT_FOUND"})
    return refusals(
        asked,
        twin=lambda: record.exchange(EASY, "finished"),
        expected="404 NOT_FOUND",
        status=404,
        codes=codes,
    )
