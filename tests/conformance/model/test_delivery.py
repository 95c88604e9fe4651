"""Invariants of delivery: events reach every reader whole and in time, whatever else is read or sent."""

from collections.abc import Callable
from typing import Any

import pytest

from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import IDLE, LIVE, STREAM, call, content, result
from tests.conformance.traffic import DONE, OWNER, Traffic, agent, user

HI, FOUR = user(1, "Hi"), agent(1, "4")


def timed(traffic: Traffic, *pieces: tuple[float, bytes], took: float) -> None:
    """A stream whose pieces arrive so long after the request."""
    chunks = [(traffic.now + after, piece) for after, piece in pieces]
    traffic.add("GET", "/api/v1/tasks/t/stream", chunks=chunks, took=took, answered=STREAM)


def opened_while_a_tool_runs(after: float) -> Traffic:
    """A reader comes while a command of some seconds runs; its marker arrives after so long."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(call("c"), shown=[HI], closed=Closed.HUNG_UP)
    traffic.now += 1
    timed(traffic, (after, LIVE), (4.0, result("c", "x")), (5.0, DONE), took=6.0)
    return traffic


def test_where_every_stream_is_slow_none_waits_for_an_event():
    traffic = opened_while_a_tool_runs(4.0)
    traffic.now += 1
    timed(traffic, (4.0, IDLE), took=5.0)

    assert not traffic.row("STREAM-022").breaches


def joined_a_command(after: float) -> Traffic:
    """Its only reader comes when a command sleeps already, and is told of nothing before so long."""
    traffic = Traffic().begun()
    traffic.stream(shown=[HI, FOUR], streaming=False)
    traffic.say("More")
    told = call("c", args={"command": "sleep 5; echo done"})
    timed(traffic, (after, LIVE), (after, told), (4.5, result("c", "done")), (4.6, DONE), took=5.0)
    return traffic


def side_by_side(late: float) -> Traffic:
    """Two readers of one turn; the second hears its events so much later."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content("4"), call("c"), result("c", "x"), DONE, shown=[HI], step=1.0)
    traffic.now = 1.5
    pieces = zip((3.5, 4.5, 5.5), (call("c"), result("c", "x"), DONE), strict=True)
    timed(traffic, (0.5, LIVE), *((at + late, piece) for at, piece in pieces), took=10.0)
    return traffic


def sleeping(gap: float) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    args = {"command": "sleep 2; echo done"}
    pieces = ((2.0, call("c", args=args)), (2.0 + gap, result("c", "done")), (5.0, DONE))
    timed(traffic, (0.1, LIVE), *pieces, took=6.0)
    return traffic


def answered(output: str, *pieces: str, beside: bool = False) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    if beside:
        traffic.stream(content("a"), shown=[HI], streaming=True, closed=Closed.HUNG_UP, took=2.0)
        traffic.now -= 2.5
    traffic.stream(*map(content, pieces), DONE, shown=[HI], took=5.0)
    traffic.get(fields={"output": {"content": output}})
    return traffic


def replied(text: str) -> Traffic:
    """A finished run that said this, and whose history has the answer 4."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.stream(content(text), DONE, shown=[HI])
    traffic.history(HI, FOUR)
    return traffic


def test_what_no_view_has_told_may_be_of_the_tasks_own_answer():
    """`finalResponse` may be worded apart from what was said (X-04), and texts may grow (G-47)."""
    unread, growing = Traffic(), Traffic()
    unread.create("Hi")
    unread.stream(content("On it."), DONE, shown=[HI])
    growing.create("Hi")
    growing.stream(content("On it. "), content("On it. 4"), DONE, shown=[HI])
    growing.history(HI, FOUR)

    for traffic in (unread, growing):
        row = traffic.evaluation().rows.get("ISOLATION-012")
        assert row is None or not row.breaches


def again(*shown: dict[str, Any], **more: Any) -> Traffic:
    traffic = Traffic().begun()
    traffic.history(HI, FOUR)
    traffic.get()
    traffic.stream(shown=[HI, FOUR])
    traffic.stream(shown=shown, **more)
    return traffic


def asked(status: int, *, headers: Any = OWNER, cut: bool = False) -> Traffic:
    traffic = Traffic()
    traffic.create("Hi")
    if cut:
        traffic.stream(content("4"), shown=[HI], closed=Closed.HUNG_UP)
    if status < 400:
        traffic.stream(DONE, shown=[HI], headers=headers)
    else:
        traffic.add("GET", "/api/v1/tasks/t/stream", status=status, headers=headers)
    return traffic


LEFT_OUT = (*OWNER, ("Accept", "*/*"))


@pytest.mark.parametrize(
    ("row", "made", "kept", "broken", "reason"),
    [
        ("STREAM-022", opened_while_a_tool_runs, 0.1, 4.0, "held-back"),
        ("STREAM-022", joined_a_command, 0.1, 4.4, "held-back"),
        ("STREAM-023", side_by_side, 0.0, 2.0, "held-back"),
        ("STREAM-023", sleeping, 2.0, 0.5, "held-back"),
        ("STREAM-025", lambda last: answered("a" * 25, *("a" * 24), last), "a", "", "lost-or-swapped"),
        ("ISOLATION-012", replied, "4", "of another", "foreign-content"),
        (
            "STREAM-028",
            lambda shown: again(*shown, headers=(*OWNER, ("Last-Event-ID", "1"))),
            [HI, FOUR],
            [FOUR],
            "resumed",
        ),
        ("STREAM-029", lambda status: asked(status, headers=LEFT_OUT), 200, 406, "refused"),
    ],
)
def test_delivery(row: str, made: Callable[[Any], Traffic], kept: Any, broken: Any, reason: str):
    assert made(kept).reasons(row) == set()
    assert made(broken).reasons(row) == {reason}
