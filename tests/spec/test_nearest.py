"""The nearest name: found for a short word among few names, and not searched otherwise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmic_spec.nearest import LONGEST, MOST_NAMES, hint, hint_of_known, nearest, nearest_few


def test_the_nearest_names_come_first() -> None:
    assert nearest("limt", ["offset", "limit"]) == "limit"
    assert nearest("xyz", ["offset", "limit"]) is None
    assert nearest_few("abc", ["abd", "abcd", "zzz"], 3) == ["abcd", "abd"]
    assert hint("limt", ["limit"]) == "; did you mean limit?"
    assert hint("xyz", ["limit"]) == ""
    assert hint("xyz", ["limit"], otherwise="; see --help") == "; see --help"
    assert hint_of_known("limt", ["limit", "offset"]) == "; did you mean limit?"
    assert hint_of_known("xyz", ["limit", "offset"]) == "; known: limit, offset"
    assert hint_of_known("xyz", []) == "; known: none"


@pytest.mark.parametrize(
    ("word", "near"), [("fork", "fork_workspace"), ("Tasks", "list_tasks"), ("ork", None), ("_", None)]
)
def test_a_name_that_contains_the_word_is_near_if_none_is_similar(word: str, near: str | None) -> None:
    assert nearest(word, ["fork_workspace", "list_tasks", "journal"]) == near


def test_no_more_is_compared_than_a_word_with_a_few_names() -> None:
    seen: list[int] = []

    def names() -> Iterator[str]:
        for number in range(MOST_NAMES * 2):
            seen.append(number)
            yield f"name-{number}"

    assert nearest("nam", names()) is not None
    assert len(seen) == MOST_NAMES
    assert nearest("n" * (LONGEST + 1), names()) is None
    assert nearest("n", ["n" * (LONGEST + 1)], cutoff=0) is None
    assert len(seen) == MOST_NAMES


@pytest.mark.parametrize("word", ["", "n" * LONGEST])
def test_the_limits_are_words_too(word: str) -> None:
    assert nearest(word, [word, "m"]) == word


def test_no_other_module_searches_for_a_similar_name() -> None:
    root = Path(__file__).parents[2]
    sources = [
        path
        for part in ("spec", "mock_server", "conformance", "load")
        for path in (root / part).rglob("*.py")
    ]

    assert {path.name for path in sources if "get_close_matches" in path.read_text("utf-8")} == {"nearest.py"}
