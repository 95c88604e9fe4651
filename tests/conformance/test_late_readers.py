"""A target may be done before anybody listens: what nobody heard is no violation, it is sought elsewhere."""

from itertools import count
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import IDLE, LIVE, REGISTRY, done, event, exchange, record, stream, verdict_on

NUMBERS = count(10)
EASY = ("first reader", "second reader")


def said_by_user(message: str) -> bytes:
    return event(
        "history_message", id="m1", role="user", content=message, createdAt="2026-01-26T15:50:54.870Z"
    )


def heard(probe: str, label: str, *parts: bytes) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe=probe, label=label, ended=1.1, number=next(NUMBERS))


def finished(probe: str, status: str) -> Exchange:
    body = {"success": True, "data": {"id": "t", "status": status}}
    return exchange(probe=probe, label="finished", body=body, number=9)


def judged_late(row: str, *exchanges: Exchange, tools: str = "again") -> Verdict:
    facts: dict[str, dict[str, Any]] = {
        "easy_task": {"message": "Hi"},
        "tool_task": {"message": tools, "attempt": "attempt 1", "vanished": "attempt 1"},
        "read_upload": {"run": "reading 1", "word": "secret", "name": "a.txt"},
        "awkward_text": {"message": "Hi", "word": "w", "printing": "printing 1: stream"},
        "many_events": {"attempt": 1},
    }
    seen = record(*exchanges, facts=facts, probes=tuple(REGISTRY.probes))
    return verdict_on(row, seen)


LATE = [heard("easy_task", label, said_by_user("Hi"), IDLE) for label in EASY]


def by_tools(label: str, *parts: bytes) -> Exchange:
    return heard("tool_task", f"attempt 1: {label}", *parts)


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ((said_by_user("again"), LIVE, done("Hello")), Outcome.PASSED),
        ((said_by_user("of another task"), LIVE, done("Hello")), Outcome.WARNED),
        ((said_by_user("again"), IDLE), Outcome.INCONCLUSIVE),
    ],
)
def test_the_beginning_is_looked_for_in_a_task_that_takes_time(parts, outcome):
    assert judged_late("PHASE-011", *LATE, by_tools("vanishing reader", *parts)).outcome is outcome


def test_readers_who_were_there_decide_about_the_beginning():
    one, _ = LATE
    other = heard("easy_task", "second reader", said_by_user("of another task"), LIVE, done("Hello"))
    tools = by_tools("vanishing reader", said_by_user("again"), LIVE)

    assert judged_late("PHASE-011", one, other, tools).outcome is Outcome.WARNED


@pytest.mark.parametrize(("status", "outcome"), [("completed", Outcome.PASSED), ("running", Outcome.WARNED)])
def test_the_status_after_done_is_looked_for_in_a_task_that_takes_time(status, outcome):
    easy, tools = finished("easy_task", "completed"), finished("tool_task", status)
    whole = by_tools("whole", said_by_user("again"), LIVE, done("Hello"))

    assert judged_late("PHASE-023", *LATE, easy, whole, tools).outcome is outcome


@pytest.mark.parametrize(
    ("row", "exchanges"),
    [
        ("GET-022", [*LATE, finished("easy_task", "completed")]),
        ("AGENT-004", [heard("read_upload", "reading 1: stream", said_by_user("Hi"), IDLE)]),
        (
            "STREAM-008",
            [
                *(heard("awkward_text", label, said_by_user("Hi"), IDLE) for label in ("run", "replay")),
                heard("awkward_text", "printing 1: stream", said_by_user("Hi"), IDLE),
            ],
        ),
        (
            "STREAM-036",
            [heard("many_events", f"1: {label}", said_by_user("Hi"), IDLE) for label in ("quick", "gzip")],
        ),
    ],
)
def test_what_nobody_heard_is_open_for_that_reason(row, exchanges):
    found = judged_late(row, *exchanges)

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "stimulus-not-reached")


def test_a_broken_message_is_noticed_although_no_command_was_heard():
    changed = [heard("awkward_text", label, said_by_user("changed"), IDLE) for label in ("run", "replay")]
    printed = heard("awkward_text", "printing 1: stream", said_by_user("Hi"), IDLE)

    assert judged_late("STREAM-008", *changed, printed).reason == "text-broken"
