"""Invariants of what must be refused, by whomever and whenever it is sent."""

import json
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.traffic import TASKS, Traffic

FORM = "multipart/form-data; boundary=b"
MANY = tuple(SentFile.of(f"{number}.txt", b"x") for number in range(21))
LARGE = (SentFile("a.bin", 52_428_801),)


def form(*files: SentFile, message: bool = True) -> dict[str, Any]:
    parts = (("message=Hi",) if message else ()) + tuple(
        f"files: {each.name} ({each.size} bytes)" for each in files
    )
    return {"kind": FORM, "parts": parts, "files": files}


def body(**fields: Any) -> dict[str, Any]:
    return {"text": json.dumps(fields)}


@pytest.mark.parametrize(
    ("row", "path", "sent"),
    [
        ("CREATE-008", "", body(systemPrompt="x")),
        ("CREATE-008", "", {"kind": FORM, "parts": ("systemPrompt=x",)}),
        ("CREATE-010", "", body(message=7)),
        ("FOLLOWUP-004", "/t/messages", body()),
        ("FOLLOWUP-004", "/t/messages", form(*MANY[:1], message=False)),
        ("UPLOAD-013", "", form(*MANY[:1], message=False)),
        ("UPLOAD-013", "/t/messages", form(*MANY[:1], message=False)),
        ("UPLOAD-003", "", form(*MANY)),
        ("UPLOAD-004", "/t/messages", form(*MANY)),
        ("UPLOAD-006", "", form(*LARGE)),
        ("UPLOAD-007", "/t/messages", form(*LARGE)),
        ("VARS-008", "", body(message="Hi", env={"1A": "x"})),
        ("VARS-008", "", body(message="Hi", secrets={"A-B": "x"})),
        ("VARS-009", "", body(message="Hi", env={"A": 1})),
        ("VARS-009", "", body(message="Hi", secrets={"A": None})),
    ],
)
def test_what_must_be_refused(row: str, path: str, sent: dict[str, Any]):
    for status, reasons in ((400, set()), (413, set()), (200, {"accepted"})):
        traffic = Traffic().begun()
        more: Any = sent
        traffic.add("POST", f"{TASKS}{path}", {"id": "u", "status": "pending"}, status=status, **more)

        assert traffic.reasons(row) == reasons


@pytest.mark.parametrize(
    ("path", "sent"),
    [("", form(*MANY[:20])), ("", body(message="Hi", env={"_A1": "x"})), ("/t/messages", form(MANY[0]))],
)
def test_what_is_within_the_limits_is_not_spoken_of(path: str, sent: dict[str, Any]):
    traffic = Traffic().begun()
    more: Any = sent
    traffic.add("POST", f"{TASKS}{path}", {"id": "u", "status": "pending"}, status=400, **more)

    rows = traffic.evaluation().rows
    assert not rows.keys() & {
        *("UPLOAD-003", "UPLOAD-004", "UPLOAD-006", "UPLOAD-013"),
        *("VARS-008", "VARS-009"),
    }
