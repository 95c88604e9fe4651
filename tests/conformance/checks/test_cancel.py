from typing import Any

import pytest

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.transcript.transcript import Closed
from tests.conformance.kit import LIVE, USER, answered, judged, ok, stream


def test_a_pending_task_is_cancelled():
    probe: dict[str, Any] = {"probe": "cancel_finished"}
    made = answered({"id": "t", "status": "pending"}, label="create early", **probe)
    asked = answered({}, label="cancel early", **probe)
    for told, outcome in (("cancelled", Outcome.PASSED), ("completed", Outcome.FAILED)):
        after = answered({"id": "t", "status": told}, label="early after", **probe)
        assert judged("CANCEL-002", made, asked, after).outcome is outcome


def closed_after_cancelling(closed_after: float) -> Verdict:
    heard = stream([(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=1.0 + closed_after)
    asked = ok("cancel_running", "cancel", ended=1.0)
    return judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}})


def test_a_stream_ends_within_five_seconds_of_a_cancellation():
    assert closed_after_cancelling(5.0).outcome is Outcome.PASSED
    assert closed_after_cancelling(5.000000001).reason == "left-open"
    assert closed_after_cancelling(5.5).reason == "left-open"
    assert "within 5 s" in closed_after_cancelling(5.5).expected


def test_a_stream_that_was_cut_in_time_did_not_end():
    heard = stream(
        [(0.0, USER + LIVE)], probe="cancel_running", label="s", ended=2.0, closed=Closed.TRUNCATED
    )
    asked = ok("cancel_running", "cancel", ended=1.0)

    assert judged("CANCEL-009", heard, asked, facts={"cancel_running": {"stream": "s"}}).reason == "left-open"


def cancelled_while_waiting(told: str, path: str = "other.txt", *, status: int = 200) -> Verdict:
    probe: dict[str, Any] = {"probe": "heartbeat_while_waiting"}
    return judged(
        "CANCEL-011",
        answered({}, label="cancel", **probe),
        answered({"id": "t", "status": told}, label="after the cancellation", **probe),
        answered({"files": [{"path": path}]}, status=status, label="files after the cancellation", **probe),
        facts={"heartbeat_while_waiting": {"word": "nword"}},
    )


def test_a_waiting_call_of_a_cancelled_task_never_runs():
    assert cancelled_while_waiting("cancelled").outcome is Outcome.PASSED
    assert cancelled_while_waiting("awaiting_approval").reason == "not-cancelled"
    assert cancelled_while_waiting("cancelled", "nword.txt").reason == "ran-although-cancelled"


def test_files_that_are_refused_tell_nothing_of_a_call():
    assert cancelled_while_waiting("cancelled", status=404).outcome is Outcome.PASSED
    assert cancelled_while_waiting("running", status=404).reason == "not-cancelled"


def test_a_body_changes_nothing_of_a_cancellation():
    probe: dict[str, Any] = {"probe": "heartbeat_window"}
    for status, told, good in ((200, "cancelled", True), (400, "running", False), (200, "completed", False)):
        asked = answered({}, status=status, label="cancel with a body", **probe)
        after = answered({"id": "t", "status": told}, label="after the cancellation", **probe)
        assert (judged("CANCEL-015", asked, after).outcome is Outcome.PASSED) == good


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        (409, "completed", "stimulus-not-reached"),
        (409, "running", "body-matters"),
        (400, "completed", "body-matters"),
    ],
)
def test_a_task_that_was_over_before_it_could_be_cancelled_shows_nothing_of_bodies(status, told, reason):
    asked = answered({}, status=status, probe="heartbeat_window", label="cancel with a body")
    after = answered({"status": told}, probe="heartbeat_window", label="after the cancellation")

    assert judged("CANCEL-015", asked, after).reason == reason


def stopped(path: str, *together: str) -> Verdict:
    """What a cancelled task has made, and one that was cancelled in the middle of two commands at once."""
    probe: dict[str, Any] = {"probe": "cancel_running"}
    files = [{"path": "before-nword.txt"}, {"path": path}]
    lists = [answered({"files": files}, label="files", **probe)]
    lists += [
        answered({"files": [{"path": each}]}, label="files: two commands", **probe) for each in together
    ]
    return judged("CANCEL-003", *lists, facts={"cancel_running": {"word": "nword"}})


@pytest.mark.parametrize(
    ("path", "together", "reason"),
    [
        ("a.txt", (), None),
        ("a.txt", ("a.txt",), None),
        ("after-nword.txt", ("a.txt",), "went-on"),
        ("a.txt", ("other-nword.txt",), "went-on"),
    ],
)
def test_nothing_that_was_cancelled_goes_on(path: str, together: tuple[str, ...], reason: str | None):
    assert stopped(path, *together).reason == reason
