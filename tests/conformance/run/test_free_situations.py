"""A row does not fail in a situation that no page covers: its verdict then depends on a premise."""

import pytest

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from tests.conformance.handwritten import DONE, HI, Traffic
from tests.conformance.kit import call, result, verdicts

ASKING = {"autoExecute": False}


def asks(name: str) -> bytes:
    return call(name, toolName="shell", status="awaiting_approval")


@verdicts(("proceed_once", Outcome.FAILED), ("cancel", Outcome.INFO))
def test_a_call_approved_beside_a_rejected_call_must_run(also: str) -> Verdict:
    traffic = Traffic().create("Hi", fields=ASKING).at(4.0).approve("one")
    traffic.approve("two", also)
    traffic.at(1.0).stream(asks("one"), asks("two"), result("two", "x"), DONE, shown=[HI], step=1.5)
    return traffic.verdict("APPROVE-003")


@verdicts(("proceed_once", Outcome.FAILED), ("cancel", Outcome.INFO))
def test_whether_a_task_waits_on_when_a_call_is_rejected(outcome: str) -> Verdict:
    traffic = Traffic().create("Hi", fields=ASKING)
    traffic.stream(asks("one"), asks("two"), shown=[HI], closed="hung-up")
    traffic.approve("two", outcome)
    traffic.get("completed")
    return traffic.verdict("APPROVE-002")


@verdicts(({}, Outcome.FAILED), (ASKING, Outcome.INFO))
def test_whether_a_waiting_task_can_be_cancelled(fields: dict[str, bool]) -> Verdict:
    traffic = Traffic().create("Hi", fields=fields).cancel(status=409, code="CONFLICT")
    traffic.get("running")
    return traffic.verdict("CANCEL-007")


@verdicts(("running", Outcome.FAILED), ("cancelled", Outcome.INFO))
def test_whether_a_cancelled_task_keeps_its_files(status: str) -> Verdict:
    traffic = Traffic().create("Hi").get("running")
    if status == "cancelled":
        traffic.cancel()
    traffic.files(status=404)
    return traffic.verdict("ARTIFACT-009")


@pytest.mark.parametrize(("shown", "outcome"), [(True, Outcome.FAILED), (False, Outcome.INFO)])
def test_whether_a_hidden_task_is_in_lists(*, shown: bool, outcome: Outcome):
    traffic = Traffic().create("Hi", fields={"showInHistory": shown}).listing()

    assert traffic.verdict("LIST-014").outcome is outcome
