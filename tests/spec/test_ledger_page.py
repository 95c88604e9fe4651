"""The pages of requirements and facts: every id is an anchor, and every link has a target."""

import re

from sigmic_spec.ledger import Ledger
from sigmic_spec.ledger_page import facts_page, requirements_page

LEDGER = Ledger.load()
REQUIREMENTS = requirements_page(LEDGER)
FACTS = facts_page(LEDGER)


def anchors(page: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)"></a>', page)


def row(page: str, name: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f'| <a id="{name}"></a>{name} |'))


def test_every_requirement_and_every_fact_is_an_anchor_once():
    assert sorted(anchors(REQUIREMENTS)) == sorted(LEDGER.by_id)
    assert sorted(anchors(FACTS)) == sorted([*LEDGER.facts, *(each.id for each in LEDGER.choices)])


def test_a_gap_shows_the_requirement_that_decides_it_and_the_choices_that_it_leaves():
    shown = row(FACTS, "G-47")

    assert LEDGER.by_id["EVENT-018"].statement in shown
    assert shown.index("**[EVENT-018](requirements.md#EVENT-018)**") < shown.index(
        LEDGER.by_id["EVENT-018"].statement
    )
    assert "[second-approval](#second-approval)" in row(FACTS, "G-64")


def test_a_fact_without_a_row_says_why():
    assert row(FACTS, "11/script-tags").endswith("| *widget-only* |")
