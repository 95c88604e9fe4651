from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import answered, decided, exchange, judged, ok, record, success, verdict_on

TIME = "2026-01-26T15:50:54.870Z"


@pytest.mark.parametrize(
    ("value", "outcome", "reason"),
    [
        (TIME, Outcome.PASSED, None),
        ("2026-01-26T15:50:54+02:00", Outcome.PASSED, None),
        (1769442654, Outcome.FAILED, "no-timestamp"),
        ("1769442654", Outcome.FAILED, "no-timestamp"),
        (None, Outcome.FAILED, "no-timestamp"),
    ],
)
def test_a_creation_time_is_told_as_a_string(value, outcome, reason):
    seen = record(exchange(body=success({"id": "t", "createdAt": value})), probes=("easy_task",))

    assert decided(verdict_on("GET-008", seen)) == (outcome, reason)


def test_a_creation_time_that_changes_is_noticed():
    one = exchange(body=success({"id": "t", "createdAt": TIME}))
    other = exchange(number=2, body=success({"id": "t", "createdAt": "2026-01-26T15:50:54.871Z"}))

    assert decided(judged("GET-008", one, other)) == (
        Outcome.FAILED,
        "changed",
    )


def test_a_time_is_told_as_a_string_that_is_one():
    def task(value: Any) -> Exchange:
        return answered({"createdAt": value})

    assert judged("GET-008", task("2026-11-24T16:00:00.000Z")).outcome is Outcome.PASSED
    assert judged("GET-008", task(1_764_000_000)).reason == "no-timestamp"
    assert judged("GET-008", task("yesterday")).reason == "no-timestamp"


def read_task(**fields: Any) -> Exchange:
    return ok("easy_task", "read", {"id": "t", "startedAt": "2026-01-01T00:00:00.000Z", **fields})


@pytest.mark.parametrize(
    ("row", "tasks", "outcome"),
    [
        (
            "GET-026",
            [read_task(status="pending", startedAt=None, sessionId=None, conversationId="c")],
            Outcome.INFO,
        ),
        ("GET-026", [read_task(status="pending", startedAt=None, sessionId=None)], Outcome.WARNED),
        ("GET-009", [read_task(status="running")], Outcome.PASSED),
        ("GET-009", [read_task(status="running", startedAt="soon")], Outcome.WARNED),
        ("GET-010", [read_task(status="completed", completedAt="2026-01-01T00:00:01Z")], Outcome.PASSED),
        ("GET-010", [read_task(status="completed", completedAt="just now")], Outcome.WARNED),
        ("GET-032", [read_task(conversationId=each) for each in (None, "c", "c")], Outcome.PASSED),
        ("GET-032", [read_task(conversationId=each) for each in ("c", "d")], Outcome.WARNED),
    ],
)
def test_outputs_and_ids(row, tasks, outcome):
    assert judged(row, *tasks).outcome is outcome
