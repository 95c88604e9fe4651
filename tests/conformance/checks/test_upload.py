from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import (
    download,
    exchange,
    files,
    judged,
    ok,
)


def test_forty_bytes_of_a_changed_file_are_told():
    path, before, after = "uploads/plain.txt", "b" * 50, "a" * 50
    pages = [ok("kept_files", f"files {when}", {"files": [{"path": path}]}) for when in ("before", "after")]
    found = judged(
        "UPLOAD-022",
        *pages,
        download("kept_files", f"before: {path}", before),
        download("kept_files", f"after: {path}", after),
    )

    assert found.reason == "file-replaced"
    assert found.observed == f"{path}: {b'a' * 40!r}, before {b'b' * 40!r}"


@pytest.mark.parametrize(("row", "name"), [("UPLOAD-022", "plain.txt"), ("ZIP-026", "top/entry.txt")])
def test_what_was_there_stays_as_it_was(row: str, name: str):
    path = f"uploads/{name}"

    def after(text: str, *paths: str) -> Verdict:
        return judged(
            row,
            files("kept_files", "files before", path),
            download("kept_files", f"before: {path}", "one"),
            files("kept_files", "files after", *paths),
            download("kept_files", f"after: {path}", text),
        )

    assert after("one", path, "uploads/new").outcome is Outcome.PASSED
    assert after("two", path).reason == "file-replaced"
    assert after("one", "uploads/new").reason == "file-removed"


def test_a_cut_upload_leaves_nothing():
    message = {"id": "m", "role": "user", "content": "x", "createdAt": "2026-01-26T15:50:54.870Z"}

    def seen(*marks: str, messages: int = 1, path: str = "uploads/a.txt") -> Verdict:
        items = [{"id": mark, "systemPrompt": f"m {mark}"} for mark in marks]
        told: dict[str, Any] = {
            "history before": {"messages": [message]},
            "history after": {"messages": [message] * messages},
        }
        told["files after"], told["list"] = {"files": [{"path": path}]}, items
        answers = [
            exchange(probe="cut_uploads", label=label, body={"success": True, "data": data})
            for label, data in told.items()
        ]
        return judged("UPLOAD-024", *answers, facts={"cut_uploads": {"mark": "m"}})

    assert seen("whole").outcome is Outcome.PASSED
    assert seen().reason == "precondition"
    assert seen("whole", "cut").reason == "half-done"
    assert seen("whole", messages=2).reason == "half-done"
    assert seen("whole", path="uploads/cut.bin").reason == "half-done"
