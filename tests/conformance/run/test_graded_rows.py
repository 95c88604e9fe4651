"""What rows say where a conclusion rests on a premise, by traffic of whole tasks."""

import pytest

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.verdict import Verdict, passed
from sigmic_conformance.conformance.registry import Judge
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.spec.ledger import Ledger
from tests.conformance.kit import P, event, exchange, record
from tests.conformance.traffic import Traffic, user

LEDGER = Ledger.load().by_id
HI = user(1, "Hi")
ROWS = ["CANCEL-008", "HISTORY-003", "HTTP-007", "STATE-002"]


def judged(row: str, traffic: Traffic) -> Verdict:
    """The verdict on a row of which only its invariants have something to say."""
    everything = record(*traffic.exchanges, **traffic.profile)
    judge = Judge(id=row, function=lambda _: passed("fine", cite(exchange())), needs=(P,))
    return adjudicate(judge, LEDGER[row], everything, everything=everything)


def ended(*last: bytes) -> Traffic:
    """A task that was cancelled while it worked, whose stream ends with these events."""
    traffic = Traffic()
    traffic.create("Hi")
    traffic.cancel()
    stream = traffic.stream(event("content", text="4", isPartial=True), *last, shown=[HI], took=8.0)
    # The reader came before the cancellation.
    traffic.exchanges[-1:] = []
    traffic.exchanges.insert(1, stream)
    return traffic


def looked_at(traffic: Traffic, *told: str) -> Traffic:
    """The task is read and cancelled again, and each time it is told to be in another state."""
    for status in told:
        traffic.cancel(status=409)
        traffic.get(status)
        traffic.history(HI, told=status)
    return traffic


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize(
    "last",
    [
        (event("cancelled"), event("done", finalResponse="", status="cancelled")),
        (event("cancelled"), event("done", finalResponse="")),
    ],
)
def test_a_cancelled_run_may_end_with_done(row: str, last: tuple[bytes, ...]):
    traffic = looked_at(ended(*last), "cancelled", "cancelled")

    assert judged(row, traffic).outcome == "passed"


@pytest.mark.parametrize("row", ROWS)
def test_a_status_that_was_told_and_changes_fails(row: str):
    traffic = looked_at(ended(event("done", finalResponse="")), "cancelled", "completed")

    assert judged(row, traffic).outcome == "failed"


@pytest.mark.parametrize("row", ROWS)
def test_a_status_that_only_done_tells_warns(row: str):
    traffic = Traffic().begun()
    for _ in range(2):
        traffic.cancel(status=409)
    traffic.history(HI, told="cancelled") if row == "HISTORY-003" else traffic.get("cancelled")

    verdict = judged(row, traffic)

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

    assert judged(row, traffic).outcome == outcome
