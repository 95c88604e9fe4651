"""Invariants of texts in streams: whatever characters they have, they come back in one event."""

from collections.abc import Callable

import pytest

from tests.conformance.traffic import BY_API_KEY, DONE, Traffic, user

HI = user(1, "Hi")
ODD = "one\r\ntwo\u2028three"


def replayed(text: str) -> Traffic:
    traffic = Traffic()
    traffic.create(ODD)
    traffic.stream(DONE, shown=[user(1, text)])
    return traffic


def cut(text: str) -> Traffic:
    """A stream with a message of this text, written as it is between the quotes of its JSON."""
    traffic = Traffic()
    traffic.create("Hi")
    broken = f'data: {{"text": "{text}", "isPartial": false}}\nevent: content\n\n'.encode()
    traffic.stream(broken, DONE, shown=[HI])
    return traffic


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("STREAM-008", cut, "a\\nb", "a\nb", "text-broken"),
        ("STREAM-008", replayed, ODD, "one two\u2028three", "text-changed"),
        ("STREAM-009", replayed, ODD, "one\r\ntwo three", "text-changed"),
    ],
)
def test_a_text(row: str, made: Callable[[str], Traffic], kept: str, broken: str, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


def test_a_form_may_change_line_ends():
    traffic = Traffic()
    traffic.add(
        *("POST", "/api/v1/tasks", {"id": "t", "status": "pending"}),
        kind="multipart/form-data; boundary=b",
        parts=("message=one\ntwo",),
        headers=BY_API_KEY,
    )
    traffic.stream(DONE, shown=[user(1, "one\r\ntwo")])

    assert "STREAM-008" not in traffic.evaluation().rows
