from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.transcript.transcript import Exchange
from tests.conformance.kit import judged, ok, outcome_of


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


def test_the_last_answer_is_told_beside_the_output():
    said = [{"id": text, "role": "assistant", "content": text} for text in ("one", "two", "three")]
    found = judged(
        "GET-030",
        ok("follow_up", "after", {"output": {"content": "two"}}),
        ok("follow_up", "history after", {"messages": said}),
    )

    assert (found.reason, found.observed) == ("other-turns", "'two', last answer 'three'")
