"""BEAT: heartbeats are on time wherever noise was measured, few in number, and not stored."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Closed
from tests.conformance.handwritten import DONE, HI, OWNER, TASKS, Traffic, cases, stories, user
from tests.conformance.kit import (
    HEARTBEAT,
    IDLE,
    LIVE,
    STREAM,
    USER,
    call,
    content,
    result,
    verdicts,
)

GZIP = (*OWNER, ("Accept-Encoding", "gzip"))
TARGET = "/api/v1/tasks/t/stream"
MEASURED: dict[str, Any] = {"p": {"round trips": []}}
ASKS = call("c", status="awaiting_approval")


def heard(
    *pieces: tuple[float, bytes], before: bool = False, ended: float = 6.0, lag: float = 0.0, **more: Any
) -> Traffic:
    """A stream whose pieces arrive some seconds after the request, with one heartbeat per second."""
    profile: dict[str, Any] = {
        name: more.pop(name) for name in ("facts", "heartbeat_seconds") if name in more
    }
    traffic = Traffic(**{"heartbeat_seconds": 1.0} | profile, lag=lag).create("Hi")
    more = {"answered": STREAM} | more
    if before:
        traffic.add("GET", TARGET, chunks=[(traffic.now, LIVE)], answered=STREAM, closed=Closed.HUNG_UP)
    chunks = [(traffic.now + after, piece) for after, piece in pieces]
    return traffic.add("GET", TARGET, chunks=chunks, took=ended, **more)


def listened(row: str, *times: float, ended: float, starts: bytes = USER + LIVE, **more: Any) -> Verdict:
    """The verdict on a stream whose reader leaves; one heartbeat per ten seconds, with measured noise."""
    pieces = [(0.0, starts), *((at, HEARTBEAT) for at in times)]
    known: dict[str, Any] = {"facts": MEASURED, "heartbeat_seconds": 10.0, "closed": Closed.HUNG_UP} | more
    return heard(*pieces, ended=ended, **known).judged(row)


def beats(*times: float) -> list[tuple[float, bytes]]:
    return [(0.0, LIVE), *((at, HEARTBEAT) for at in times), (5.0, content("4")), (5.5, DONE)]


REGULAR = beats(1.0, 2.0, 3.0, 4.0)
SILENT = beats(1.0)
WITHIN = [(0.0, LIVE + b":heartbeat\n" + content("4")), (1.0, DONE)]


test_a_heartbeat = stories(
    ("BEAT-006", REGULAR, [(0.0, LIVE + b":heartbeat\nid: 1\n\n"), (1.0, DONE)], "field-in-heartbeat"),
    ("BEAT-006", WITHIN, [(0.0, LIVE + b"event: ping\ndata: {}\n\n"), (1.0, DONE)], "field-in-heartbeat"),
    made=lambda pieces: heard(*pieces),
)


@verdicts(
    ((14.9, 29.8, 44.7), "passed"),
    ((15.0, 30.0, 45.0), "passed"),
    ((15.4, 30.6, 45.9), "passed"),
    ((15.5, 30.5, 45.0), "passed"),
    (range(5, 46, 5), "passed"),
    ((15.6, 31.0, 46.0), "silence-too-long"),
    ((15.0, 37.6), "silence-too-long"),
    ((20.0, 40.0), "silence-too-long"),
    ((15.0, 30.0), "silence-too-long"),
    ((), "silence-too-long"),
)
def test_the_fifteen_second_boundary(times: tuple[float, ...]) -> Verdict:
    return listened("BEAT-001", *times, ended=46.0, heartbeat_seconds=15.0)


def test_one_interval_is_added_where_no_noise_was_measured():
    lenient: Any = {"heartbeat_seconds": 15.0, "facts": {}}

    assert listened("BEAT-001", 15.0, 44.0, ended=46.0, **lenient).reason == "timing-noise"
    assert listened("BEAT-001", 15.0, 45.6, ended=46.0, **lenient).reason == "silence-too-long"


NOISY = {"heartbeat_seconds": 15.0, "ended": 46.0}
TEN = {"row": "BEAT-003", "ended": 30.0}
TOOL = {"row": "BEAT-004", "starts": LIVE + call("c"), "ended": 46.0, "heartbeat_seconds": 15.0}


@pytest.mark.parametrize(
    ("times", "lag", "reason", "more"),
    [
        ((15.6, 31.0, 46.0), 0.4, None, NOISY),
        ((16.0, 34.0), 1.3, "timing-noise", NOISY),
        # No heartbeat is missing.
        ((15.0, 30.0, 45.0), 1.3, None, NOISY),
        ((9.0, 20.0), 1.0, None, TEN | {"ended": 29.9}),
        ((9.0, 20.0), 1.0, "timing-noise", TEN),
        ((10.0, 31.0, 45.9), 3.0, None, TOOL),
        ((10.0,), 6.0, "timing-noise", TOOL),
        ((10.0,), 0.0, "silent-while-busy", TOOL),
    ],
)
def test_noise_delays_heartbeats_and_invents_none(
    times: tuple[float, ...], lag: float, reason: str | None, more: dict[str, Any]
):
    verdict = listened(
        *(more.get("row", "BEAT-001"), *times), lag=lag, **{k: v for k, v in more.items() if k != "row"}
    )

    assert verdict.reason == reason
    if reason == "timing-noise":
        assert f"at a noise of {lag:.2f} s" in verdict.observed


@pytest.mark.parametrize(
    ("row", "least", "more"),
    [
        ("BEAT-001", 30.0, {}),
        ("BEAT-004", 20.0, {"starts": LIVE + call("c")}),
        ("BEAT-005", 15.0, {"before": True}),
        ("BEAT-012", 20.0, {"headers": GZIP}),
        ("BEAT-013", 20.0, {"starts": LIVE + ASKS}),
        ("BEAT-014", 15.0, {"before": True}),
    ],
)
def test_who_left_too_early_shows_no_silence(row: str, least: float, more: dict[str, Any]):
    short = listened(row, 10.0, 20.0, ended=least - 1, **more)

    assert (short.reason, short.observed) == ("precondition", f"listened for {least - 1:.1f} s only")
    assert listened(row, 10.0, 20.0, ended=least, **more).reason is None


def test_any_byte_breaks_a_silence():
    parts = [(0.0, LIVE), *((at, content("Hello")) for at in (10.0, 20.0, 30.0))]
    more: Any = {"facts": MEASURED, "heartbeat_seconds": 10.0, "ended": 35.0, "closed": Closed.HUNG_UP}

    assert heard(*parts, **more).judged("BEAT-001").outcome is Outcome.PASSED


@pytest.mark.parametrize(("ended", "reason"), [(20.0, "zero-observations"), (20.6, "other-comment")])
def test_other_comments_are_blamed_after_two_intervals(ended: float, reason: str):
    assert listened("BEAT-002", ended=ended, starts=LIVE + b":ping\n\n").reason == reason
    assert listened("BEAT-002", ended=ended, starts=LIVE + HEARTBEAT).outcome is Outcome.PASSED


@verdicts(
    ((10.0,), 19.9, "zero-observations"),
    ((10.0,), 20.5, "precondition"),
    ((), 20.6, "too-few-heartbeats"),
    ((10.0, 20.0), 25.0, "passed"),
    ((5.0, 15.5), 25.0, "passed"),
    ((5.0, 15.6), 25.0, "too-few-heartbeats"),
)
def test_two_heartbeats_are_waited_for_in_two_intervals(times: tuple[float, ...], ended: float) -> Verdict:
    return listened("BEAT-003", *times, ended=ended)


@verdicts(
    ((10.0, 15.0), 0.0, "passed"),
    ((10.0, 14.9), 0.0, "flood"),
    ((10.0, 14.9), 0.2, "timing-noise"),
    ((10.0, 10.1, 20.0), 0.0, "flood"),
)
def test_heartbeats_that_come_too_often_by_no_more_than_the_noise_are_no_flood(
    times: tuple[float, ...], lag: float
) -> Verdict:
    return listened("BEAT-009", *times, ended=26.0, lag=lag)


@cases("BEAT-009", ((HEARTBEAT + content("x")) * 8, "unjudged"), (HEARTBEAT * 8 + content("x"), "flood"))
def test_heartbeats_that_arrive_at_once_are_a_flood_where_no_event_stands_between(piece: bytes) -> Traffic:
    return heard((0.1, LIVE), (1.0, piece))


@verdicts(
    # A heartbeat before the messages, or within the first one, is sent and not stored.
    ([(0.0, HEARTBEAT + USER + USER + LIVE)], "passed"),
    ([(0.0, b":heartbeat\n" + USER + IDLE)], "passed"),
    ([(0.0, USER), (0.2, HEARTBEAT), (0.4, USER + IDLE)], "heartbeat-replayed"),
    # This heartbeat may have been due.
    ([(0.0, USER), (0.3, HEARTBEAT), (0.6, USER + IDLE)], "zero-observations"),
)
def test_a_heartbeat_in_a_replay(pieces: list[tuple[float, bytes]]) -> Verdict:
    return heard(*pieces).judged("BEAT-008")


@verdicts((0.7, "silence-too-long"), (0.8, "timing-noise"))
def test_a_busy_machine_delays_heartbeats_and_takes_none_away(lag: float) -> Verdict:
    """Four seconds of silence: the machine may have added the lag, and a heartbeat may be 3 s late."""
    return heard(*SILENT, lag=lag).judged("BEAT-001")


@cases("BEAT-015", ([LIVE], "unjudged"), ([LIVE, content("5")], "silence-too-long"))
def test_a_silence_is_among_events_where_another_reader_hears_of_one(other: list[bytes]) -> Traffic:
    traffic = heard((0.0, LIVE), (0.1, content("4")))
    traffic.now = 0.3
    chunks = [(3.0 + number, piece) for number, piece in enumerate(other)]
    return traffic.add("GET", TARGET, chunks=chunks, took=6.0, answered=STREAM)


@verdicts(((15.0, 30.0, 45.0), "passed"), ((44.0,), "silence-too-long"))
def test_a_compressed_stream_is_judged_by_its_times(times: tuple[float, ...]) -> Verdict:
    coded = (*STREAM, ("Content-Encoding", "gzip"))
    more: Any = {"facts": MEASURED, "heartbeat_seconds": 15.0, "ended": 46.0, "closed": Closed.HUNG_UP}
    traffic = heard(*((at, b"\x1f\x8b") for at in times), headers=GZIP, answered=coded, **more)
    return traffic.judged("BEAT-012")


def held_back(row: str, told: str | None) -> Verdict:
    """A stream that is silent for 19 s; then get_task returns the status `told`."""
    traffic = Traffic(facts=MEASURED).create("Hi")
    traffic.add("GET", TARGET, took=19.0, closed=Closed.DEADLINE, chunks=[])
    traffic.exchanges[-1] = replace(traffic.exchanges[-1], status=None, head_at=None)
    if told is not None:
        traffic.get(told)
    return traffic.judged(row)


@pytest.mark.parametrize(("row", "told"), [("BEAT-001", "running"), ("BEAT-013", "awaiting_approval")])
def test_a_stream_that_something_gathers_is_silent(row: str, told: str):
    found = held_back(row, told)

    assert (found.outcome, found.reason) == (Outcome.FAILED, "silence-too-long")
    assert "proxy_buffering" in found.observed
    # The task did not run, or it is unknown whether it did.
    assert held_back(row, None).outcome is Outcome.INCONCLUSIVE
    assert held_back(row, "pending").outcome is Outcome.INCONCLUSIVE


@verdicts((27.0, "precondition"), (31.0, "silence-too-long"))
def test_a_silence_that_goes_on_when_the_call_was_answered(answered: float) -> Verdict:
    """Six of the silent seconds belong to the call, or two."""
    traffic = Traffic(heartbeat_seconds=2.0).create("Hi", fields={"autoExecute": False})
    asking = call("one", status="awaiting_approval")
    traffic.stream(asking, result("one", "x"), DONE, shown=[user(1, "Hi")], step=8.0)
    return traffic.at(answered).approve("one").judged("BEAT-013")


def beside(beats: Iterable[float], *, closed: Closed) -> Traffic:
    """A reader that joins after another one, who stays or has left, and gets heartbeats at these times."""
    traffic = Traffic().create("Hi")
    stays = closed is Closed.COMPLETE
    traffic.stream(content("a"), shown=[HI], took=80.0 if stays else 1.0, closed=closed)
    traffic.at(4.0)
    pieces = [(4.1, USER + LIVE), *((4.1 + at, HEARTBEAT) for at in beats), (44.0, content("b"))]
    return traffic.add("GET", f"{TASKS}/t/stream", chunks=pieces, took=41.0, answered=STREAM)


OFTEN = (13.0, 26.0, 39.0)

test_a_silence_for_later_readers = stories(
    ("BEAT-005", lambda beats: beside(beats, closed=Closed.COMPLETE), OFTEN, [39.0], "silence-too-long"),
    ("BEAT-014", lambda beats: beside(beats, closed=Closed.HUNG_UP), OFTEN, [39.0], "silence-too-long"),
)
