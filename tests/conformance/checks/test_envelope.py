from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.checks.envelope import answered_refusals
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import KEPT_BYTES, Chunk, Exchange
from tests.conformance.handwritten import Traffic, cases
from tests.conformance.kit import JSON, STREAM, exchange, judged, ok, record, refused, success, verdicts


@pytest.mark.parametrize(
    ("status", "seen"), [(200, 0), (399, 0), (400, 1), (415, 1), (416, 0), (417, 1), (500, 1)]
)
def test_which_answers_are_refusals_with_an_envelope(status, seen):
    assert len([*answered_refusals(record(exchange(status=status)))]) == seen


def test_a_range_beyond_the_end_needs_no_envelope():
    refusal = {"success": False, "error": {"message": "m", "code": "NOT_FOUND"}}
    coded = exchange(probe="created_file", number=1, operation="download_artifact", status=404, body=refusal)
    beyond = exchange(probe="created_file", number=2, operation="download_artifact", status=416)
    bare = exchange(probe="created_file", number=2, operation="download_artifact", status=404)

    assert judged("ENVELOPE-002", coded, beyond).outcome is Outcome.PASSED
    assert judged("ENVELOPE-002", coded, bare).outcome is Outcome.FAILED


def test_a_refusal_without_a_body_has_no_envelope():
    bare = exchange(status=404, headers=JSON)

    assert judged("ENVELOPE-002", bare).reason == "no-envelope"
    assert judged("ENVELOPE-002", refused(404)).outcome is Outcome.PASSED


@pytest.mark.parametrize("operation", ["preflight", ""])
def test_what_names_no_documented_operation_is_answered_in_any_form(operation: str):
    """A path that decodes to another one, an unknown path or method, a preflight (G-05, G-91)."""
    page = exchange(number=2, operation=operation, body={"detail": "Not Found"})

    assert judged("ENVELOPE-001", ok("easy_task", "x"), page).outcome is Outcome.PASSED
    assert judged("ENVELOPE-002", refused(404), replace(page, status=404)).outcome is Outcome.PASSED


def test_json_that_was_not_kept_to_its_end_is_not_judged():
    """A task may have an output of any length."""
    told = ok("easy_task", "x", {"id": "t", "status": "completed", "output": {"content": "n" * KEPT_BYTES}})
    long = replace(told, number=2, chunks=(Chunk(0, told.body[:-9]),))
    broken = replace(long, size=long.size - 9)

    for row in ("ENVELOPE-001", "ENVELOPE-015"):
        assert judged(row, ok("easy_task", "y", {}), long).outcome is Outcome.PASSED
        assert judged(row, ok("easy_task", "y", {}), broken).outcome is not Outcome.PASSED


def test_a_file_may_say_what_it_likes_and_a_refused_download_may_not():
    def download(status: int) -> Exchange:
        return exchange(operation="download_artifact", status=status, body={"success": False})

    told = exchange(operation="get_task", number=2, body={"success": False})

    assert judged("ENVELOPE-011", download(200)).outcome is Outcome.INCONCLUSIVE
    assert judged("ENVELOPE-011", download(404)).outcome is Outcome.PASSED
    assert judged("ENVELOPE-011", told).reason == "status-contradicts-body"


@verdicts(
    ("NO", "passed"), ("[secret:0123456789abcdef]", "internals-leaked"), ("/srv/app/a.py", "internals-leaked")
)
def test_a_refusal_tells_nothing_of_the_inside(code: str) -> Verdict:
    return judged("ENVELOPE-016", refused(404, code))


@pytest.mark.parametrize("path", ["/etc/passwd", "..%2F..%2Fetc%2Fpasswd", "%252Fetc%252Fpasswd"])
def test_a_refusal_may_repeat_the_request(path: str):
    target = f"/api/v1/tasks/t/artifacts/download?path={path}"

    assert judged("ENVELOPE-016", refused(404, "/etc/passwd", target=target)).reason is None
    assert judged("ENVELOPE-016", refused(404, "/etc/shadow", target=target)).reason == "internals-leaked"


