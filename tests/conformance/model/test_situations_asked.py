"""No clause of a documented requirement is asked in a situation of which no page speaks."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.conformance import probes
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.spec import strict_yaml
from sigmic_conformance.spec.ledger import Evidence, Level
from tests.conformance.kit import LEDGER, REGISTRY

TREE = strict_yaml.read(Path(__file__).with_name("situations_asked.yaml").read_text())
SITUATIONS: dict[str, dict[str, Any]] = TREE["situations"]
ASKED: dict[str, list[str]] = TREE["clauses"]
REQUESTS: dict[str, list[str]] = TREE["requests"]
BINDING = {Evidence.DOCUMENTED, Evidence.INHERITED}


def is_open(situation: str) -> bool:
    """True where every fact about it is a gap, or a contradiction."""
    tags = [LEDGER.facts[fact].tags for fact in SITUATIONS[situation]["facts"]]
    return all(each & {"gap", "contradiction"} and "documented" not in each for each in tags)


def may_be_asked(row: str, situation: str) -> bool:
    requirement = LEDGER.by_id[row]
    binds = requirement.level is Level.MUST and requirement.evidence in BINDING
    named = set(SITUATIONS[situation]["facts"]) & set(requirement.facts)
    return not binds or not is_open(situation) or bool(named) or "premise" in SITUATIONS[situation]


def test_every_clause_says_in_which_situations_it_is_asked():
    clauses = {f"{check.id} {each.name}" for check in REGISTRY.checks.values() for each in check.clauses}
    to_write = [f"  {name}: [own task]" for name in sorted(clauses - ASKED.keys())]

    assert to_write == [], "write under `clauses:` in situations_asked.yaml, with the right situations"
    assert ASKED.keys() - clauses == set(), "delete the lines of clauses that are gone"
    assert all(ASKED.values())


def test_every_situation_is_known_and_used():
    asked = [*ASKED.values(), *REQUESTS.values()]

    assert {situation for each in asked for situation in each} == SITUATIONS.keys()


def said(node: ast.AST) -> Iterator[str]:
    """A text, or the pattern of one, with `{}` for what is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)


def test_the_requests_are_those_of_probes():
    texts = {
        text
        for path in Path(probes.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for text in said(node)
    }
    known = {request.partition(": ")[::2] for request in REQUESTS}

    assert {probe for probe, _ in known} - REGISTRY.probes.keys() == set()
    assert {label for _, label in known} - texts == set()


def test_what_covers_a_situation_exists():
    facts = {fact for each in SITUATIONS.values() for fact in each["facts"]}
    premises = {each["premise"] for each in SITUATIONS.values() if "premise" in each}

    assert facts - LEDGER.facts.keys() == set()
    assert premises - set(Premise.__members__) == set()


@pytest.mark.parametrize("invariant", ASKED)
def test_no_documented_requirement_is_asked_where_no_page_speaks(invariant: str):
    row = invariant.partition(" ")[0]

    assert [situation for situation in ASKED[invariant] if not may_be_asked(row, situation)] == []


@pytest.mark.parametrize(
    ("row", "situation", "may"),
    [
        ("APPROVE-004", "further answer", False),
        ("APPROVE-013", "further answer", True),
        ("ERROR-029", "refusal of a hostile path", False),
        ("CREATE-009", "empty message", True),
        ("CANCEL-007", "cancel while waiting", True),
    ],
)
def test_the_rule(row: str, situation: str, *, may: bool):
    assert may_be_asked(row, situation) is may
