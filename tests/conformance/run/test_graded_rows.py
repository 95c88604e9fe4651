"""Verdicts of rows whose conclusion depends on a premise, on traffic of whole tasks."""

import pytest

from tests.conformance.handwritten import HI, Traffic, agent, user
from tests.conformance.kit import event

ROWS = ["CANCEL-008", "HTTP-007", "STATE-002"]


def ended(*last: bytes) -> Traffic:
    """A task that was cancelled while it was running; its stream ends with these events."""
    traffic = Traffic().create("Hi").cancel()
    traffic.stream(event("content", text="4", isPartial=True), *last, shown=[HI], took=8.0)
    # The reader joined before the cancellation.
    traffic.exchanges.insert(1, traffic.exchanges.pop())
    return traffic


def looked_at(traffic: Traffic, *told: str) -> Traffic:
    """The task is cancelled again and read, with another status each time."""
    for status in told:
        traffic.cancel(status=409)
        traffic.get(status)
    return traffic


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("status", [{"status": "cancelled"}, {}])
def test_a_cancelled_run_may_end_with_done(row: str, status: dict[str, str]):
    last = event("done", finalResponse="", **status)
    traffic = looked_at(ended(event("cancelled"), last), "cancelled", "cancelled")

    assert traffic.verdict(row).outcome == "passed"


@pytest.mark.parametrize("row", ROWS)
def test_a_reported_final_status_that_changes_fails(row: str):
    traffic = looked_at(ended(event("done", finalResponse="")), "cancelled", "completed")

    assert traffic.verdict(row).outcome == "failed"


@pytest.mark.parametrize("row", ROWS)
def test_a_final_status_inferred_from_done_only_warns(row: str):
    traffic = Traffic().begun()
    for _ in range(2):
        traffic.cancel(status=409)
    traffic.get("cancelled")

    verdict = traffic.verdict(row)

    assert verdict.outcome == "warned"
    assert "Assumed: a turn that ends with done is completed" in verdict.expected
    assert "(inferred, PHASE-023)" in verdict.expected


@pytest.mark.parametrize("row", ["HISTORY-015", "FOLLOWUP-001"])
@pytest.mark.parametrize(("told", "outcome"), [(None, "warned"), ("completed", "failed")])
def test_rules_of_a_completed_task_fail_only_if_the_api_reported_the_status(
    row: str, told: str | None, outcome: str
):
    traffic = Traffic().begun()
    if told is not None:
        traffic.get(told)
    traffic.history(HI, told="running")
    traffic.say("More", status=409)

    assert traffic.verdict(row).outcome == outcome


def test_an_error_of_the_code_cancelled_is_this_projects_own_word():
    traffic = ended(event("error", message="over", code="CANCELLED")).get("failed")

    assert traffic.verdict("CANCEL-001").outcome == "info"


def test_a_cancelled_run_can_have_streamed_an_answer_that_was_not_saved():
    traffic = ended(event("done", finalResponse="")).get("cancelled").say("More")
    traffic.get("completed")
    traffic.history(HI, user(2, "More"), agent(2, "5"))

    assert traffic.verdict("ISOLATION-012").outcome == "passed"
