"""The generated pages are those that were committed."""

from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.errors import ErrorCode
from sigmic_conformance.mock_server.reference_pages import PAGES, errors_page

FOLDER = Path(__file__).parents[2] / "docs/reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str):
    assert (FOLDER / name).read_text() == PAGES[name]()


def test_every_code_has_its_row_and_somebody_who_answers_it():
    rows = [line for line in errors_page().splitlines() if line.startswith("| `")]

    assert {row.split("`")[1] for row in rows} == {code.value for code in ErrorCode}
    assert [row for row in rows if row.endswith("|  |")] == []
