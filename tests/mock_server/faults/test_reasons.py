"""The claim that a row declares: read, shown, and refused where it makes no sense."""

import pytest

from sigmic_conformance.mock_server.faults import catalogue

ROW = {
    "id": "x.y",
    "class": "violation",
    "row": "GET-001",
    "effect": "cancel.ignored",
    "learns": "A sentence.",
    "drive": "get",
}


def test_a_declared_claim_is_read_and_shown():
    fault = catalogue._fault({**ROW, "reason": "other-id"}, "rows.yaml")

    assert fault.reason == "other-id"
    assert fault.as_json()["reason"] == "other-id"


def test_weather_declares_none():
    assert catalogue._fault({**ROW, "class": "weather"}, "rows.yaml").reason is None


@pytest.mark.parametrize("reason", ["Other id", "", 7, "other_id", "-x", None])
def test_what_is_no_claim_is_refused_with_file_and_row(reason: object):
    with pytest.raises(ValueError, match=r"rows\.yaml: x\.y: reason must be a claim"):
        catalogue._fault({**ROW, "reason": reason}, "rows.yaml")


def test_only_a_violation_has_one():
    with pytest.raises(ValueError, match="only a violation"):
        catalogue._fault({**ROW, "class": "weather", "reason": "other-id"}, "rows.yaml")
