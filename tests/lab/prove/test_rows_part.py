"""The gate over all rows: a violation breaks each of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs

from lab import prove as proof
from lab.prove.grading import Grade, TriedViolation
from lab.prove.page import page
from lab.prove.part import Part, caught
from lab.prove.platform import Fault
from lab.prove.proving import document, exit_code
from lab.prove.rows_part import rows_part
from lab.prove.trial import ProofContext
from lab.prove.violations import without_reason
from sigmic_conformance.exit_codes import ExitCode
from tests.conformance.kit import LEDGER, REGISTRY

SCHEMA = Path(proof.__file__).with_name("proof.schema.json")
BENCH = ProofContext(LEDGER, REGISTRY)


def kills(*rows: str) -> list[Part]:
    """A part whose violations break these rows, and a part without violations."""
    found = [TriedViolation(id=f"kill.{row}", row=row, expected="x", grade=Grade.CAUGHT) for row in rows]
    return [
        caught("server", found),
        Part(name="transient", summary="", problems=()),
    ]


def test_a_row_that_nothing_broke_shuts_the_gate():
    all_but_one = [row for row in REGISTRY.checks if row != "GET-001"]

    part = rows_part(BENCH, kills(*all_but_one))

    assert part.data["unkilled"] == ["GET-001"]
    assert [line.split()[2] for line in part.problems] == ["GET-001"]
    assert exit_code([part]) is ExitCode.SELF_CHECK
    assert rows_part(BENCH, kills(*REGISTRY.checks)).problems == ()


def test_only_a_kill_for_the_declared_reason_counts():
    other = [
        caught("server", [TriedViolation(id="x", row="GET-001", expected="x", grade=grade)])
        for grade in Grade
        if grade is not Grade.CAUGHT
    ]

    assert "GET-001" in rows_part(BENCH, other).data["unkilled"]


def test_the_gate_is_in_the_file_and_on_the_page():
    parts = [Part(name="healthy", summary="", problems=()), rows_part(BENCH, kills("GET-001"))]
    written = json.loads(json.dumps(document(parts, started_at=datetime.now(UTC), only=(), suite="1")))

    assert list(jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(written)) == []
    assert "kill.GET-001" in page(written)


def test_a_violation_without_a_declared_claim_is_a_problem():
    fault = Fault(
        id="a.b",
        kind="violation",
        row="GET-001",
        effect="",
        parameters={},
        where={},
        learns="",
        reason="other-id",
    )

    assert without_reason([fault]) == []
    assert "a.b" in without_reason([replace(fault, reason=None)])[0]
