"""The judge of greedy commands: others are served, or they are not."""

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import exchange, record

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)


def judged(seconds: float, status: str, lag: float = 0.0) -> Verdict:
    beside = exchange(probe="greed", label="beside it", ended=seconds)
    body = {"success": True, "data": {"status": status}}
    task = exchange(probe="greed", label="bystander: task", number=2, body=body)
    return adjudicate(
        REGISTRY.judges["ISOLATION-015"], LEDGER.by_id["ISOLATION-015"], record(beside, task, lag=lag)
    )


def test_others_are_served_beside_greedy_commands():
    assert judged(0.1, "completed").outcome is Outcome.PASSED
    assert judged(7.0, "completed").reason == "unreachable"
    assert judged(0.1, "pending").reason == "unreachable"


def test_what_a_late_harness_could_have_added_is_held_against_nobody():
    assert judged(5.4, "completed").outcome is Outcome.PASSED
    assert judged(5.4, "completed", lag=1.5).reason == "timing-noise"
    assert judged(12.0, "completed", lag=1.5).reason == "unreachable"
