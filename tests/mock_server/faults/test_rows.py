"""What a violation alone declares, its claim and where it breaks its sentence: read, shown, else refused."""

import pytest

from sigmic_conformance.mock_server.faults import catalogue

ROW = {
    "id": "x.y",
    "class": "violation",
    "row": "GET-001",
    "breaks": "everywhere",
    "effect": "cancel.ignored",
    "learns": "A sentence.",
}
WEATHER = {name: value for name, value in ROW.items() if name != "breaks"} | {"class": "transient"}


def test_a_declared_claim_is_read_and_shown():
    fault = catalogue._fault({**ROW, "reason": "other-id"}, "rows.yaml")

    assert fault.reason == "other-id"
    assert fault.as_json()["reason"] == "other-id"


def test_weather_declares_none():
    assert catalogue._fault(WEATHER, "rows.yaml").reason is None


@pytest.mark.parametrize("reason", ["Other id", "", 7, "other_id", "-x", None])
def test_what_is_no_claim_is_refused_with_file_and_row(reason: object):
    with pytest.raises(ValueError, match=r"rows\.yaml: x\.y: reason must be a claim"):
        catalogue._fault({**ROW, "reason": reason}, "rows.yaml")


def test_only_a_violation_has_one():
    with pytest.raises(ValueError, match="allowed for violations only"):
        catalogue._fault({**WEATHER, "reason": "other-id"}, "rows.yaml")


@pytest.mark.parametrize("breaks", [{"state": "completed"}, "everywhere"])
def test_where_a_violation_breaks_its_sentence_is_read(breaks: object):
    fault = catalogue._fault({**ROW, "reason": "other-id", "breaks": breaks}, "rows.yaml")

    assert fault.breaks == ({} if breaks == "everywhere" else breaks)


@pytest.mark.parametrize("breaks", [None, {}, "", "somewhere", {"weather": "fine"}])
def test_a_violation_of_which_nobody_considered_it_is_refused(breaks: object):
    with pytest.raises(ValueError, match=r"rows\.yaml: x\.y: (breaks must be|unknown conditions)"):
        catalogue._fault({**ROW, "reason": "other-id", "breaks": breaks}, "rows.yaml")


def test_only_a_violation_breaks_one():
    with pytest.raises(ValueError, match="allowed for violations only"):
        catalogue._fault({**WEATHER, "breaks": "everywhere"}, "rows.yaml")