def test_the_head_of_a_refusal_has_no_credential():
    for value, reason in (("Bearer", None), ("[secret:0123456789abcdef]", "internals-leaked")):
        head = f"HTTP/1.1 401\r\nWWW-Authenticate: {value}\r\n\r\n".encode()

        assert judged("ENVELOPE-016", replace(refused(401), head=head)).reason == reason


@cases(
    "ENVELOPE-007",
    ("15:50:00.000Z", "15:51:00.000Z", None),
    ("16:50:00.000Z", "16:51:00.000Z", "not-utc"),
    ("15:20:00.000Z", "15:21:00.000Z", "not-utc"),
    ("15:20:00.000", "16:51:00", "wrong-form"),
)
def test_times_are_those_of_the_server_in_utc(created: str, completed: str) -> Traffic:
    day, dated = "2026-01-26T", (JSON[-1], ("Date", "Mon, 26 Jan 2026 15:52:00 GMT"))
    traffic = Traffic().create("Hi", answered=dated)
    traffic.get(fields={"createdAt": day + created, "completedAt": day + completed}, answered=dated)
    return traffic.files({"path": "a", "modifiedAt": day + "15:50:00.000Z"}, answered=dated)


@cases("ENVELOPE-007", ("a.txt", "15:50", None), ("a.txt", "10:50", "not-utc"), ("old.txt", "10:50", None))
def test_an_upload_is_not_older_than_its_task(name: str, at: str) -> Traffic:
    """A file of the platform's own may be."""
    dated = (JSON[-1], ("Date", "Mon, 26 Jan 2026 15:52:00 GMT"))
    traffic = Traffic().create_form(SentFile.of("a.txt", b"a"), answered=dated)
    return traffic.files(
        {"path": f"uploads/{name}", "modifiedAt": f"2026-01-26T{at}:00.000Z"}, answered=dated
    )


TASK = {"id": "11111111-0000-4000-8000-000000000000", "status": "completed"}
NULLS: dict[str, Any] = dict.fromkeys(json_values.NULLABLE)


def shown(operation: str = "get_task", **fields: Any) -> Exchange:
    return exchange(operation=operation, body=success(TASK | NULLS | fields))


@verdicts(
    ("ENVELOPE-001", shown(), "passed"),
    ("ENVELOPE-001", exchange(body={"data": TASK}), "no-envelope"),
    ("ENVELOPE-003", exchange(operation="list_tasks", body=success([]) | {"pagination": {}}), "passed"),
    ("ENVELOPE-003", exchange(operation="list_tasks", body=success([])), "wrong-shape"),
    ("ENVELOPE-004", refused(400, "NOT_FOUND"), "passed"),
    ("ENVELOPE-004", refused(400, "notFound"), "wrong-form"),
    ("ENVELOPE-005", shown(), "passed"),
    ("ENVELOPE-005", shown(id="t1"), "wrong-form"),
    ("ENVELOPE-006", shown(conversationId="1769442654870-abc123xyz"), "passed"),
    ("ENVELOPE-006", shown(conversationId="abc"), "wrong-form"),
    ("ENVELOPE-008", shown(), "passed"),
    ("ENVELOPE-008", shown(created_at="x"), "wrong-form"),
    ("ENVELOPE-009", shown(), "passed"),
    ("ENVELOPE-009", shown(output=None), "null-instead-of-absent"),
    ("ENVELOPE-010", shown(), "passed"),
    ("ENVELOPE-010", exchange(body=success(TASK)), "absent-instead-of-null"),
    ("ENVELOPE-014", shown(), "passed"),
    ("ENVELOPE-014", exchange(body=success(TASK), headers=STREAM), "wrong-type"),
    ("ENVELOPE-015", shown(), "passed"),
    ("ENVELOPE-015", exchange(chunks=[(0.0, b"{")]), "not-json"),
)
def test_the_form_of_a_body(row: str, answer: Exchange) -> Verdict:
    return judged(row, answer)
