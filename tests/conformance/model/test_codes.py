"""Invariants of refusals: each has its documented status and code, whoever asks and whatever came before."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, SECOND_KEY, TASKS, Traffic, user

VIEWER = (("Authorization", "Bearer [secret:2222222222222222]"),)
READER: Any = {"headers": VIEWER, "role": "viewer"}
UNKNOWN = "11111111-1111-4111-8111-111111111111"
NO, INVALID = {"status": 400, "code": "NO"}, {"status": 400, "code": "VALIDATION_ERROR"}
MISSING, FORBIDDEN = {"status": 404, "code": "NOT_FOUND"}, {"status": 403, "code": "FORBIDDEN"}
FORM = "multipart/form-data; boundary=b"


def viewed(**more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.say("More", **READER, **more)
    return traffic


def read(**more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.history(**READER, **more)
    return traffic


def unknown(name: str = UNKNOWN, **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.files(task=name, **more)
    return traffic


def foreign(**more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.get(headers=SECOND_KEY, role="second", **more)
    return traffic


def told(listed: Any) -> Traffic:
    """A list of files as it is answered."""
    traffic = Traffic().begun()
    traffic.add("GET", f"{TASKS}/t/artifacts", {"files": listed})
    return traffic


def climbed(**more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.files()
    traffic.download("../../etc/passwd", **more)
    return traffic


def pathless(status: int) -> Traffic:
    """A download without a path, which is told to be invalid."""
    traffic = Traffic().begun()
    body = {"success": False, "error": {"message": "path is required", "code": "VALIDATION_ERROR"}}
    traffic.add("GET", f"{TASKS}/t/artifacts/download", answer=body, status=status)
    return traffic


def posted(body: dict[str, Any], path: str = "", **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.add("POST", TASKS + path, {"id": "u", "status": "pending"}, text=json.dumps(body), **more)
    return traffic


def uploaded(number: int, size: int, **more: Any) -> Traffic:
    files = tuple(SentFile(f"{each}.bin", size) for each in range(number))
    parts = ("message=Hi", *(f"files: {file.name} ({size} bytes)" for file in files))
    traffic = Traffic()
    traffic.add("POST", TASKS, {"id": "t"}, kind=FORM, parts=parts, files=files, **more)
    return traffic


def page(query: str, **more: Any) -> Traffic:
    traffic = Traffic()
    traffic.listing(query=query, **more)
    if more.get("status", 200) >= 400:
        traffic = Traffic()
        traffic.add("GET", f"{TASKS}{query}", **more)
    return traffic


def absent(**more: Any) -> Traffic:
    traffic = Traffic().begun("Hi", call("c"), result("c", "x"), DONE)
    traffic.get()
    traffic.files({"path": "b.txt"})
    traffic.add("GET", f"{TASKS}/t/artifacts/download?path=a.txt", **more)
    return traffic


def streamed(kind: str) -> Traffic:
    traffic = Traffic().begun()
    traffic.add("GET", f"{TASKS}/t/stream", status=404, code="NOT_FOUND", answered=(("Content-Type", kind),))
    return traffic


def empty(*entries: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun()
    traffic.get()
    traffic.files(*entries)
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("ERROR-012", lambda more: viewed(**more), FORBIDDEN, {}, "accepted"),
        ("ERROR-012", lambda more: viewed(**more), FORBIDDEN, {"status": 403}, "wrong-refusal"),
        ("PROJECT-005", lambda more: viewed(**more), FORBIDDEN, {"status": 404}, "wrong-role"),
        ("PROJECT-005", lambda more: read(**more), {}, FORBIDDEN, "wrong-role"),
        ("ERROR-013", lambda more: unknown(**more), MISSING, {}, "accepted"),
        ("ERROR-015", lambda more: unknown(**more), MISSING, {"status": 404}, "wrong-code"),
        (
            "ERROR-015",
            lambda code: unknown(status=404, code=code, headers=()),
            "NOT_FOUND",
            "TASK_NOT_FOUND",
            "wrong-code",
        ),
        ("ERROR-015", lambda more: foreign(**more), FORBIDDEN | MISSING, {"status": 404}, "wrong-code"),
        ("ARTIFACT-024", told, [], None, "not-empty"),
        ("ERROR-029", lambda more: climbed(**more), NO, {}, "accepted"),
        ("GET-027", lambda more: unknown("me", **more), NO, {}, "not-refused"),
        ("ISOLATION-007", lambda more: foreign(**more), MISSING, FORBIDDEN, "existence-revealed"),
        ("ERROR-016", lambda more: posted({}, **more), NO, {}, "not-refused"),
        ("ERROR-016", pathless, 400, 200, "accepted"),
        ("ERROR-017", lambda more: posted({"message": 1}, **more), INVALID, NO, "wrong-code"),
        ("ERROR-017", lambda more: posted({}, "/t/messages", **more), INVALID, NO, "wrong-code"),
        (
            "ERROR-021",
            lambda more: uploaded(1, 60_000_000, **more),
            {"status": 413, "code": "FILE_TOO_LARGE"},
            NO,
            "wrong-code",
        ),
        (
            "ERROR-022",
            lambda more: uploaded(21, 1, **more),
            {"status": 400, "code": "TOO_MANY_FILES"},
            NO,
            "wrong-code",
        ),
        (
            "UPLOAD-021",
            lambda more: uploaded(21, 1, status=400, **more),
            {},
            {"chunks": [(0.0, b"{")]},
            "answer-lost",
        ),
        ("LIST-017", lambda more: page("?limit=0", **more), INVALID, {}, "accepted"),
        ("ERROR-017", lambda more: page("?limit=0", **more), INVALID, NO, "wrong-code"),
        ("LIST-018", lambda more: page("?offset=x", **more), INVALID, {"status": 500}, "server-error"),
        ("ERROR-029", lambda more: absent(**more), MISSING, {"status": 403}, "wrong-code"),
        ("STREAM-030", streamed, "application/json", "text/event-stream", "not-json"),
        ("ARTIFACT-024", lambda entries: empty(*entries), [], [{"path": "a.txt"}], "not-empty"),
    ],
)
def test_a_refusal(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


@pytest.mark.parametrize(("own", "rows"), [("t", set()), (UNKNOWN.replace("1", "2"), {"ERROR-015"})])
def test_an_id_of_another_form_than_the_targets_may_be_malformed(own: str, rows: set[str]):
    traffic = Traffic().begun(task=own)
    traffic.files(task=UNKNOWN, status=400)

    assert traffic.evaluation().rows.keys() & {"ERROR-015"} == rows


@pytest.mark.parametrize(
    ("path", "rows"),
    [("a/c.txt", {"ERROR-029"}), ("file:///etc/passwd", set()), ("/a", set()), ("a%2fb", set())],
)
def test_how_a_hostile_path_is_refused_is_free(path: str, rows: set[str]):
    traffic = Traffic().begun("Hi", call("c"), result("c", "x"), DONE)
    traffic.get()
    traffic.files({"path": "b.txt"})
    traffic.download(path, status=400, code="INVALID_PATH")

    assert traffic.evaluation().rows.keys() & {"ERROR-029"} == rows


def test_what_is_not_spoken_of():
    told = Traffic()
    told.listing({"id": UNKNOWN, "status": "completed"})
    told.files(task=UNKNOWN)
    made = Traffic()
    made.create("Hi")
    made.stream(call("c"), shown=[user(1, "Hi")], closed="hung-up")
    made.files({"path": "a.txt"})

    assert not {"ERROR-013", "ERROR-015"} & told.evaluation().rows.keys()
    assert "ARTIFACT-024" not in made.evaluation().rows


def test_a_task_at_work_may_be_told_to_be_before_a_bad_message_is():
    """Which of two mistakes is told first is not documented."""
    at_work = Traffic()
    at_work.create("Hi")
    at_work.add("POST", f"{TASKS}/t/messages", text="{}", status=409, code="CONFLICT")

    assert "ERROR-017" not in at_work.evaluation().rows
    assert posted({}, "/t/messages", status=409, code="CONFLICT").reasons("ERROR-017") == {"wrong-code"}
