from dataclasses import replace

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import Unproven, failed, inconclusive
from sigmic_conformance.reports.five_lines import Asked, finding, group
from tests.conformance.kit import exchange

ASKED = Asked(
    id="GET-001", statement="`id` equals the id in the path.", source="tasks/get", evidence="documented"
)
WRONG = failed("other-id", cite(exchange(), "id 0"), expected="id 47 (the id in the path)", observed="id 0")


def test_a_violation_takes_five_lines():
    verdict = replace(WRONG, others=23, situation=(("reader", "several"), ("state", "pending")))

    assert list(finding(ASKED, verdict).lines()) == [
        "GET-001  failed (other-id): `id` equals the id in the path.",
        "    expected  id 47 (the id in the path) [documented: tasks/get]",
        "    observed  id 0",
        "    where     exchange 1 of p, GET /api/v1/tasks/t; and in 23 other exchanges",
        "    situation reader=several, state=pending",
    ]


def test_the_usual_situation_and_a_repeated_statement_are_left_out():
    found = finding(ASKED, replace(WRONG, expected=ASKED.statement))

    assert found.text("expected") == "as stated [documented: tasks/get]"
    assert found.text("situation") == ""


def test_an_unproven_requirement_names_what_is_missing_and_what_to_type():
    verdict = inconclusive(Unproven.BUDGET, "left_out: the time was spent")

    found = finding(ASKED, verdict, target="http://127.0.0.1:1")

    assert found.text("missing") == "left_out: the time was spent"
    assert found.text("to do").endswith(
        "; then: sigmic-conformance run --target http://127.0.0.1:1 -k GET-001"
    )


def test_several_unproven_requirements_share_one_command():
    found = group(inconclusive(Unproven.BUDGET, "spent"), "spent", ["GET-001", "GET-002"], folder="reports")

    assert found.text("which") == "GET-001, GET-002"
    assert found.text("to do").endswith("; then: sigmic-conformance run --rerun-failed reports")


def test_the_texts_of_a_target_stay_one_harmless_line():
    evil = "\n::error::x\x1b[2J"

    lines = list(finding(ASKED, replace(WRONG, expected=evil, observed=evil)).lines())

    assert all(line.isprintable() for line in lines)
    assert not any("::error" in line.replace("⟨U+003A⟩:", "") for line in lines)
