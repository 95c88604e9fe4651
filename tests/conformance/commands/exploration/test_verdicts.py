from typing import Any

from sigmic_conformance.commands.exploration.verdicts import left_alone, set_aside, verdicts_of
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from tests.conformance.handwritten import Traffic, agent, user
from tests.conformance.kit import LEDGER, REGISTRY, check_of, exchange

TASK = "/api/v1/tasks/t"


def explored(traffic: Traffic) -> dict[str, Verdict]:
    """The verdicts on an exploration with this traffic."""
    seen = {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=tuple(traffic.exchanges))}
    return verdicts_of(seen, Record(Profile(base_url="http://x"), seen), REGISTRY.checks, LEDGER)


def seen(status: str, number: int) -> Exchange:
    return exchange(target=TASK, number=number, body={"success": True, "data": {"status": status}})


def test_an_exploration_is_checked_at_every_answer():
    traffic = Traffic().begun().history(user(1, "Hi"), agent(1, "4")).say("More")
    traffic.history(user(1, "Hi"), user(2, "More"), told="running")

    found = explored(traffic)

    assert found["HISTORY-016"].reason == "history-changed"
    assert found["FOLLOWUP-015"].outcome is Outcome.PASSED
    assert found["FOLLOWUP-015"].evidence


def test_a_check_that_breaks_is_an_error_and_a_requirement_that_was_not_shown_is_left_out():
    traffic = phase(seen("completed", 1))
    record = Record(Profile(base_url="http://127.0.0.1:1"), traffic)
    checks = {"GET-001": check_of(KeyError("x"), id="GET-001", anywhere=True)}

    found = verdicts_of(traffic, record, checks, LEDGER)

    assert found["GET-001"].outcome is Outcome.ERRORED


def phase(*exchanges: Exchange, **facts: Any) -> dict[str, Transcript]:
    return {"p": Transcript(probe="p", ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)}


def test_a_lost_target_is_reported_with_the_last_answered_request():
    answered, refused = exchange(), exchange(number=2, status=None, closed=Closed.REFUSED)

    verdict = left_alone(phase(answered, refused, gone=True))

    assert verdict is not None
    assert verdict.reason == "gone"
    assert [each.exchange for each in verdict.evidence] == [1, 2]
    assert left_alone(phase(answered, refused, gone=False)) is None
    assert left_alone(phase(answered, gone=True)) is None


def test_only_proper_refusals_of_invalid_requests_are_set_aside():
    error = {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "m"}}
    invented = {"success": False, "error": {"code": "ODD", "message": "m"}}
    answers = [
        exchange(label="invalid", status=400, body=error),
        exchange(label="valid", status=400, body=error),
        exchange(label="invalid", status=400, body=invented),
        exchange(label="invalid", status=500, body=error),
        exchange(label="invalid", status=201, body={"success": True, "data": {}}),
    ]

    assert [each.transient for each in set_aside(answers, {"invalid"})] == [True, False, False, False, False]
