"""The judge of greedy commands: others are served, or they are not."""

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from tests.conformance.kit import exchange, judged


def beside_greed(seconds: float, status: str, lag: float = 0.0) -> Verdict:
    beside = exchange(probe="greed", label="beside it", ended=seconds)
    body = {"success": True, "data": {"status": status}}
    task = exchange(probe="greed", label="bystander: task", number=2, body=body)
    return judged("ISOLATION-015", beside, task, lag=lag)


def test_others_are_served_beside_greedy_commands():
    assert beside_greed(0.1, "completed").outcome is Outcome.PASSED
    assert beside_greed(7.0, "completed").reason == "unreachable"
    assert beside_greed(0.1, "pending").reason == "unreachable"


def test_what_a_late_harness_could_have_added_is_held_against_nobody():
    assert beside_greed(5.4, "completed").outcome is Outcome.PASSED
    assert beside_greed(5.4, "completed", lag=1.5).reason == "timing-noise"
    assert beside_greed(12.0, "completed", lag=1.5).reason == "unreachable"
