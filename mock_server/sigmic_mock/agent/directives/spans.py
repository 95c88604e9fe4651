"""Quoted text in a message: fences, inline code, quotation marks. Its content is unchanged byte for byte.

Reading a whole message stays linear: the results of searches for a closing mark are cached.
"""

import re
from dataclasses import dataclass

FENCE_OPENS = re.compile(r"[ \t]{0,3}(?P<ticks>`{3,20}|~{3,20})(?![`~])[ \t]*(?P<info>[^`\r\n]{0,80})\r?\n")
CODE_OPENS = re.compile(r"`{1,20}(?!`)")
QUOTES = {'"': '"', "“": "”", "'": "'", "\u2018": "\u2019", "«": "»", "„": "“"}
AFTER_QUOTE = re.compile(r"[\s.,;:!?)\]]|\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of quoted text: `text` is its content, `end` where the quotation ends in the message."""

    text: str
    end: int
    is_fence: bool = False
    is_quoted: bool = True

    @property
    def line(self) -> str:
        """The text without the line break before the end of a fence."""
        return self.text.removesuffix("\n").removesuffix("\r") if self.is_fence else self.text


class Spans:
    """Finds the quoted text of one message."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closings: dict[str, tuple[int, int, int]] = {}

    def fence(self, at: int) -> Span | None:
        """Return the fenced block whose opening line starts at `at`; unclosed, it runs to the end."""
        opening = FENCE_OPENS.match(self._text, at)
        if opening is None:
            return None
        ticks, start = opening["ticks"], opening.end()
        closing = re.compile(rf"^[ \t]{{0,3}}{re.escape(ticks[0])}{{{len(ticks)},}}[ \t]*\r?$", re.MULTILINE)
        closed = closing.search(self._text, start)
        if closed is None:
            return Span(self._text[start:], len(self._text), is_fence=True)
        return Span(self._text[start : closed.start()], closed.end(), is_fence=True)

    def code(self, at: int) -> Span | None:
        """Return the inline code that opens at `at`: it ends at the next run of as many backticks."""
        opening = CODE_OPENS.match(self._text, at)
        if opening is None:
            return None
        ticks = opening[0]
        closed = re.compile(rf"(?<!`){ticks}(?!`)").search(self._text, opening.end())
        if closed is None:
            return None
        inside = self._text[opening.end() : closed.start()]
        if len(ticks) > 1 and inside[:1] == inside[-1:] == " " and inside.strip():
            inside = inside[1:-1]
        return Span(inside, closed.end())

    def quotation(self, at: int) -> Span | None:
        """Return the quotation that opens at `at`; it closes where a word ends, on the same line."""
        closing = QUOTES.get(self._text[at : at + 1])
        if closing is None:
            return None
        found = self._closing(closing, at + 1)
        return Span(self._text[at + 1 : found], found + 1) if found >= 0 else None

    def quoted(self, at: int) -> Span | None:
        """Return inline code or a quotation that opens at `at`."""
        return self.code(at) or self.quotation(at)

    def _closing(self, mark: str, start: int) -> int:
        low, high, known = self._closings.get(mark, (0, -1, -1))
        if low <= start <= high:
            return known
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end
        found = self._text.find(mark, start, end)
        while found >= 0 and not AFTER_QUOTE.match(self._text, found + 1):
            found = self._text.find(mark, found + 1, end)
        self._closings[mark] = (start, found if found >= 0 else end, found)
        return found
