"""Every requirement that can fail somebody else's platform has a violation: the judge is proven on each."""

import re

import pytest

from mock_server.faults.catalogue import load_catalogue
from mock_server.faults.fault import Fault, FaultClass
from spec.ledger import Evidence, Ledger, Level, Requirement

VIOLATIONS = [fault for fault in load_catalogue().values() if fault.kind is FaultClass.VIOLATION]
BINDING = [
    row
    for row in Ledger.load().requirements
    if row.level is Level.MUST
    and row.evidence in {Evidence.DOCUMENTED, Evidence.INHERITED}
    and row.untestable is None
]
WITHOUT: dict[str, str] = {}
"""Rows that have none, and why. It may only shrink."""
MOST_WITHOUT = 0


def test_every_binding_requirement_has_a_violation():
    broken = {fault.row for fault in VIOLATIONS}

    assert {row.id for row in BINDING} - broken == set(WITHOUT)


def test_what_is_excused_has_a_reason_and_does_not_grow():
    assert len(WITHOUT) <= MOST_WITHOUT
    assert all(len(reason) > 10 for reason in WITHOUT.values())


@pytest.mark.parametrize("row", BINDING, ids=lambda row: row.id)
def test_a_violation_of_the_row_can_be_armed_without_parameters(row: Requirement):
    mine = [fault for fault in VIOLATIONS if fault.row == row.id]

    assert mine or row.id in WITHOUT
    assert all(fault.drive for fault in mine)


@pytest.mark.parametrize("fault", VIOLATIONS, ids=lambda fault: fault.id)
def test_a_declared_claim_is_one_a_judge_can_report(fault: Fault):
    assert fault.reason is None or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.reason)
