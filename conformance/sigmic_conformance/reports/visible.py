"""Show a target's bytes readably and safely: they must not hide or reorder the text around them.

Pure. `visible` keeps letters of every script, line feeds and tabs; every character without a visible glyph is
shown by its code point. `harmless` is for terminals and the logs of a CI, which also obey printable text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_spec.plural import plural

WIDTH = 16
"""Bytes in a line of a hex dump."""
_COMMAND = re.compile(r"^(\s*):(?=:)|(?<=#)#(?=\w*\[)")
"""Starts of commands: `::` after blanks (GitHub), `##[` anywhere (GitHub), `##vso[` (Azure) and the like."""


def visible(text: str) -> str:
    """The text with controls, bidirectional marks, lone surrogates and the like escaped."""
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(_shown(character) for character in text)


def harmless(text: str) -> str:
    """The text as one visible line that no CI reads as a command."""
    line = visible(text).replace("\n", _code_point("\n"))
    return _COMMAND.sub(lambda found: f"{found[1] or ''}{_code_point(found[0][-1])}", line)


def cut(text: str, length: int) -> str:
    """At most `length` characters, with a note of how many were left out."""
    left_out = len(text) - length
    return text if left_out <= 0 else f"{text[:length]}… ({plural(left_out, 'character')} left out)"


def one_line(text: str, length: int) -> str:
    """The text in one harmless line of at most `length` characters."""
    words = harmless(" ".join(text.split()))
    return words if len(words) <= length else f"{words[: length - 1]}…"


def decoded(data: bytes) -> str:
    r"""Bytes as text; those that are not UTF-8 become `\xNN`."""
    return data.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class HexLine:
    """Sixteen bytes: their offset, and for each its two digits, its character, whether it is marked."""

    offset: int
    cells: tuple[tuple[str, str, bool], ...]


def hex_lines(data: bytes, *, start: int, mark: tuple[int, int] | None = None) -> Iterator[HexLine]:
    """The bytes in lines of sixteen; `start` is the first one's offset, `mark` the first and last to mark."""
    for first in range(0, len(data), WIDTH):
        yield HexLine(
            start + first,
            tuple(
                (
                    f"{byte:02x}",
                    chr(byte) if chr(byte).isascii() and chr(byte).isprintable() else "·",
                    mark is not None and mark[0] <= start + first + place <= mark[1],
                )
                for place, byte in enumerate(data[first : first + WIDTH])
            ),
        )


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return _code_point(character)


def _code_point(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"
