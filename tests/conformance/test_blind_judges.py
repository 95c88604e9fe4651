"""Judges that once looked away: each is shown the record that it took for good."""

from dataclasses import replace

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import event, exchange, judged, record, refused, stream, success, verdict_on


def test_bytes_after_a_head_are_a_body():
    head = exchange(probe="paths_and_methods", method="HEAD", operation="list_tasks")

    assert judged("HTTP-002", head).outcome is Outcome.PASSED
    assert judged("HTTP-002", replace(head, surplus=88)).reason == "body-after-head"


def test_bytes_beyond_the_announced_length_count():
    body = exchange(probe="easy_task", body={}, headers=(("Content-Length", "2"),))

    assert judged("HTTP-004", body).outcome is Outcome.PASSED
    assert judged("HTTP-004", replace(body, surplus=3)).reason == "wrong-length"


def test_a_refused_follow_up_after_expiry_is_no_blocked_verdict():
    answer = refused(404, "NOT_FOUND", probe="restore", label="restored: message")

    assert judged("SESSION-001", answer).reason == "expiry-error"


def reading(status: str, output: str) -> Record:
    told = [
        event("history_done", messageCount=2, isStreaming=True),
        event("tool_call", callId="c", toolName="t", args={"command": "cat a.txt"}),
        event("tool_result", callId="c", status=status, output=output),
    ]
    made = stream([(1.0, b"".join(told))], probe="restore", label="read 1: stream")
    return record(made, facts={"restore": {"read": "read 1: stream", "path": "a.txt", "content": "word"}})


def test_a_command_that_failed_has_read_nothing():
    assert verdict_on("SESSION-005", reading("success", "word")).outcome is Outcome.PASSED
    assert verdict_on("SESSION-005", reading("error", "cat: word: no such file")).reason == "not-readable"
    assert verdict_on("SESSION-005", reading("success", "")).reason == "not-readable"


def joining(at: float) -> Record:
    call = event("tool_call", callId="c", toolName="t", status="executing", args={})
    chunks = [(1.0, event("history_done", messageCount=1, isStreaming=True)), (at, call)]
    late = stream(chunks, probe="approve_once", label="joins while waiting", ended=9.0)
    decided = replace(exchange(probe="approve_once", label="approve", number=2), started=5_000_000_000)
    return record(late, decided, facts={"approve_once": {"call": "c"}})


def test_a_call_told_after_its_approval_was_not_told_in_time():
    assert verdict_on("APPROVE-012", joining(2.0)).outcome is Outcome.PASSED
    assert verdict_on("APPROVE-012", joining(6.0)).reason == "not-told"


def test_a_task_that_never_starts_fails_by_its_last_reading():
    pending = exchange(probe="easy_task", label="started", body=success({"status": "pending"}))
    running = exchange(probe="easy_task", label="started", body=success({"status": "running"}))

    assert judged("CREATE-006", running).outcome is Outcome.PASSED
    assert judged("CREATE-006", pending).reason == "not-started"
