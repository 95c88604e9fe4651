"""A request that only ever loses its connection is the target's fault; one lost connection is not."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.wire.transcript import REPEATED, Closed, Exchange
from tests.conformance.kit import SECOND, exchange, judged

TOKEN = {"asked": (("Authorization", "Bearer eyJ"),)}
BINARY = {"asked": (("Authorization", "Bearer \xff"),)}
ARCHIVE = {"method": "POST"}


def answered(at: float, label: str = "other", sent: dict[str, Any] = TOKEN, **more: Any) -> Exchange:
    made = exchange(probe="credentials", label=label, number=round(at * 10), **sent, **more)
    return replace(made, started=round(at * SECOND))


def lost(at: float, label: str = "forged", sent: dict[str, Any] = TOKEN, **more: Any) -> Exchange:
    return answered(at, label, sent, status=None, closed=Closed.TRUNCATED, **more)


def attempts(sent: dict[str, Any] = TOKEN, *, count: int = 4) -> list[Exchange]:
    return [lost(at, sent=sent, transient=at < count) for at in range(1, count + 1)]


BETWEEN = [answered(1 + at / 2, "other") for at in range(1, 6)]
REPETITIONS = [lost(2 + at, f"forged{REPEATED}", ARCHIVE) for at in range(3)]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ([*attempts(), *BETWEEN], "never-answered"),
        ([*attempts(), answered(9)], None),
        ([*attempts(count=3), *BETWEEN], None),
        ([*attempts()[:3], answered(4, "forged"), *BETWEEN], None),
        ([*attempts(BINARY), *BETWEEN], None),
        ([lost(1, sent=ARCHIVE), *REPETITIONS, *BETWEEN], "never-answered"),
        ([lost(1, sent=ARCHIVE), *REPETITIONS[:2], answered(4, f"forged{REPEATED}"), *BETWEEN], None),
    ],
    ids=[
        "each attempt is lost, and others are answered meanwhile",
        "nobody is answered meanwhile",
        "too few attempts",
        "the last attempt is answered",
        "bytes that no HTTP parser must accept",
        "a request that is sent once, and its repetitions",
        "a repetition is answered",
    ],
)
def test_closing_connections_is_no_answer(seen, reason):
    assert judged("HTTP-006", *sorted(seen, key=lambda each: each.started)).reason == reason
