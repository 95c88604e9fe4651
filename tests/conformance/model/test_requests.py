import pytest

from sigmic_conformance.model.requests import asked, operation_of
from sigmic_conformance.wire.transcript import Sent

TASKS = "/api/v1/tasks"
DOWNLOAD = "/api/v1/tasks/{id}/artifacts/download"


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("GET", f"{TASKS}/t", "get_task"),
        ("GET", f"{TASKS}/t%20t", "get_task"),
        ("GET", f"{TASKS}/t%2Fhistory", None),
        ("GET", f"{TASKS}/x%2f..%2ft", None),
        ("GET", f"{TASKS}/%2E./history", None),
        ("DELETE", f"{TASKS}/..", None),
        ("GET", f"{TASKS}/a..b", "get_task"),
        ("POST", f"{TASKS}/t/tools/a%2Fb/approve", "approve_tool_call"),
        ("GET", f"{TASKS}/t/artifacts/download?path=a%2F..%2Fb", "download_artifact"),
        ("GET", f"{TASKS}/t%2fu/artifacts/download?path=a", None),
        ("OPTIONS", TASKS, None),
    ],
)
def test_a_task_id_that_spells_another_path_names_no_operation(method, target, operation):
    """Many frameworks decode a path before they route it, so their answer is about another operation."""
    assert operation_of(Sent(method=method, target=target), DOWNLOAD) == operation


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [("", "", "Hi"), ("", "\r\n", "Hi"), ("Text.\r\n", "\r\n", None), ("", "\r\nText.", None)],
)
def test_a_form_with_text_around_its_parts_is_not_read_as_a_plain_form(
    before: str, after: str, message: str | None
):
    """UPLOAD-027 warns of it: RFC 2046 ignores the text, and the parsers of many frameworks refuse it."""
    part = 'Content-Disposition: form-data; name="message"\r\n\r\nHi'
    kind = ("Content-Type", "multipart/form-data; boundary=b")
    sent = Sent(method="POST", target=TASKS, headers=(kind,), text=f"{before}--b\r\n{part}\r\n--b--{after}")

    assert asked(sent).message == message
