"""The generated pages are complete."""

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.reference_pages import errors_page


def test_every_code_has_its_row_and_a_handler_that_returns_it():
    rows = [line for line in errors_page().splitlines() if line.startswith("| `")]

    assert {row.split("`")[1] for row in rows} == {code.value for code in ErrorCode}
    assert [row for row in rows if row.endswith("|  |")] == []
