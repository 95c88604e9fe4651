"""A refusal counts only together with its accepted control."""

import pytest

from sigmic_conformance.model.record.controls import is_refusal, refusals, refused
from sigmic_conformance.model.record.finding import Findings
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.wire.transcript import Closed, Exchange
from tests.conformance.kit import P, exchange, found_by, record, verdicts


def answer(status: int | None, code: str = "NO", label: str = "bad", **more) -> Exchange:
    success = status is not None and status < 300
    body = (
        {"success": True, "data": {}}
        if success
        else {"success": False, "error": {"code": code, "message": "m"}}
    )
    return exchange(status=status, body=body, label=label, **more)


CONTROL = answer(200, label="twin", number=9)


def refused_beside(*exchanges: Exchange, control: Exchange = CONTROL, **more) -> Verdict:
    def clause(_: Record) -> Findings:
        return refusals(exchanges, control=lambda: control, expected="4xx", **more)

    return found_by(clause, record(*exchanges, control))


@pytest.mark.parametrize("status", [400, 404, 499])
def test_a_4xx_beside_an_accepted_control_holds(status):
    assert refused_beside(answer(status)).outcome is Outcome.PASSED


@verdicts(
    (answer(200), "accepted"),
    (answer(299), "accepted"),
    (answer(500), "server-error"),
    (answer(302), "server-error"),
    (answer(None, closed=Closed.RESET), "no-answer"),
    (answer(400, closed=Closed.DEADLINE), "wrong-code"),
)
def test_anything_else_does_not_and_says_why(made):
    return refused_beside(made)


@verdicts(
    (401, "A", "passed"), (401, "B", "wrong-code"), (403, "A", "wrong-status"), (500, "A", "server-error")
)
def test_a_status_and_codes_can_be_asked_for(status, code):
    return refused_beside(answer(status, code), status=401, codes=frozenset({"A"}))


@pytest.mark.parametrize("closed", [Closed.RESET, Closed.TRUNCATED])
def test_a_refusal_that_the_network_cut_off_is_not_counted(closed):
    cut = answer(400, closed=closed)

    assert refused_beside(cut).reason == "zero-observations"
    assert refused_beside(cut, answer(400)).outcome is Outcome.PASSED
    assert refused_beside(answer(200, closed=closed)).reason == "accepted"
    # The answers after the one that was cut off are checked too.
    assert refused_beside(cut, answer(200)).reason == "accepted"


@pytest.mark.parametrize("control", [answer(400), answer(500), answer(200, closed=Closed.TRUNCATED)])
def test_without_an_accepted_control_only_an_accepted_request_counts(control):
    assert refused_beside(answer(400), control=control).reason == "control-failed"
    assert refused_beside(answer(400), answer(200), control=control).reason == "accepted"
    assert refused_beside(answer(400), control=control).evidence[0].exchange == control.number


def by_label(*labels: str, control: str = "twin") -> Verdict:
    """The verdict on the refusals with these labels, of a record with a refusal and two accepted requests."""
    seen = record(answer(400, number=1), answer(200, label="worse", number=2), CONTROL)
    return found_by(lambda each: refused(each, P, labels, control=control, expected="4xx"), seen)


@verdicts(
    (["bad"], "passed"), (["bad", "worse"], "accepted"), (["bad", "other"], "blocked"), (["other"], "blocked")
)
def test_all_exchanges_with_these_labels_are_refused(labels):
    return by_label(*labels)


@verdicts((["bad"], "blocked"), (["bad", "worse"], "accepted"), (["worse", "other"], "accepted"))
def test_an_accepted_request_is_reported_although_the_control_is_missing(labels):
    return by_label(*labels, control="gone")


@pytest.mark.parametrize(
    ("made", "holds"),
    [
        (answer(400), True),
        (answer(404), False),
        (answer(400, "OTHER"), False),
        (answer(400, closed=Closed.TRUNCATED), False),
        (answer(200), False),
    ],
)
def test_a_refusal_is_a_complete_error_with_the_expected_status_and_code(made, holds):
    assert is_refusal(made, status=400, codes=frozenset({"NO"})) is holds
    assert is_refusal(answer(404)) is True
