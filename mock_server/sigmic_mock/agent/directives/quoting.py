"""Quoted text in a message: fences, `inline code`, "quotation marks". Its content is unchanged byte for byte.

A directive is matched against the message with each quotation replaced by a mark, so that nothing inside a
quotation is ever taken for words of the message. Reading stays linear in the length of the message.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

MARK = "\ue000{}\ue001"
QUOTED = "\ue000[0-9]+\ue001"
"""A pattern for the mark of one quotation."""
_MARK = re.compile("\ue000([0-9]+)\ue001")
_OPENS = re.compile(
    r"(?P<fence>[ \t]{0,3}(?P<ticks>`{3,}|~{3,})[^`\n]{0,80}\n)|(?P<code>`+)|(?P<quote>[\"“])"
)
_CLOSING = {'"': '"', "“": "”"}
_BEFORE_QUOTE = re.compile(r"[\s:(]\Z|\A\Z")
_AFTER_QUOTE = re.compile(r"[\s.,;:!?)]|\Z")


@dataclass(frozen=True, slots=True)
class Quotation:
    """`text` is the content, `source` the quotation as it stands in the message."""

    text: str
    source: str
    is_fence: bool = False

    @property
    def line(self) -> str:
        """The text without the line break before the end of a fence."""
        return self.text.removesuffix("\n").removesuffix("\r") if self.is_fence else self.text


class Masked:
    """A message; `text` has marks for quotations, `has_marks` if the message itself contains some."""

    def __init__(self, message: str) -> None:
        self._message = message
        self.has_marks = "\ue000" in message or "\ue001" in message
        self._runs: dict[int, list[int]] = defaultdict(list)
        """Where runs of so many backticks begin."""
        for run in re.finditer("`+", message):
            self._runs[len(run[0])].append(run.start())
        self._unclosed: dict[str, int] = {}
        """By closing mark, a line's end before which it does not close a quotation."""
        self._quotations: list[Quotation] = []
        self.text = "".join(self._pieces())

    def quotations(self, marks: str) -> list[Quotation]:
        """Return the quotations whose marks are in a piece of `text`."""
        return [self._quotations[int(found[1])] for found in _MARK.finditer(marks)]

    def source(self, piece: str) -> str:
        """Return a piece of `text` as it stands in the message."""
        return _MARK.sub(lambda found: self._quotations[int(found[1])].source, piece)

    def _pieces(self) -> Iterator[str]:
        at = 0
        while opens := _OPENS.search(self._message, at):
            quotation = self._fence(opens) or self._code(opens) or self._quote(opens)
            if quotation is None:
                end = opens.start() + max(1, len(opens["code"] or ""))
                yield self._message[at:end]
            else:
                yield self._message[at : opens.start()]
                yield MARK.format(len(self._quotations))
                self._quotations.append(quotation)
                end = opens.start() + len(quotation.source)
            at = end
        yield self._message[at:]

    def _fence(self, opens: re.Match[str]) -> Quotation | None:
        """Return a fenced block; unclosed, it runs to the end of the message."""
        if not opens["fence"]:
            return None
        ticks, start = opens["ticks"], opens.end()
        closing = re.compile(rf"^[ \t]{{0,3}}{ticks[0]}{{{len(ticks)},}}[ \t]*\r?$", re.MULTILINE)
        closed = closing.search(self._message, start)
        until, end = (closed.start(), closed.end()) if closed else (len(self._message),) * 2
        return Quotation(self._message[start:until], self._message[opens.start() : end], is_fence=True)

    def _code(self, opens: re.Match[str]) -> Quotation | None:
        """Return inline code: it ends at the next run of as many backticks."""
        ticks = len(opens["code"] or "")
        places = self._runs[ticks] if ticks else []
        following = bisect_right(places, opens.start())
        if following == len(places):
            return None
        inside = self._message[opens.end() : places[following]]
        source = self._message[opens.start() : places[following] + ticks]
        if ticks > 1 and inside[:1] == inside[-1:] == " " and inside.strip():
            inside = inside[1:-1]
        return Quotation(inside, source)

    def _quote(self, opens: re.Match[str]) -> Quotation | None:
        """Return text in quotation marks: they stand at the edges of words, on one line."""
        closing, start = _CLOSING.get(opens["quote"] or ""), opens.end()
        if closing is None or start <= self._unclosed.get(closing, 0):
            return None
        if not _BEFORE_QUOTE.search(self._message[max(0, opens.start() - 1) : opens.start()]):
            return None
        end = self._message.find("\n", start)
        end = len(self._message) if end < 0 else end
        found = self._message.find(closing, start, end)
        while found >= 0 and not _AFTER_QUOTE.match(self._message, found + 1):
            found = self._message.find(closing, found + 1, end)
        if found < 0:
            self._unclosed[closing] = end
            return None
        return Quotation(self._message[start:found], self._message[opens.start() : found + 1])
