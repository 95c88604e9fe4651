"""A number with its noun in singular or plural."""

import pytest

from sigmic_spec.plural import plural


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1_000_000, "1,000,000 entries")]
)
def test_the_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert plural(number, "entry", "entries") == text
    assert plural(number, "row") == text.replace("entries", "rows").replace("entry", "row")
