import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest

from lab.prove import part
from lab.prove.grading import Grade, TriedViolation
from lab.prove.page import page
from lab.prove.part import Part, ProofOptions, Stopped, caught, each, until_caught
from lab.prove.proving import document, exit_code
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome

SCHEMA = Path(part.__file__).with_name("proof.schema.json")
KILL = TriedViolation(
    id="code.not-found",
    row="ERROR-013",
    expected="wrong-code",
    grade=Grade.CAUGHT,
    outcome=Outcome.FAILED,
    reason="wrong-code",
    observed="<script>alert(1)</script>",
    fired=2,
    met="project",
    probes=("unknown_task",),
    changed={"ERROR-029": ((Outcome.PASSED, None), (Outcome.FAILED, "wrong-code"))},
)
MISS = TriedViolation(
    id="x.y", row="GET-001", expected="other-id", grade=Grade.MISSED, outcome=Outcome.PASSED
)
ALONE = TriedViolation(id="x.z", row="GET-002", expected=None, grade=Grade.UNJUDGED)
HEALTHY = Part(name="healthy", summary="all hold", problems=())


def proof(*findings: TriedViolation) -> dict:
    parts = [HEALTHY, caught("server", findings)]
    return document(parts, started_at=datetime.now(UTC), only=(), suite="1")


def test_a_missed_violation_fails_the_proof_and_names_the_expected_reason():
    part = caught("server", [MISS, KILL, ALONE])

    assert part.summary == "1 of 2 caught (1 missed); 1 fault without a check"
    assert exit_code([HEALTHY, part]) is ExitCode.SELF_CHECK
    assert "x.y" in part.problems[0]
    assert "wanted other-id" in part.problems[0]


def test_kills_alone_open_it():
    assert exit_code([HEALTHY, caught("server", [KILL, ALONE])]) is ExitCode.OK


@pytest.mark.parametrize("findings", [(KILL,), (KILL, MISS, ALONE)])
def test_the_document_fits_its_schema_and_ends_with_its_footer(findings: tuple[TriedViolation, ...]):
    written = json.loads(json.dumps(proof(*findings)))

    assert list(jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(written)) == []
    assert list(written)[-1] == "complete"


def test_a_document_without_its_footer_is_none():
    cut = proof(KILL)
    del cut["complete"]

    assert list(jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).iter_errors(cut))


def test_the_page_loads_nothing_and_runs_no_script_from_a_server():
    text = page(json.loads(json.dumps(proof(KILL, MISS))))

    assert "<script>alert" not in text
    assert "default-src &#x27;none&#x27;" in text
    assert " src=" not in text
    assert "code.not-found" in text
    assert "The suite is not proven." in text


def test_items_are_done_side_by_side_and_kept_in_order():
    said: list[str] = []

    assert each(ProofOptions((), 3, said.append), [3, 1, 2], lambda number: number * 2) == [6, 2, 4]
    assert said[-1] == "3 of 3"


def test_an_error_in_one_item_ends_all_items():
    def do(number: int) -> float:
        return 1 / number

    with pytest.raises(ZeroDivisionError):
        each(ProofOptions((), 2, lambda _: None), [1, 0, 2], do)


def test_only_uncaught_violations_are_tried_again_without_hurry():
    met: list[tuple[str, bool]] = []

    def meet(id: str, /, *, hurried: bool) -> TriedViolation:
        met.append((id, hurried))
        good = id == "quick" or (id == "slow" and not hurried)
        return replace(KILL if good else MISS, id=id, seconds=1.0)

    found = until_caught(ProofOptions((), 1, lambda _: None), ["never", "quick", "slow"], meet)

    assert [(each.id, each.grade) for each in found] == [
        ("never", Grade.MISSED),
        ("quick", Grade.CAUGHT),
        ("slow", Grade.CAUGHT),
    ]
    assert met == [("never", True), ("quick", True), ("slow", True), ("never", False), ("slow", False)]
    assert [each.seconds for each in found] == [2.0, 1.0, 2.0]


def test_a_proof_that_was_given_up_begins_nothing_more():
    plan = ProofOptions((), 1, lambda _: None)
    done: list[int] = []

    def do(number: int) -> None:
        done.append(number)
        plan.stop.set()

    with pytest.raises(Stopped):
        each(plan, [1, 2, 3], do)
    assert done == [1]
