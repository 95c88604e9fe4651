"""The page of measures is what its table makes."""

from pathlib import Path

from sigmic_conformance.load.measures_page import page

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_table_makes():
    assert (ROOT / "docs" / "reference" / "load-measures.md").read_text() == page()
