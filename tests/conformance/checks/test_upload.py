from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import (
    LIVE,
    USER,
    answered,
    download,
    exchange,
    files,
    judged,
    ok,
    outcome_of,
    stream,
)

MADE = "made_file"


def listed(*parts: bytes, name: str = "w0rd.txt") -> str:
    run = stream([(0.0, b"".join([USER, LIVE, *parts]))], probe=MADE, label="run")
    return outcome_of(
        judged("ARTIFACT-008", run, files(MADE, "files", **{name: 1}), facts={MADE: {"word": "w0rd"}})
    )


def counted(status: int, *listed: str) -> str:
    """Of a creation with too many files that was answered so, and the tasks that are listed after it."""
    probe = "file_counts"
    most = ok(probe, "most", {"id": "t"})
    body = {"success": status < 400, "error": {"code": "TOO_MANY_FILES", "message": "no"}}
    other = exchange(probe=probe, label="one too many", status=status, body=body)
    items = [{"id": name, "systemPrompt": "marked"} for name in listed]
    page = ok(probe, "list", items, operation="list_tasks")
    return outcome_of(judged("UPLOAD-003", most, other, page, facts={probe: {"mark": "marked"}}))


def test_of_two_creations_the_accepted_one_is_listed_alone():
    assert counted(400, "t") == "passed"
    assert counted(400, "t", "u") == "half-done"
    assert counted(400) == "precondition"
    assert counted(200, "t", "u") == "accepted"


@pytest.mark.parametrize(
    ("path", "status", "outcome"),
    [("other.txt", 200, "passed"), ("extra-1.txt", 200, "half-done"), ("other.txt", 404, "blocked")],
)
def test_a_refused_upload_leaves_no_file_in_a_list_that_is_shown(path: str, status: int, outcome: str):
    data = {"files": [{"path": path}]}
    probes = {"file_sizes": "follow-up: beyond: files", "file_counts": "files after refusal"}
    pages = [answered(data, status=status, probe=probe, label=label) for probe, label in probes.items()]

    assert outcome_of(judged("UPLOAD-014", *pages)) == outcome


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
