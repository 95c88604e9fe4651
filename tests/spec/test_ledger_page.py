"""The pages of requirements and facts: every id is an anchor, and every link has a target."""

import posixpath
import re

from sigmic_spec.ledger import Ledger
from sigmic_spec.ledger_page import facts_pages, requirements_pages

LEDGER = Ledger.load()
REQUIREMENTS = requirements_pages(LEDGER)
FACTS = facts_pages(LEDGER)
PAGES = {f"requirements/{name}": page for name, page in REQUIREMENTS.items()} | {
    f"facts/{name}": page for name, page in FACTS.items()
}
LINK = re.compile(r"\]\(([^)#]+)(?:#([^)]+))?\)")


def anchors(page: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)"></a>', page)


def row(pages: dict[str, str], name: str) -> str:
    lines = [line for page in pages.values() for line in page.splitlines()]
    return next(line for line in lines if line.startswith(f'| <a id="{name}"></a>{name} |'))


def test_every_requirement_and_every_fact_is_an_anchor_once():
    assert sorted(anchors("".join(REQUIREMENTS.values()))) == sorted(LEDGER.by_id)
    assert sorted(anchors("".join(FACTS.values()))) == sorted(
        [*LEDGER.facts, *(each.id for each in LEDGER.choices)]
    )


def test_a_requirement_is_on_the_page_of_its_area():
    assert "STREAM-026" in anchors(REQUIREMENTS["stream.md"])


def test_every_link_between_the_pages_leads_to_a_row():
    lost = [
        (name, path, anchor)
        for name, page in PAGES.items()
        for path, anchor in LINK.findall(page)
        if (target := posixpath.normpath(posixpath.join(posixpath.dirname(name), path))) not in PAGES
        or (anchor and anchor != "reasons" and anchor not in anchors(PAGES[target]))
    ]

    assert lost == []


def test_a_gap_shows_the_requirement_that_decides_it_and_the_choices_that_it_leaves():
    shown = row(FACTS, "G-47")

    assert LEDGER.by_id["EVENT-018"].statement in shown
    assert shown.index("**[EVENT-018](../requirements/event.md#EVENT-018)**") < shown.index(
        LEDGER.by_id["EVENT-018"].statement
    )
    assert "[second-approval](choices.md#second-approval)" in row(FACTS, "G-64")


def test_a_fact_without_a_row_says_why():
    assert row(FACTS, "11/script-tags").endswith("| *widget-only* |")
