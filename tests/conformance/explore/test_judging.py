from typing import Any

from sigmic_conformance.conformance.explore.judging import left_alone, verdicts_of
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Closed, Ending, Exchange, Transcript
from tests.conformance.kit import LEDGER, REGISTRY, exchange
from tests.conformance.traffic import Traffic, agent, user

TASK = "/api/v1/tasks/t"


def walked(traffic: Traffic) -> dict[str, Verdict]:
    """The verdicts on one walk of this traffic."""
    walks = {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=tuple(traffic.exchanges))}
    return verdicts_of(walks, Record(Profile(base_url="http://x"), walks), REGISTRY.checks, LEDGER)


def seen(status: str, number: int) -> Exchange:
    return exchange(target=TASK, number=number, body={"success": True, "data": {"status": status}})


def test_a_walk_is_judged_by_the_invariants_at_every_answer():
    traffic = Traffic().begun().history(user(1, "Hi"), agent(1, "4")).say("More")
    traffic.history(user(1, "Hi"), user(2, "More"), told="running")

    found = walked(traffic)

    assert found["HISTORY-016"].reason == "history-changed"
    assert found["FOLLOWUP-015"].outcome is Outcome.PASSED
    assert found["FOLLOWUP-015"].evidence


def test_what_walks_did_not_show_is_left_out_and_a_broken_judge_is_told():
    def breaks(_record: Record) -> Verdict:
        raise KeyError("x")

    walks = phase(seen("completed", 1))
    record = Record(Profile(base_url="http://127.0.0.1:1"), walks)
    checks = {"GET-001": Check(id="GET-001", function=breaks, needs=("p",), anywhere=True)}

    found = verdicts_of(walks, record, checks, LEDGER)

    assert found["GET-001"].outcome is Outcome.ERRORED


def phase(*exchanges: Exchange, **facts: Any) -> dict[str, Transcript]:
    return {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)}


def test_a_target_that_is_gone_is_told_with_the_last_request_that_was_answered():
    answered, refused = exchange(), exchange(number=2, status=None, closed=Closed.REFUSED)

    verdict = left_alone(phase(answered, refused, gone=True))

    assert verdict is not None
    assert verdict.reason == "gone"
    assert [each.exchange for each in verdict.evidence] == [1, 2]
    assert left_alone(phase(answered, refused, gone=False)) is None
    assert left_alone(phase(answered, gone=True)) is None
