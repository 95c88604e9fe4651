"""A request that only ever loses its connection is the target's fault; one lost connection is not."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange
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


BETWEEN = [answered(1.5), answered(2.5), answered(3.5)]
SENT_ONCE = [
    answered(1, "fine", ARCHIVE),
    lost(2, "cut", ARCHIVE),
    lost(3, "encrypted", ARCHIVE),
    answered(4, "absolute", ARCHIVE),
    lost(5, "no directory", ARCHIVE),
]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ([*attempts(), *BETWEEN], "never-answered"),
        ([*attempts(), answered(9)], None),
        ([*attempts(count=2), *BETWEEN], None),
        ([*attempts()[:3], answered(4, "forged"), *BETWEEN], None),
        ([*attempts(BINARY), *BETWEEN], None),
        (SENT_ONCE, "never-answered"),
        ([*SENT_ONCE[:3], SENT_ONCE[4]], None),
        ([*SENT_ONCE[:4], answered(5, "no directory", ARCHIVE)], None),
        ([*SENT_ONCE, lost(6, "read", transient=True), answered(7, "read")], None),
    ],
    ids=[
        "each attempt is lost, and others are answered meanwhile",
        "nobody is answered meanwhile",
        "too few attempts",
        "the last attempt is answered",
        "bytes that no HTTP parser must accept",
        "several that are sent once are lost, and one between them is answered",
        "none between them is answered",
        "too few are lost",
        "this network loses connections by chance",
    ],
)
def test_closing_connections_is_no_answer(seen, reason):
    assert judged("HTTP-006", *sorted(seen, key=lambda each: each.started)).reason == reason
