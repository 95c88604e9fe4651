"""Every requirement that a judge can decide has a violation: the judge is proven on each."""

from sigmic_conformance.mock_server.faults.catalogue import load_catalogue
from sigmic_conformance.mock_server.faults.fault import FaultClass
from sigmic_conformance.spec.ledger import Ledger

VIOLATIONS = [fault for fault in load_catalogue().values() if fault.kind is FaultClass.VIOLATION]


def test_every_row_has_a_violation():
    proven = {fault.row for fault in VIOLATIONS}
    rows = [row.id for row in Ledger.load().requirements if row.untestable is None]

    todo = [
        f"{row} has no violation: add one in mock_server/faults/rows/" for row in rows if row not in proven
    ]
    assert todo == []


def test_every_violation_says_how_it_shows_and_what_a_judge_must_report():
    todo = [
        f"{fault.id} ({fault.row}) has no `{key}:` in mock_server/faults/rows/"
        for fault in VIOLATIONS
        for key in ("drive", "reason")
        if not getattr(fault, key)
    ]

    assert todo == []
