"""The claims that a row counts for, and the status of each claim."""

import pytest

from sigmic_conformance.model.record.verdict import (
    Citation,
    Unproven,
    Verdict,
    failed,
    inapplicable,
    inconclusive,
    passed,
    warned,
)
from sigmic_conformance.registry import load
from sigmic_conformance.results.claims import CLAIMS, ClaimStatus, claims, claims_of
from sigmic_conformance.target.profile import CAPABILITIES
from sigmic_spec.ledger import Ledger

SEEN = Citation(probe="p", exchange=1, label="x", note="seen")
GOOD, BAD = passed("right", SEEN), failed("wrong", expected="this", observed="that")
ODD = warned("odd", expected="this", observed="that")
OPEN, WITHOUT = inconclusive(Unproven.PRECONDITION, "no key"), inapplicable("without")


@pytest.mark.parametrize(
    ("row", "capabilities", "names"),
    [
        ("BEAT-001", (), ("core",)),
        ("BEAT-013", ("approvals",), ("approvals",)),
        ("ARTIFACT-010", ("sessions",), ("files", "sessions")),
        ("AUTH-024", ("widget", "tools"), ("widget",)),
        ("AGENT-002", ("tools",), ("core",)),
    ],
)
def test_a_requirement_counts_for_the_claims_of_its_area_and_capabilities(row, capabilities, names):
    assert claims_of(row, capabilities) == names


@pytest.mark.parametrize(
    ("verdicts", "standing"),
    [
        ([GOOD, GOOD], ClaimStatus.CONFORMANT),
        ([GOOD, ODD], ClaimStatus.CONFORMANT),
        ([GOOD, OPEN], ClaimStatus.CONFORMANT),  # the second row is not binding
        ([OPEN, GOOD], ClaimStatus.UNPROVEN),
        ([GOOD], ClaimStatus.UNPROVEN),
        ([BAD, OPEN], ClaimStatus.BROKEN),
        ([WITHOUT, WITHOUT], ClaimStatus.UNCLAIMED),
    ],
)
def test_a_claim_stands_as_its_rows_do(verdicts: list[Verdict], standing):
    rows = {"GET-001": (), "GET-002": (), "APPROVE-001": ("approvals",)}

    found = claims(rows, dict(zip(rows, verdicts, strict=False)), {"GET-001"})

    assert found["core"].standing is standing
    assert found["core"].of == 2
    assert found["approvals"].standing is ClaimStatus.UNPROVEN


def test_every_claim_has_requirements_and_names_known_areas_and_capabilities():
    ledger = Ledger.load()
    rows = {row: judge.capabilities for row, judge in load(ledger.by_id).checks.items()}

    assert all(each.of > 0 for each in claims(rows, {}, ()).values())
    for areas, capabilities in CLAIMS.values():
        assert areas <= set(ledger.areas)
        assert capabilities <= CAPABILITIES
