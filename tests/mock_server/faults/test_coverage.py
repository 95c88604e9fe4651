"""Every requirement that a judge can decide has a violation: the judge is proven on each."""

from collections import defaultdict

from sigmic_conformance.mock_server.faults.catalogue import load_catalogue
from sigmic_conformance.mock_server.faults.fault import FaultClass
from sigmic_conformance.spec.ledger import Ledger

VIOLATIONS = [fault for fault in load_catalogue().values() if fault.kind is FaultClass.VIOLATION]


def test_every_row_that_is_judged_has_a_violation():
    broken = {fault.row for fault in VIOLATIONS}
    whole = [row.id for row in Ledger.load().requirements if row.untestable is None and row.id not in broken]

    assert whole == [], "add a violation of each in mock_server/faults/rows/"


def test_every_violation_declares_how_it_is_met_and_what_a_judge_must_report():
    silent = defaultdict(list)
    for fault in VIOLATIONS:
        for key in ("drive", "reason"):
            if not getattr(fault, key):
                silent[fault.id].append(key)

    assert silent == {}, "add these keys in mock_server/faults/rows/"
