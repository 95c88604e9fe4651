"""Reassemble the texts of a body from the pieces in which they were sent.

A text may be cut by lines, by JSON escapes and by events: `text` of successive `content` events. Pieces are
collected by their JSON member, whatever is between them, and refer back to their place in the body. It reads
bytes of any kind: a body that is not JSON has no such pieces, only its lines.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

_STRING = re.compile(rb'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)("?)([ \t]*:)?')
"""A JSON string, possibly without its end, and whether it names a member."""
_ESCAPED = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.", re.DOTALL)
_UNIT = re.compile(_ESCAPED.pattern + rb"|.", re.DOTALL)
_PLAIN = {rb"\"": b'"', rb"\\": b"\\", rb"\/": b"/", rb"\n": b"", rb"\r": b"", rb"\t": b"\t"}
_LINE = re.compile(rb"[^\r\n]+")
_DATA = re.compile(rb"^data: ?([^\r\n]*)", re.MULTILINE)
_TEXTS = frozenset({b"text", b"content", b"description", b"subject", b"output", b"result", b"message"})
"""Members with an agent's text and output: their pieces are also joined to one text."""

Found = tuple[int, int, bytes]
"""Start and end of a string in a body, and its content."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text: its place in the body, and its content, without line breaks."""

    start: int
    end: int
    text: bytes

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
    """All pieces of a text joined; `is_open` if it may continue after the body's end."""

    whole: bytes
    pieces: Callable[[], Sequence[Piece]]
    is_open: bool = False


def growing(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """The pieces that the next one repeats, last first: the number and the length of each."""
    for number, (earlier, later) in reversed([*enumerate(pairwise(pieces))]):
        if earlier.text and later.text.startswith(earlier.text):
            yield number, len(earlier.text)


def texts_of(body: bytes) -> Iterator[Text]:
    """Every text of a body: those of JSON members first, then its lines."""
    # JSON has no NUL byte: a body with one is a file.
    if b'"' in body and b"\0" not in body:
        yield from _members(body)
    if b"data:" in body:
        yield Text(b"".join(_DATA.findall(body)), partial(_pieces, _DATA, body, 1))
    yield Text(body.translate(None, b"\r\n"), partial(_pieces, _LINE, body, 0))


def _members(body: bytes) -> Iterator[Text]:
    members: dict[bytes, list[Found]] = {}
    said: list[Found] = []
    name = b""
    for found in _STRING.finditer(body):
        written, quote, colon = found.groups()
        if colon and quote:
            name = written
            continue
        each = (found.start(1), found.end(1), _said(written))
        members.setdefault(name, []).append(each)
        if name in _TEXTS:
            said.append(each)
    yield Text(b"".join([text for _, _, text in said]), partial(_of_json, said), is_open=True)
    for strings in members.values():
        yield Text(b"".join([text for _, _, text in strings]), partial(_of_json, strings))


def _of_json(strings: Sequence[Found]) -> list[Piece]:
    return [Piece(*each) for each in strings]


def _pieces(form: re.Pattern[bytes], body: bytes, group: int) -> list[Piece]:
    return [Piece(*found.span(group), found[group]) for found in form.finditer(body)]


def _said(written: bytes) -> bytes:
    """The content of a JSON string, without line breaks."""
    if b"\\" not in written:
        return written
    try:
        # In one step: escape by escape, a large answer would block the event loop of the probes.
        text: str = json.loads(b'"' + written + b'"', strict=False)
    except ValueError:  # the string is not valid JSON
        return _ESCAPED.sub(_unescaped, written)
    return text.replace("\n", "").replace("\r", "").encode(errors="surrogatepass")


def _unescaped(found: re.Match[bytes]) -> bytes:
    plain = _PLAIN.get(found[0])
    if plain is not None:
        return plain
    try:
        character = json.loads(b'"' + found[0] + b'"')
    except ValueError:
        return found[0]
    return b"" if character in {"\n", "\r"} else str(character).encode(errors="surrogatepass")
