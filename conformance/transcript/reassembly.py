"""The texts of a body, put together again from the pieces in which they were told.

A text may be cut by lines, by JSON escapes and by events: `text` of one `content` event after another. Pieces
are gathered by the member that they stand under, whatever stands between, and lead back to their place in the
body. It reads bytes of any kind: a body that is no JSON has no such pieces, only its lines.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_STRING = re.compile(rb'"((?:[^"\\\r\n]|\\.)*)("?)([ \t]*:)?')
"""A string of JSON, also one whose end is missing, and whether it names a member."""
_ESCAPED = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.", re.DOTALL)
_UNIT = re.compile(_ESCAPED.pattern + rb"|.", re.DOTALL)
_PLAIN = {rb"\"": b'"', rb"\\": b"\\", rb"\/": b"/", rb"\n": b"", rb"\r": b"", rb"\t": b"\t"}
_LINE = re.compile(rb"[^\r\n]+")
_DATA = re.compile(rb"^data: ?([^\r\n]*)", re.MULTILINE)
_TEXTS = frozenset({b"text", b"content", b"description", b"subject", b"output", b"result", b"message"})
"""Members that tell what an agent says and prints: read as one text, too."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: its place in the body, and what it says there, without line breaks."""

    start: int
    end: int
    text: bytes
    is_json: bool = False

    def place(self, body: bytes, first: int, last: int) -> tuple[int, int]:
        """Where in the body the bytes `text[first:last]` are, line breaks within them included."""
        if self.end - self.start == len(self.text):
            return self.start + first, self.start + last
        at, begin = 0, None
        for unit in _UNIT.finditer(body, self.start, self.end):
            size = len(_said(unit[0]))
            if size and begin is None and at + size > first:
                begin = unit.start()
            at += size
            if at >= last:
                return begin if begin is not None else unit.start(), unit.end()
        return begin if begin is not None else self.end, self.end


@dataclass(frozen=True, slots=True)
class Text:
    """Pieces that are one text; `is_open` where it may go on after the body's end."""

    pieces: tuple[Piece, ...]
    is_open: bool = False

    @property
    def whole(self) -> bytes:
        """All pieces joined."""
        return b"".join(piece.text for piece in self.pieces)

    def growing(self) -> Iterator[tuple[int, int]]:
        """The pieces that the next one repeats, last first: the number and the length of each."""
        for number, (earlier, later) in reversed([*enumerate(pairwise(self.pieces))]):
            if earlier.text and later.text.startswith(earlier.text):
                yield number, len(earlier.text)


def texts_of(body: bytes) -> Iterator[Text]:
    """Every text of a body: those of JSON members first, then its lines."""
    members: dict[bytes, list[Piece]] = {}
    said: list[Piece] = []
    name = b""
    for found in _STRING.finditer(body):
        if found[3] is not None and found[2]:
            name = found[1]
            continue
        piece = Piece(*found.span(1), _said(found[1]), is_json=True)
        members.setdefault(name, []).append(piece)
        if name in _TEXTS:
            said.append(piece)
    yield Text(tuple(said), is_open=True)
    yield from (Text(tuple(pieces)) for pieces in members.values())
    yield Text(tuple(Piece(*found.span(1), found[1]) for found in _DATA.finditer(body)))
    yield Text(tuple(Piece(*found.span(), found[0]) for found in _LINE.finditer(body)))


def _said(written: bytes) -> bytes:
    """What is written inside a string of JSON, without line breaks."""
    return _ESCAPED.sub(_unescaped, written) if b"\\" in written else written


def _unescaped(found: re.Match[bytes]) -> bytes:
    plain = _PLAIN.get(found[0])
    if plain is not None:
        return plain
    try:
        character = json.loads(b'"' + found[0] + b'"')
    except ValueError:
        return found[0]
    return b"" if character in {"\n", "\r"} else str(character).encode(errors="surrogatepass")
