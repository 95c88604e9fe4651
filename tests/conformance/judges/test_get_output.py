from itertools import count
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import (
    IDLE,
    REGISTRY,
    event,
    exchange,
    judged,
    ok,
    outcome_of,
    record,
    stream,
    verdict_on,
)


def read_task(**fields: Any) -> Exchange:
    return ok("easy_task", "read", {"id": "t", "startedAt": "2026-01-01T00:00:00.000Z", **fields})


THOUGHT = {"subject": "s", "description": "d"}


@pytest.mark.parametrize(
    ("row", "tasks", "outcome"),
    [
        ("GET-015", [read_task(output={"thoughts": [THOUGHT]})], Outcome.PASSED),
        ("GET-015", [read_task(output={"thoughts": "s"})], Outcome.FAILED),
        ("GET-015", [read_task(output={"thoughts": [{"subject": "s"}]})], Outcome.FAILED),
        ("GET-015", [read_task(output={})], Outcome.INCONCLUSIVE),
        (
            "GET-025",
            [read_task(status="failed", output={}), read_task(status="cancelled", output={})],
            Outcome.INFO,
        ),
        ("GET-025", [read_task(status="failed"), read_task(status="cancelled")], Outcome.INFO),
        ("GET-025", [read_task(status="failed"), read_task(status="cancelled", output={})], Outcome.WARNED),
    ],
)
def test_outputs_and_ids(row, tasks, outcome):
    assert judged(row, *tasks).outcome is outcome


def waiting(*calls: dict) -> str:
    told = ok("approve_once", "still waiting", {"output": {"toolCalls": [*calls, "c"]}})
    return outcome_of(judged("GET-021", told, facts={"approve_once": {"call": "c"}}))


def test_of_all_calls_in_an_output_the_waiting_one_is_looked_at():
    before = {"callId": "b", "status": "success"}

    assert waiting(before, {"callId": "c", "status": "awaiting_approval"}) == "passed"
    assert waiting(before, {"callId": "c", "status": "executing"}) == "not-in-output"
    assert waiting(before) == "not-in-output"


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


NUMBERS = count(10)


def heard(probe: str, label: str, *parts: bytes) -> Exchange:
    return stream([(1.0, b"".join(parts))], probe=probe, label=label, ended=1.1, number=next(NUMBERS))


EASY = ("first reader", "second reader")


def said_by_user(message: str) -> bytes:
    return event(
        "history_message", id="m1", role="user", content=message, createdAt="2026-01-26T15:50:54.870Z"
    )


LATE = [heard("easy_task", label, said_by_user("Hi"), IDLE) for label in EASY]


def finished(probe: str, status: str) -> Exchange:
    body = {"success": True, "data": {"id": "t", "status": status}}
    return exchange(probe=probe, label="finished", body=body, number=9)


@pytest.mark.parametrize(
    ("row", "exchanges"),
    [("GET-022", [*LATE, finished("easy_task", "completed")])],
)
def test_what_nobody_heard_is_open_for_that_reason(row, exchanges):
    found = judged_late(row, *exchanges)

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "stimulus-not-reached")


def test_the_last_answer_is_told_beside_the_output():
    said = [{"id": text, "role": "assistant", "content": text} for text in ("one", "two", "three")]
    found = judged(
        "GET-030",
        ok("follow_up", "after", {"output": {"content": "two"}}),
        ok("follow_up", "history after", {"messages": said}),
    )

    assert (found.reason, found.observed) == ("other-turns", "'two', last answer 'three'")
