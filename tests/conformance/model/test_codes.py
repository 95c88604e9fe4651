"""Invariants of refusals: each has its documented status and code, for all callers and in all states."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call
from tests.conformance.traffic import SECOND_KEY, TASKS, Traffic, user

UNKNOWN = "11111111-1111-4111-8111-111111111111"
NO, INVALID = {"status": 400, "code": "NO"}, {"status": 400, "code": "VALIDATION_ERROR"}
MISSING, FORBIDDEN = {"status": 404, "code": "NOT_FOUND"}, {"status": 403, "code": "FORBIDDEN"}
FORM = "multipart/form-data; boundary=b"


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


def empty(*entries: dict[str, Any]) -> Traffic:
    traffic = Traffic().begun()
    traffic.get()
    traffic.files(*entries)
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("ARTIFACT-024", told, [], None, "not-empty"),
        ("GET-027", lambda more: unknown("me", **more), NO, {}, "not-refused"),
        ("ISOLATION-007", lambda more: foreign(**more), MISSING, FORBIDDEN, "existence-revealed"),
        (
            "UPLOAD-021",
            lambda more: uploaded(21, 1, status=400, **more),
            {},
            {"chunks": [(0.0, b"{")]},
            "answer-lost",
        ),
        ("LIST-017", lambda more: page("?limit=0", **more), INVALID, {}, "accepted"),
        ("LIST-018", lambda more: page("?offset=x", **more), INVALID, {"status": 500}, "server-error"),
        ("ARTIFACT-024", lambda entries: empty(*entries), [], [{"path": "a.txt"}], "not-empty"),
    ],
)
def test_a_refusal(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


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
