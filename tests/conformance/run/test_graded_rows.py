"""Verdicts of rows whose conclusion depends on a premise, on traffic of whole tasks."""

import pytest

from tests.conformance.kit import call, event, result
from tests.conformance.traffic import DONE, FOUR, HI, Traffic, agent, user

ROWS = ["CANCEL-008", "HTTP-007", "STATE-002"]


def ended(*last: bytes) -> Traffic:
    """A task that was cancelled while it was running; its stream ends with these events."""
    traffic = Traffic().create("Hi")
    traffic.cancel()
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
def test_a_status_that_was_told_and_changes_fails(row: str):
    traffic = looked_at(ended(event("done", finalResponse="")), "cancelled", "completed")

    assert traffic.verdict(row).outcome == "failed"


@pytest.mark.parametrize("row", ROWS)
def test_a_status_that_only_done_tells_warns(row: str):
    traffic = Traffic().begun()
    for _ in range(2):
        traffic.cancel(status=409)
    traffic.get("cancelled")

    verdict = traffic.verdict(row)

    assert verdict.outcome == "warned"
    assert "rests on: a turn that ends with done is completed" in verdict.observed
    assert "(inferred, PHASE-023)" in verdict.observed


@pytest.mark.parametrize("row", ["HISTORY-015", "FOLLOWUP-001"])
@pytest.mark.parametrize(("told", "outcome"), [(None, "warned"), ("completed", "failed")])
def test_what_a_completed_task_owes_rests_on_how_that_is_known(row: str, told: str | None, outcome: str):
    traffic = Traffic().begun()
    if told is not None:
        traffic.get(told)
    traffic.history(HI, told="running")
    traffic.say("More", status=409)

    assert traffic.verdict(row).outcome == outcome


def with_another_session(idle: float) -> Traffic:
    """A follow-up after `idle` seconds, in a session with a new id; the history lost the earlier messages."""
    traffic = Traffic(session_expiry_seconds=30).begun()
    traffic.get(fields={"sessionId": "s1"})
    traffic.history(HI, FOUR)
    traffic.after(idle).say("More")
    traffic.get(fields={"sessionId": "s2"})
    return traffic.history(user(2, "More"))


def test_a_session_with_a_new_id_may_have_been_restored():
    verdict = with_another_session(1).verdict("SESSION-002")

    assert verdict.outcome == "warned"
    assert "a session with a new id was restored (inferred, H-05)" in verdict.observed


def test_a_session_that_was_idle_for_too_long_was_restored():
    assert with_another_session(40).verdict("SESSION-002").outcome == "failed"


def test_two_turns_may_call_different_calls_the_same():
    """Whether callIds are unique in a task is inferred (EVENT-022)."""
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    traffic.stream(call("1", status="awaiting_approval"), shown=[HI], closed="hung-up")
    traffic.approve("1", "cancel")
    traffic.get("completed")
    traffic.say("More")
    traffic.stream(call("1"), result("1", "x"), DONE, shown=[HI])

    verdict = traffic.verdict("APPROVE-006")

    assert verdict.outcome == "warned"
    assert "(inferred, EVENT-022)" in verdict.observed


def test_an_error_of_the_code_cancelled_is_this_projects_own_word():
    traffic = ended(event("error", message="over", code="CANCELLED")).get("failed")

    assert traffic.verdict("CANCEL-001").outcome == "info"


def test_a_cancellation_of_an_earlier_turn_does_not_matter():
    traffic = Traffic().create("Hi")
    traffic.cancel()
    traffic.get("cancelled")
    traffic.say("More")
    traffic.stream(event("content", text="4", isPartial=False), DONE, shown=[HI, user(2, "More")])
    traffic.history(HI, user(2, "More"), told="running")

    assert traffic.verdict("FOLLOWUP-007").outcome == "warned"


def test_a_cancelled_run_may_have_said_what_was_not_saved():
    traffic = ended(event("done", finalResponse="")).get("cancelled")
    traffic.say("More")
    traffic.get("completed")
    traffic.history(HI, user(2, "More"), agent(2, "5"))

    assert traffic.verdict("ISOLATION-012").outcome == "passed"
