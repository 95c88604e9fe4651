"""Display of foreign text in a terminal."""

import pytest

from sigmic_mock.domain.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 👍\n\tline", "plain é 漢 👍\n\tline"),
        ("\x1b]0;pwned\x07\x1b[31mred", "⟨U+001B⟩]0;pwned⟨U+0007⟩⟨U+001B⟩[31mred"),
        ("\x9b31m\r\x08\x00\x7f", "⟨U+009B⟩31m⟨U+000D⟩⟨U+0008⟩⟨U+0000⟩⟨U+007F⟩"),
        ("\u202egnp.exe\u2066", "⟨U+202E⟩gnp.exe⟨U+2066⟩"),
        ("\ud800", "⟨U+D800⟩"),
    ],
)
def test_unsafe_terminal_characters_are_shown_as_code_points(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert visible(shown) == shown
