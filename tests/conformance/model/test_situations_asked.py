"""No clause of a documented requirement is evaluated in a situation that no page describes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.spec import strict_yaml
from sigmic_conformance.spec.ledger import Evidence, Level
from tests.conformance.kit import LEDGER, REGISTRY

TREE = strict_yaml.read(Path(__file__).with_name("situations_asked.yaml").read_text())
SITUATIONS: dict[str, dict[str, Any]] = TREE["situations"]
ASKED: dict[str, list[str]] = TREE["clauses"]
BINDING = {Evidence.DOCUMENTED, Evidence.INHERITED}


Situation = Mapping[str, Any]


def is_open(situation: Situation) -> bool:
    """Return True if every fact about the situation is a gap or a contradiction."""
    tags = [LEDGER.facts[fact].tags for fact in situation["facts"]]
    return all(each & {"gap", "contradiction"} and "documented" not in each for each in tags)


def binds(row: str) -> bool:
    requirement = LEDGER.by_id[row]
    return requirement.level is Level.MUST and requirement.evidence in BINDING


def may_be_asked(row: str, situation: Situation) -> bool:
    named = set(situation["facts"]) & set(LEDGER.by_id[row].facts)
    return not binds(row) or not is_open(situation) or bool(named) or "premise" in situation


def test_every_clause_that_binds_says_in_which_situations_it_is_asked():
    clauses = {f"{check.id} {each.name}" for check in REGISTRY.checks.values() for each in check.clauses}
    missing = {name for name in clauses - ASKED.keys() if binds(name.partition(" ")[0])}
    to_write = [f"  {name}: [own task]" for name in sorted(missing)]

    assert to_write == [], "write under `clauses:` in situations_asked.yaml, with the right situations"
    assert ASKED.keys() - clauses == set(), "delete the lines of clauses that are gone"
    assert all(ASKED.values())


def test_every_situation_is_known_and_used():
    assert {situation for each in ASKED.values() for situation in each} == SITUATIONS.keys()


def test_what_covers_a_situation_exists():
    facts = {fact for each in SITUATIONS.values() for fact in each["facts"]}
    premises = {each["premise"] for each in SITUATIONS.values() if "premise" in each}

    assert facts - LEDGER.facts.keys() == set()
    assert premises - set(Premise.__members__) == set()


@pytest.mark.parametrize("invariant", ASKED)
def test_no_documented_requirement_is_asked_where_no_page_speaks(invariant: str):
    row = invariant.partition(" ")[0]

    assert [situation for situation in ASKED[invariant] if not may_be_asked(row, SITUATIONS[situation])] == []


@pytest.mark.parametrize(
    ("row", "situation", "may"),
    [
        ("APPROVE-004", {"facts": ["G-64"]}, False),
        ("APPROVE-013", {"facts": ["G-64"]}, True),
        ("ERROR-029", {"facts": ["G-78"]}, False),
        ("ERROR-029", {"facts": ["G-78", "2.8/NOT_FOUND"]}, True),
        ("CREATE-009", {"facts": ["G-11"]}, True),
        ("CANCEL-007", {"facts": ["G-72"], "premise": "WAITING_CANCELS"}, True),
    ],
)
def test_the_rule(row: str, situation: Situation, *, may: bool):
    assert may_be_asked(row, situation) is may
