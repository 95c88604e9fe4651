"""Each paragraph of reasoning becomes a thought."""

import pytest

from sigmic_mock.model.thoughts import Thoughts


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["One.", "\n", "\nTwo."], [("Thinking", "One."), ("Thinking", "Two.")]),
        (["\n\n", "  "], []),
        (["**Plan** first this"], [("Plan", "first this")]),
        (["**Plan**"], [("Plan", "Plan")]),
        (["**not closed"], [("Thinking", "**not closed")]),
        (["x" * 4001, "y"], [("Thinking", "x" * 4001), ("Thinking", "y")]),
    ],
)
def test_each_paragraph_is_shown_when_it_is_complete(pieces: list[str], expected: list[tuple[str, str]]):
    thoughts = Thoughts()

    shown = [thought for piece in pieces for thought in thoughts.add(piece)]

    assert [*shown, *thoughts.rest()] == expected
    assert thoughts.rest() == ()
