"""Every requirement that a judge can decide has a violation: the judge is proven on each."""

import pytest

from sigmic_conformance.mock_server.faults.catalogue import load_catalogue
from sigmic_conformance.mock_server.faults.fault import FaultClass
from sigmic_conformance.spec.ledger import Ledger, Requirement

VIOLATIONS = [fault for fault in load_catalogue().values() if fault.kind is FaultClass.VIOLATION]


@pytest.mark.parametrize(
    "row", [row for row in Ledger.load().requirements if row.untestable is None], ids=lambda row: row.id
)
def test_a_row_has_a_violation_that_declares_what_a_judge_must_report(row: Requirement):
    mine = [fault for fault in VIOLATIONS if fault.row == row.id]

    assert mine
    assert all(fault.drive and fault.reason for fault in mine)
