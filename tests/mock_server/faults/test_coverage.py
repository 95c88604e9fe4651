"""The catalogue and the ledger cover each other, and every fault is visible on the wire in some situation."""

import re
from pathlib import Path

import pytest

from sigmic_conformance.registry import load
from sigmic_mock.faults.catalogue import load_catalogue
from sigmic_mock.faults.fault import FaultClass
from sigmic_spec.ledger import Ledger
from tests.mock_server.faults import test_legal_faults, test_mcp_transient

ROOT = Path(__file__).parents[3]
OF_SERVERS = "tests/mock_server/faults/test_mcp_transient.py"
ROWS = "mock_server/sigmic_mock/faults/rows/"
FAULTS = load_catalogue().values()
SHOWN = {*test_legal_faults.SHOWN, *test_mcp_transient.SHOWN}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.load()


def test_every_row_has_a_violation(ledger: Ledger):
    proven = {fault.row for fault in FAULTS if fault.kind is FaultClass.VIOLATION}
    rows = [row.id for row in ledger.requirements if row.untestable is None]

    todo = [f"{row} has no violation: add one in {ROWS}" for row in rows if row not in proven]
    assert todo == []


def test_every_fault_names_a_requirement_of_the_ledger_and_its_lesson(ledger: Ledger):
    known = ledger.by_id

    assert [fault.id for fault in FAULTS if fault.row not in known or len(fault.learns) <= 10] == []


def test_a_fault_that_a_client_must_survive_says_what_goes_wrong_and_what_to_change():
    survived = [fault for fault in FAULTS if fault.kind is not FaultClass.VIOLATION]
    anchors = {
        f"docs/guides/correct-your-client.md#{line[3:].strip().lower().replace(' ', '-')}"
        for line in (ROOT / "docs/guides/correct-your-client.md").read_text("utf-8").splitlines()
        if line.startswith("## ")
    }

    assert [each.id for each in survived if len(re.findall(r"[.](?= [A-Z]|$)", each.learns)) != 2] == []
    assert {each.guide for each in survived} == anchors


def test_every_violation_is_met_by_prove_and_every_other_fault_by_a_test(ledger: Ledger):
    """`prove` fails if a violation does not fire, or if the check gives another reason."""
    checked = load(ledger.by_id).checks
    todo = [
        f"{fault.id}: {fault.row} has no check, so `prove` does not try it: write one in the suite's checks/"
        for fault in FAULTS
        if fault.kind is FaultClass.VIOLATION and fault.row not in checked
    ] + [
        f"{fault.id}: nothing shows what it does: add it to SHOWN in {OF_SERVERS}"
        for fault in FAULTS
        if fault.kind is not FaultClass.VIOLATION and fault.id not in SHOWN
    ]

    assert todo == []
