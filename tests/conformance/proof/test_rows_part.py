"""The gate over all rows: each is broken by something, or listed with a reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from sigmic_conformance.conformance import proof
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.proof.grading import Finding, Grade
from sigmic_conformance.conformance.proof.page import page
from sigmic_conformance.conformance.proof.part import Part, caught
from sigmic_conformance.conformance.proof.platform import Fault
from sigmic_conformance.conformance.proof.proving import document, exit_code
from sigmic_conformance.conformance.proof.rows_part import BadList, Unbreakable, binds, rows_part, unbreakable
from sigmic_conformance.conformance.proof.server_part import without_reason
from sigmic_conformance.conformance.proof.trial import Bench
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.spec.ledger import Ledger

SCHEMA = Path(proof.__file__).with_name("proof.schema.json")
NOTHING = Unbreakable(reason="no-wrong-answer", tried="every answer")


def bench() -> Bench:
    ledger = Ledger.load()
    return Bench(ledger, load(ledger.by_id))


def kills(*rows: str) -> list[Part]:
    """A part that kills these rows, and one that is not asked."""
    found = [Finding(id=f"kill.{row}", row=row, expected="x", grade=Grade.CAUGHT) for row in rows]
    return [
        caught("server", found),
        Part(name="transient", summary="", problems=()),
    ]


def test_a_row_that_nothing_broke_shuts_the_gate():
    stage = bench()
    all_but_one = [row for row in stage.registry.checks if row != "GET-001"]

    part = rows_part(stage, kills(*all_but_one), {})

    assert part.data["unkilled"] == ["GET-001"]
    assert part.data["unkilled_binding"] == ["GET-001"]
    assert [line.split()[2] for line in part.problems] == ["GET-001"]
    assert exit_code([part]) is ExitCode.SELF_CHECK


def test_when_each_row_is_broken_or_listed_it_opens():
    stage = bench()

    part = rows_part(
        stage, kills(*(row for row in stage.registry.checks if row != "GET-001")), {"GET-001": NOTHING}
    )

    assert part.problems == ()
    assert part.data["unbreakable"] == {"GET-001": "no-wrong-answer"}
    assert part.data["killers"]["GET-002"] == ["kill.GET-002"]


def test_only_a_kill_for_the_declared_reason_counts():
    other = [
        caught("server", [Finding(id="x", row="GET-001", expected="x", grade=grade)])
        for grade in Grade
        if grade is not Grade.CAUGHT
    ]

    assert "GET-001" in rows_part(bench(), other, {}).data["unkilled"]


def test_a_listed_row_that_was_broken_or_is_not_judged_is_a_problem():
    listed = {"GET-001": NOTHING, "GET-999": NOTHING}

    problems = rows_part(bench(), kills("GET-001"), listed).problems

    assert any(line.startswith("not unbreakable  GET-001") and "kill.GET-001" in line for line in problems)
    assert any(line.startswith("not tested  GET-999") for line in problems)


def test_the_gate_is_in_the_file_and_on_the_page():
    part = rows_part(bench(), kills("GET-001"), {"GET-002": NOTHING})
    written = json.loads(
        json.dumps(
            document(
                [Part(name="healthy", summary="", problems=()), part],
                started_at=datetime.now(UTC),
                only=None,
                suite="1",
            )
        )
    )

    assert list(jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(written)) == []
    assert "kill.GET-001" in page(written)
    assert "GET-002: no-wrong-answer" in page(written)


def test_the_published_list_names_judged_rows_and_declared_reasons():
    assert set(unbreakable()) <= set(bench().registry.checks)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{reason: because, tried: all}", "no reason 'because'"),
        ("{reason: dull, tried: ' '}", "does not say what was tried"),
    ],
)
def test_a_reason_of_ones_own_is_refused(tmp_path: Path, row: str, said: str):
    path = tmp_path / "list.yaml"
    path.write_text(f"reasons: {{dull: It is dull.}}\nrows: {{GET-001: {row}}}\n")

    with pytest.raises(BadList, match=said):
        unbreakable(path)


def test_a_must_of_the_documentation_binds():
    stage = bench()
    chosen = next(row.id for row in stage.ledger.requirements if row.evidence == "chosen")

    assert binds(stage, "GET-001")
    assert not binds(stage, chosen)


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
