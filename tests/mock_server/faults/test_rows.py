"""What a violation alone declares, its claim and where it breaks its sentence: read, shown, else refused."""

import pytest

from sigmic_conformance.mock_server.faults import catalogue

ROW = {
    "id": "x.y",
    "row": "GET-001",
    "breaks": "everywhere",
    "effect": "cancel.ignored",
    "learns": "A sentence.",
}
TRANSIENT = {name: value for name, value in ROW.items() if name != "breaks"}


def test_a_declared_claim_is_read_and_shown():
    fault = catalogue.read_row({**ROW, "reason": "other-id"}, "get.yaml", 7)

    assert fault.reason == "other-id"
    assert fault.as_json()["reason"] == "other-id"


def test_a_transient_fault_declares_none():
    assert catalogue.read_row(TRANSIENT, "transient.yaml", 7).reason is None


@pytest.mark.parametrize("reason", ["Other id", "", 7, "other_id", "-x", None])
def test_what_is_no_claim_is_refused_with_file_and_row(reason: object):
    with pytest.raises(ValueError, match=r"get\.yaml:7: x\.y: reason must be a claim"):
        catalogue.read_row({**ROW, "reason": reason}, "get.yaml", 7)


def test_only_a_violation_has_one():
    with pytest.raises(ValueError, match="allowed for violations only"):
        catalogue.read_row({**TRANSIENT, "reason": "other-id"}, "transient.yaml", 7)


@pytest.mark.parametrize("breaks", [{"state": "completed"}, "everywhere"])
def test_where_a_violation_breaks_its_sentence_is_read(breaks: object):
    fault = catalogue.read_row({**ROW, "reason": "other-id", "breaks": breaks}, "get.yaml", 7)

    assert fault.breaks == ({} if breaks == "everywhere" else breaks)


@pytest.mark.parametrize("breaks", [None, {}, "", "somewhere", {"weather": "fine"}])
def test_a_violation_of_which_nobody_considered_it_is_refused(breaks: object):
    with pytest.raises(ValueError, match=r"get\.yaml:7: x\.y: (breaks must be|unknown conditions)"):
        catalogue.read_row({**ROW, "reason": "other-id", "breaks": breaks}, "get.yaml", 7)


def test_only_a_violation_breaks_one():
    with pytest.raises(ValueError, match="allowed for violations only"):
        catalogue.read_row({**TRANSIENT, "breaks": "everywhere"}, "transient.yaml", 7)


def test_a_row_in_the_file_of_another_area_is_refused_with_the_one_it_belongs_in():
    with pytest.raises(ValueError, match=r"stat\.yaml:7: x\.y: a violation of GET-001 belongs in get\.yaml"):
        catalogue.read_row({**ROW, "reason": "other-id"}, "stat.yaml", 7)
