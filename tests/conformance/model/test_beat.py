"""Invariants of BEAT: heartbeats are regular, few, and no part of what is stored."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import HEARTBEAT, LIVE, STREAM, USER, content
from tests.conformance.traffic import DONE, OWNER, Traffic

GZIP = (*OWNER, ("Accept-Encoding", "gzip"))


def heard(*pieces: tuple[float, bytes], before: bool = False, lag: float = 0.0, **more: Any) -> Traffic:
    """A stream whose pieces arrive so many seconds after the request, at one heartbeat a second."""
    traffic = Traffic(heartbeat_seconds=1.0, lag=lag)
    traffic.create("Hi")
    if before:
        traffic.add(
            *("GET", "/api/v1/tasks/t/stream"),
            chunks=[(traffic.now, LIVE)],
            answered=STREAM,
            closed=Closed.HUNG_UP,
        )
    chunks = [(traffic.now + after, piece) for after, piece in pieces]
    traffic.add("GET", "/api/v1/tasks/t/stream", chunks=chunks, took=6.0, answered=STREAM, **more)
    return traffic


def beats(*times: float) -> list[tuple[float, bytes]]:
    return [(0.0, LIVE), *((at, HEARTBEAT) for at in times), (5.0, content("4")), (5.5, DONE)]


REGULAR = beats(1.0, 2.0, 3.0, 4.0)
SILENT = beats(1.0)
OTHERWISE = [(at, b":ping\n\n" if piece == HEARTBEAT else piece) for at, piece in REGULAR]
AMONG = [(0.0, LIVE), (0.1, content("4")), (5.0, content("5")), (5.1, DONE)]
REPLAY = [(0.0, USER + USER + LIVE), *beats(1.0)[1:]]


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("BEAT-002", lambda pieces: heard(*pieces), REGULAR, OTHERWISE, "other-comment"),
        ("BEAT-003", lambda pieces: heard(*pieces), REGULAR, SILENT, "too-few-heartbeats"),
        (
            "BEAT-008",
            lambda pieces: heard(*pieces),
            REPLAY,
            [(0.0, USER + HEARTBEAT + LIVE), (1.0, DONE)],
            "heartbeat-replayed",
        ),
        (
            "BEAT-009",
            lambda pieces: heard(*pieces),
            REGULAR,
            beats(1.0, 1.1, 1.2, 2.0, 3.0, 3.1, 3.2, 3.3, 3.4, 4.0),
            "flood",
        ),
        ("BEAT-011", lambda pieces: heard(*pieces), REGULAR, beats(1.0, 4.0), "irregular"),
        ("BEAT-012", lambda pieces: heard(*pieces, headers=GZIP), REGULAR, SILENT, "silence-too-long"),
        ("BEAT-014", lambda pieces: heard(*pieces, before=True), REGULAR, SILENT, "silence-too-long"),
        ("BEAT-015", lambda pieces: heard(*pieces), [*AMONG[:2], *REGULAR[1:]], AMONG, "silence-too-long"),
    ],
)
def test_a_heartbeat(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}


@pytest.mark.parametrize(
    ("piece", "reasons"),
    [
        ((HEARTBEAT + content("x")) * 8, None),
        (HEARTBEAT * 8 + content("x"), {"flood"}),
    ],
    ids=["between events", "in a row"],
)
def test_heartbeats_that_arrive_at_once_are_a_flood_where_no_event_stands_between(
    piece: bytes, reasons: set[str] | None
):
    traffic = heard((0.1, LIVE), (1.0, piece))

    if reasons is None:
        assert "BEAT-009" not in traffic.evaluation().rows
    else:
        assert traffic.reasons("BEAT-009") == reasons


def test_a_heartbeat_in_front_of_a_replay():
    """A heartbeat at the very beginning of a replay is sent, and not stored."""
    assert heard((0.0, HEARTBEAT + USER + USER + LIVE), (0.1, DONE)).reasons("BEAT-008") == set()


@pytest.mark.parametrize(("lag", "is_told"), [(0.7, True), (0.8, False)])
def test_a_busy_machine_delays_heartbeats_and_takes_none_away(lag: float, *, is_told: bool):
    """Four seconds of silence, of which it may have made one lag, where a heartbeat may be late by three."""
    breaches = heard(*SILENT, lag=lag).row("BEAT-001").breaches

    assert bool(breaches) is is_told


@pytest.mark.parametrize("other", [[LIVE], [LIVE, content("5")]])
def test_a_silence_is_among_events_where_another_reader_hears_of_one(other: list[bytes]):
    traffic = heard((0.0, LIVE), (0.1, content("4")))
    traffic.now = 0.3
    chunks = [(3.0 + number, piece) for number, piece in enumerate(other)]
    traffic.add("GET", "/api/v1/tasks/t/stream", chunks=chunks, took=6.0, answered=STREAM)

    assert ("BEAT-015" in traffic.evaluation().rows) is (len(other) > 1)
