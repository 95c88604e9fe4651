"""GET: thoughts and waiting calls of an output, when it is there, whose it is; ids that may come later."""

from typing import Any

from sigmic_conformance.conformance.judges.approvals import ONCE
from sigmic_conformance.conformance.judges.listing import listings
from sigmic_conformance.conformance.judges.reading import EASY, output_field, tasks
from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

FOLLOW_UP = "follow_up"


@judge("GET-015", "tool_task", sweep=True)
def output_thoughts(record: Record) -> Verdict:
    def holds(thoughts: Any) -> bool:
        return isinstance(thoughts, list) and all(
            isinstance(each, dict) and all(shapes.text(each.get(name)) for name in ("subject", "description"))
            for each in thoughts
        )

    return output_field(record, "thoughts", "a list of objects with subject and description", holds)


@judge("GET-021", ONCE)
def waiting_call_in_output(record: Record) -> Verdict:
    claim = Claim("not-in-output", "the waiting call in output.toolCalls, as awaiting_approval")
    exchange = record.exchange(ONCE, "still waiting")
    output = exchange.fields.get("output")
    calls = output.get("toolCalls") if isinstance(output, dict) else None
    told = [
        call.get("status")
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, dict) and call.get("callId") == record.fact(ONCE, "call")
    ]
    claim.see(told == ["awaiting_approval"], exchange, f"the call's status in output: {told or 'absent'}")
    return claim.verdict()


@judge("GET-025", EASY, ONCE, "cancel_running", sweep=True)
def output_of_unfinished(record: Record) -> Verdict:
    pin = Pin(
        every_started_task="output in awaiting_approval, failed and cancelled too",
        running_and_completed="output in running and completed only",
    )
    for exchange, task in tasks(record):
        status = task.get("status")
        if (
            shapes.one_of(status, {"awaiting_approval", "failed", "cancelled"})
            and task.get("startedAt") is not None
        ):
            there = isinstance(task.get("output"), dict)
            reading = "every_started_task" if there else "running_and_completed"
            pin.see(reading, exchange, f"{status}: output {'there' if there else 'absent'}")
    return pin.verdict()


@judge("GET-026", EASY, "pending_task", sweep=True)
def ids_of_a_pending_task(record: Record) -> Verdict:
    """Each of the two follows a reading of its own, so that all four pairs are admissible."""
    pin = Pin(
        null_null="both are null while pending",
        string_string="both are strings from the start",
        null_string="sessionId is null, conversationId a string from the start",
        string_null="sessionId is a string from the start, conversationId null",
    )
    for exchange, task in _pending(record):
        forms = [_form(task.get(name, ...)) for name in ("sessionId", "conversationId")]
        reading = None if None in forms else "_".join(map(str, forms))
        pin.see(reading, exchange, f"sessionId {forms[0]}, conversationId {forms[1]}")
    return pin.verdict()


def _form(value: Any) -> str | None:
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


@judge("GET-030", FOLLOW_UP)
def output_of_the_last_turn(record: Record) -> Verdict:
    claim = Claim("other-turns", "output.content is the last answer alone")
    exchange = record.exchange(FOLLOW_UP, "after")
    answers = [
        str(message.get("content"))
        for message in messages(record.exchange(FOLLOW_UP, "history after"))
        if message.get("role") == "assistant"
    ]
    content = shapes.fields(exchange.fields.get("output")).get("content")
    if len(answers) > 1:
        claim.see(content == answers[-1], exchange, f"{brief(content)!r}, last answer {brief(answers[-1])!r}")
    return claim.verdict()


@judge("GET-032", EASY, sweep=True)
def conversation_stays(record: Record) -> Verdict:
    claim = Claim("changed", "conversationId never changes once it has a value")
    first: dict[str, Any] = {}
    seen: dict[str, int] = {}
    for exchange, task in tasks(record):
        value = task.get("conversationId")
        if value is None:
            continue
        id = shapes.word(task.get("id"))  # noqa: A001  the platform's word
        known = first.setdefault(id, value)
        seen[id] = seen.get(id, 0) + 1
        if seen[id] > 1 or value != known:
            claim.see(value == known, exchange, f"conversationId {value}")
    return claim.verdict()
