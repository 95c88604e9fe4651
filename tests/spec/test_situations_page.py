"""The page of situations shows every value and every exclusion."""

from sigmic_spec.situations import Situations
from sigmic_spec.situations_page import page

SITUATIONS = Situations.load()
PAGE = page(SITUATIONS)


def test_every_value_has_a_row_with_its_sentence():
    missing = [
        f"{name}={value}"
        for name, dimension in SITUATIONS.dimensions.items()
        for value, sentence in dimension.values.items()
        if f"| `{value}` | {sentence} |" not in PAGE
    ]

    assert missing == []


def test_impossible_pairs_are_listed_with_the_reason():
    assert "| `turn=first` | `session=live` | No earlier turn can have run in the session. |" in PAGE
    assert PAGE.count("` | `") == len(SITUATIONS.impossible)
