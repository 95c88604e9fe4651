"""All invariants over a run: the result of each row, and the situations that it covers."""

from dataclasses import replace
from typing import Any

import pytest

from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.evaluation import Evaluation
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Closed, Ending, Transcript
from sigmic_spec.requirement import Kind
from tests.conformance.handwritten import DONE, Traffic, agent, user
from tests.conformance.kit import LEDGER, REGISTRY, call, ok, record, result

UNKNOWN = "10ca1000-0000-4000-8000-000000000001"


def lossy() -> Traffic:
    """A run in which the first answer disappears after a follow-up."""
    traffic = Traffic().begun().history(user(1, "Hi"), agent(1, "4")).say("More")
    return traffic.history(user(1, "Hi"), user(2, "More"), told="running")


def verdict(row: str, traffic: Traffic, **profile):
    """The verdict of a row whose judge found no breach."""
    judge = REGISTRY.checks[row]
    seen = record(*traffic.exchanges, probes=judge.needs, **profile)
    return adjudicate(judge, LEDGER.by_id[row], seen)


def test_a_violation_has_what_was_expected_what_was_observed_and_the_situation():
    breach = lossy().row("HISTORY-016").breaches[0]

    assert 'assistant: "4"' in breach.finding.observed
    assert "had shown 2 messages" in breach.expected("The statement.")
    assert dict(breach.situation).items() >= {"turn": "second", "session": "live"}.items()


def test_a_broken_invariant_makes_the_verdict_of_a_row_worse():
    found = verdict("HISTORY-016", lossy())

    assert (found.outcome, found.reason) == (Outcome.FAILED, "history-changed")
    assert found.evidence[0].label == "GET /api/v1/tasks/t/history"


@pytest.mark.parametrize(("shards", "breaches"), [((0, 0), 1), ((1, 1), 1), ((1, 2), 0)])
def test_observations_of_different_shards_are_not_compared(shards, breaches):
    """Each machine may have started its own server, with its own clock."""
    seen = {}
    for number, shard in enumerate(shards):
        traffic = Traffic().begun().get(fields={"apiKeyId": f"key {number}"})
        name = f"probe {number}"
        exchanges = tuple(replace(each, probe=name) for each in traffic.exchanges)
        seen[name] = Transcript(probe=name, ending=Ending.COMPLETE, exchanges=exchanges, shard=shard)
    whole = Record(Profile(base_url="http://127.0.0.1:1"), seen)

    found = Evaluation(whole, REGISTRY.checks)

    assert len(found.rows["GET-002"].breaches) == breaches
    assert found.observations == sum(len(each.exchanges) for each in seen.values())


def test_an_unclaimed_capability_makes_a_requirement_inapplicable():
    judge = REGISTRY.checks["UPLOAD-009"]
    seen = record(ok("p", "x"), probes=judge.needs, without=frozenset({"files"}))

    found = adjudicate(judge, LEDGER.by_id["UPLOAD-009"], seen)

    assert found.outcome is Outcome.INAPPLICABLE


@pytest.mark.parametrize(("kind", "outcome"), [(Kind.SHAPE, Outcome.INFO), (Kind.SAFETY, Outcome.FAILED)])
def test_a_violation_in_an_unclaimed_capability_fails_only_for_safety(kind: Kind, outcome: Outcome):
    files = frozenset({"files"})
    check = replace(REGISTRY.checks["HISTORY-016"], capabilities=files)
    seen = record(*lossy().exchanges, probes=check.needs, without=files, found=files)

    found = adjudicate(check, replace(LEDGER.by_id["HISTORY-016"], kind=kind), seen)

    assert (found.outcome, found.reason) == (outcome, "history-changed")


def test_a_row_is_counted_in_the_situations_in_which_it_was_judged():
    situations = lossy().row("HISTORY-016").situations

    assert sum(situations.values()) == len(REGISTRY.checks["HISTORY-016"].clauses)
    (situation,) = situations
    assert dict(situation)["turn"] == "second"


def test_a_refusal_cut_by_the_network_does_not_fail_the_target():
    def unknown(closed: Closed) -> Traffic:
        return Traffic().get(task=UNKNOWN, status=404, closed=closed)

    assert unknown(Closed.COMPLETE).reasons("ERROR-015") == {"wrong-code"}
    assert "ERROR-015" not in unknown(Closed.RESET).evaluation().rows


ODD: tuple[Any, ...] = ({"a": []}, [1], 1, None, True, "x", "\ud800")


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("name", ["status", "sessionId", "completedAt", "pendingApprovals", "output"])
def test_no_field_of_another_type_breaks_an_invariant_down(name: str, odd: Any):
    asking = call("one", toolName="t", status="awaiting_approval")
    traffic = Traffic().create("Hi", fields={"autoExecute": False, "env": {"A": "a"}})
    traffic.stream(asking, shown=[user(1, "Hi")], closed="hung-up")
    traffic.get("awaiting_approval", fields={name: odd})
    traffic.approve("one")
    traffic.stream(asking, result("one", "x"), DONE, shown=[user(1, "Hi")])
    traffic.get(fields={name: odd})
    traffic.history(user(1, "Hi", **{name: odd}), told=odd)
    traffic.listing({"id": "t", name: odd})
    traffic.files({"path": odd, "size": odd})
    traffic.say("More")
    traffic.get("running", fields={name: odd})
    traffic.cancel()
    traffic.get("cancelled", fields={name: odd})
    traffic.say("Again", status=409)
    traffic.get("failed", fields={name: odd})

    rows = traffic.evaluation().rows
    assert {row: judged.fault for row, judged in rows.items() if judged.fault} == {}
