"""The agent's answer in one stream, read so that no documented way to send it counts as wrong.

A target cuts the text where it likes, sends pieces or the text so far (G-47), and may repeat it at the end.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.redaction import PLACEHOLDER
from sigmic_conformance.wire.stream_events import StreamEvent

_LONG = 10
"""A text of this length is not repeated by chance."""


def _grow(texts: Sequence[str]) -> bool:
    return all(later.startswith(earlier) for earlier, later in pairwise(texts))


def _without_repetition(contents: Iterable[StreamEvent], before: str = "") -> str:
    """The text of content events, without one that is not partial and repeats the pieces before it."""
    whole, pieces = "", before
    for event in contents:
        text, is_last = json_values.word(event.get("text")), event.get("isPartial") is False
        repeats = text == pieces or (len(text) >= _LONG and pieces.endswith(text))
        whole += "" if is_last and repeats else text
        pieces = "" if is_last else pieces + text
    return whole


class StreamedAnswer:
    """The text of a turn in one stream: what was saved when the reader joined, then live content events."""

    def __init__(self, begun: str, live: Sequence[StreamEvent]) -> None:
        self.begun = begun
        """The answer so far, if the last saved message of a running task has it (G-49); else empty."""
        self._live = live
        self._contents = tuple(event for event in live if event.type == "content")

    @cached_property
    def pieces(self) -> list[str]:
        """The texts of the live content events."""
        return [text for event in self._contents if isinstance(text := event.get("text"), str)]

    @cached_property
    def sent(self) -> str:
        """All live pieces, one after the other, as a client shows them that appends each."""
        return "".join(self.pieces)

    @cached_property
    def joined(self) -> str:
        """The text that was saved before, then all live pieces."""
        return self.begun + self.sent

    @cached_property
    def grows(self) -> bool:
        """True if its pieces may be the text so far and not deltas (G-47)."""
        pieces = [piece for piece in self.pieces if piece]
        return len(pieces) > 1 and _grow(pieces)

    @cached_property
    def text(self) -> str:
        """Its live text: each piece, or one that is not partial, may repeat those before it (G-47)."""
        if self.grows:
            return next(piece for piece in reversed(self.pieces) if piece)
        blocks = self._between_tools()
        if any(len("".join(each[:-1])) >= _LONG for each in blocks) and all(map(_grow, blocks)):
            return "".join(each[-1] for each in blocks)
        return _without_repetition(self._contents, self.begun)

    def _between_tools(self) -> list[list[str]]:
        """The pieces before, between and after tools, without empty ones."""
        blocks: list[list[str]] = [[]]
        for event in self._live:
            if event.type in {"tool_call", "tool_result"}:
                blocks.append([])
            elif event.type == "content" and (text := json_values.word(event.get("text"))):
                blocks[-1].append(text)
        return [each for each in blocks if each]

    @cached_property
    def closing(self) -> tuple[StreamEvent, ...]:
        """The content events since the last tool result; all of them if no tool ran."""
        return self._content_since("tool_result")

    @property
    def endings(self) -> set[str]:
        """Readings of its live text since the last tool (X-04), or a rejected call without result (G-65)."""
        found: set[str] = set()
        for since in (self.closing, self._content_since("tool_call", "tool_result")):
            texts = [text for event in since if (text := json_values.word(event.get("text")))]
            found |= {"".join(texts), _without_repetition(since), *(texts[-1:] if _grow(texts) else ())}
        return found

    def _content_since(self, *types: str) -> tuple[StreamEvent, ...]:
        found: list[StreamEvent] = []
        for event in self._live:
            if event.type in types:
                found.clear()
            elif event.type == "content":
                found.append(event)
        return tuple(found)

    @property
    def closing_words(self) -> Iterator[tuple[StreamEvent, list[str]]]:
        """The closing events with the text that each adds, without the secrets in it.

        Whether a target masks a printed secret, and in which views, is open (V-07): only the text before and
        after it is common to all views.
        """
        added = self._growth() if self.grows else {}
        closing = [event for event in self.closing if not self.grows or event.number in added]
        texts = [added.get(event.number, json_values.word(event.get("text"))) for event in closing]
        secrets = [found.span() for found in PLACEHOLDER.finditer("".join(texts))]
        end = 0
        for event, text in zip(closing, texts, strict=True):
            at, end = end, end + len(text)
            inside = [
                (max(first, at), min(last, end)) for first, last in secrets if first < end and last > at
            ]
            edges = [at, *(edge for span in inside for edge in span), end]
            yield (
                event,
                [text[first - at : last - at] for first, last in zip(edges[::2], edges[1::2], strict=True)],
            )

    def _growth(self) -> dict[int, str]:
        """What each piece of a growing text adds to the one before, by the number of its event.

        The first is left out: what it has may be from before the last tool.
        """
        filled = [
            (event.number, text)
            for event in self._contents
            if isinstance(text := event.get("text"), str) and text
        ]
        return {number: text[len(before) :] for (_, before), (number, text) in pairwise(filled)}

    def may_be(self, content: str) -> bool:
        """True if some reading of it is this text: in deltas or as the text so far (G-47).

        The part in a saved message (G-49) may be sent again or not. An answer may be all the text, or only
        the text since the last tool (X-04), which may be a rejected call without a result (G-65). A reader
        that joined later may have got the text before and after that tool as one (G-48).
        """
        before = self.joined.removesuffix(content)
        if content and before != self.joined:
            in_the_first = len(before) < len("".join(self.pieces[:1])) and before[-1:].isspace()
            if self.begun or in_the_first:
                return True
        whole = {self.sent, self.joined, self.text, self.begun + self.text}
        return content in whole | self.endings | {*self.pieces[-1:]}

    def is_in_other_words(self, content: str) -> bool:
        """True if the pieces are not contained in this text, which is worded separately (X-04)."""
        at = 0
        for piece in self.pieces:
            found = content.find(piece, at)
            if found < 0:
                return True
            at = found + len(piece)
        return False
