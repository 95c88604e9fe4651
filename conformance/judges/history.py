"""HISTORY: the conversation as messages, and that it agrees with the stream."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.conformance.judges.uploads import messages
from sigmic_conformance.conformance.judging.evidence import brief
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript import json_values as shapes
from sigmic_conformance.conformance.transcript.transcript import Exchange

EASY = "easy_task"


def histories(record: Record) -> Iterator[tuple[Exchange, list[dict[str, Any]]]]:
    """Every history of the run with its messages."""
    for exchange in record.exchanges():
        if exchange.operation == "get_task_history" and exchange.ok:
            yield exchange, [each for each in messages(exchange) if isinstance(each, dict)]


@judge("HISTORY-001", EASY, sweep=True)
def history_task_id(record: Record) -> Verdict:
    claim = Claim("other-id", "the id in the path")
    for exchange, _ in histories(record):
        told = exchange.fields.get("taskId")
        claim.see(told == exchange.task, exchange, f"taskId {told}")
    return claim.verdict()


@judge("HISTORY-002", EASY)
def history_conversation(record: Record) -> Verdict:
    claim = Claim("other-id", "the conversationId of get_task")
    exchange = record.exchange(EASY, "history")
    told, known = (
        each.fields.get("conversationId") for each in (exchange, record.exchange(EASY, "finished"))
    )
    claim.see(told == known is not None, exchange, f"{told} and {known}")
    return claim.verdict()


@judge("HISTORY-004", EASY, sweep=True)
def chronological(record: Record) -> Verdict:
    claim = Claim("wrong-order", "createdAt never decreases")
    for exchange, found in histories(record):
        times = [shapes.instant(each.get("createdAt")) or 0.0 for each in found]
        claim.see(times == sorted(times), exchange, f"{len(times)} messages")
    return claim.verdict()


@judge("HISTORY-005", EASY, sweep=True)
def roles(record: Record) -> Verdict:
    claim = Claim("unknown-role", "user or assistant")
    for exchange, found in histories(record):
        for each in found:
            claim.see(
                shapes.one_of(each.get("role"), {"user", "assistant"}), exchange, f"role {each.get('role')!r}"
            )
    return claim.verdict()


@judge("HISTORY-006", EASY, sweep=True)
def message_ids(record: Record) -> Verdict:
    claim = Claim("id-repeated", "an id string that no other message has")
    for exchange, found in histories(record):
        ids = [each.get("id") for each in found]
        claim.see(all(map(shapes.filled, ids)) and len(set(ids)) == len(ids), exchange, f"{len(ids)} ids")
    return claim.verdict()


@judge("HISTORY-007", EASY, sweep=True)
def message_fields(record: Record) -> Verdict:
    claim = Claim("wrong-type", "a content string and a createdAt timestamp")
    for exchange, found in histories(record):
        for each in found:
            good = shapes.text(each.get("content")) and shapes.instant(each.get("createdAt")) is not None
            claim.see(good, exchange, f"{each.get('createdAt')}")
    return claim.verdict()


@judge("HISTORY-008", EASY)
def first_message(record: Record) -> Verdict:
    claim = Claim("other-message", "the user's, with the text given at creation")
    exchange = record.exchange(EASY, "history")
    first = messages(exchange)[0] if messages(exchange) else {}
    good = first.get("role") == "user" and first.get("content") == record.fact(EASY, "message")
    claim.see(good, exchange, f"{first.get('role')}: {first.get('content')!r}")
    return claim.verdict()


def only_for(record: Record, name: str, role: str) -> Verdict:
    """A field occurs on messages of one role only."""
    claim = Claim("wrong-role", f"{name} on {role} messages only")
    for exchange, found in histories(record):
        for each in found:
            if name in each:
                claim.see(each.get("role") == role, exchange, f"{name} on a message of {each.get('role')}")
    return claim.verdict()


@judge("HISTORY-009", "file_contents", sweep=True)
def attached_files_of_users(record: Record) -> Verdict:
    return only_for(record, "attachedFiles", "user")


@judge("HISTORY-011", "tool_task", sweep=True)
def tool_calls_of_assistants(record: Record) -> Verdict:
    return only_for(record, "toolCalls", "assistant")


@judge("HISTORY-015", EASY)
def ends_with_the_answer(record: Record) -> Verdict:
    claim = Claim("no-answer", "an assistant message with the answer")
    exchange = record.exchange(EASY, "history")
    last = messages(exchange)[-1] if messages(exchange) else {}
    good = last.get("role") == "assistant" and shapes.filled(last.get("content"))
    claim.see(good, exchange, f"{last.get('role')}: {brief(last.get('content'))!r}")
    return claim.verdict()


@judge("HISTORY-017", EASY)
def stream_and_history_agree(record: Record) -> Verdict:
    claim = Claim("views-differ", "history and history_message events are equal")
    stream, exchange = record.stream(EASY, "replay"), record.exchange(EASY, "history")
    same = stream.messages == messages(exchange) and bool(stream.messages)
    claim.see(same, exchange, f"{len(stream.messages)} and {len(messages(exchange))} messages")
    return claim.verdict()
