"""The reference page is what the catalogue says."""

from pathlib import Path

from sigmic_conformance.mock_server.faults.page import page

ROOT = Path(__file__).parents[3]


def test_the_reference_page_is_generated_from_the_catalogue():
    assert (ROOT / "docs/reference/faults.md").read_text("utf-8") == page()
