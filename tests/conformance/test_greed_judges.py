"""The judge of greedy commands: others are served, or they are not."""

from conformance.adjudication import adjudicate
from conformance.registry import load
from conformance.verdict import Outcome, Verdict
from spec.ledger import Ledger
from tests.conformance.making import exchange, record

LEDGER = Ledger.load()
REGISTRY = load(LEDGER.by_id)


def judged(seconds: float, status: str) -> Verdict:
    beside = exchange(probe="greed", label="beside it", ended=seconds)
    body = {"success": True, "data": {"status": status}}
    task = exchange(probe="greed", label="bystander: task", number=2, body=body)
    return adjudicate(REGISTRY.judges["ISOLATION-015"], LEDGER.by_id["ISOLATION-015"], record(beside, task))


def test_others_are_served_beside_greedy_commands():
    assert judged(0.1, "completed").outcome is Outcome.PASSED
    assert judged(7.0, "completed").reason == "unreachable"
    assert judged(0.1, "pending").reason == "unreachable"
