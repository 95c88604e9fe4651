"""Judges that once looked away: each is shown the record that it took for good."""

from dataclasses import replace
from typing import Any

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.transcript.transcript import Exchange
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import event, exchange, record, stream

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)


def verdict(row: str, seen: Record) -> Verdict:
    return adjudicate(REGISTRY.judges[row], LEDGER.by_id[row], seen)


def envelope(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}


def refusal(status: int, code: str, **more: Any) -> Exchange:
    body = {"success": False, "error": {"message": "no", "code": code}}
    return exchange(status=status, body=body, **more)


def test_bytes_after_a_head_are_a_body():
    head = exchange(probe="paths_and_methods", method="HEAD", operation="list_tasks")

    assert verdict("HTTP-002", record(head)).outcome is Outcome.PASSED
    assert verdict("HTTP-002", record(replace(head, surplus=88))).reason == "body-after-head"


def test_bytes_beyond_the_announced_length_count():
    body = exchange(probe="easy_task", body={}, headers=(("Content-Length", "2"),))

    assert verdict("HTTP-004", record(body)).outcome is Outcome.PASSED
    assert verdict("HTTP-004", record(replace(body, surplus=3))).reason == "wrong-length"


def test_a_refused_follow_up_after_expiry_is_no_blocked_verdict():
    refused = refusal(404, "NOT_FOUND", probe="restore", label="restored: message")

    assert verdict("SESSION-001", record(refused)).reason == "expiry-error"


def reading(status: str, output: str) -> Record:
    told = [
        event("history_done", messageCount=2, isStreaming=True),
        event("tool_call", callId="c", toolName="t", args={"command": "cat a.txt"}),
        event("tool_result", callId="c", status=status, output=output),
    ]
    made = stream([(1.0, b"".join(told))], probe="restore", label="read 1: stream")
    return record(made, facts={"restore": {"read": "read 1: stream", "path": "a.txt", "content": "word"}})


def test_a_command_that_failed_has_read_nothing():
    assert verdict("SESSION-005", reading("success", "word")).outcome is Outcome.PASSED
    assert verdict("SESSION-005", reading("error", "cat: word: no such file")).reason == "not-readable"
    assert verdict("SESSION-005", reading("success", "")).reason == "not-readable"


def joining(at: float) -> Record:
    call = event("tool_call", callId="c", toolName="t", status="executing", args={})
    chunks = [(1.0, event("history_done", messageCount=1, isStreaming=True)), (at, call)]
    late = stream(chunks, probe="approve_once", label="joins while waiting", ended=9.0)
    decided = replace(exchange(probe="approve_once", label="approve", number=2), started=5_000_000_000)
    return record(late, decided, facts={"approve_once": {"call": "c"}})


def test_a_call_told_after_its_approval_was_not_told_in_time():
    assert verdict("APPROVE-012", joining(2.0)).outcome is Outcome.PASSED
    assert verdict("APPROVE-012", joining(6.0)).reason == "not-told"


def test_a_task_that_never_starts_fails_by_its_last_reading():
    pending = exchange(probe="easy_task", label="started", body=envelope({"status": "pending"}))
    running = exchange(probe="easy_task", label="started", body=envelope({"status": "running"}))

    assert verdict("CREATE-006", record(running)).outcome is Outcome.PASSED
    assert verdict("CREATE-006", record(pending)).reason == "not-started"
