"""How text becomes deltas: cut at token-like places, and paced as a model is.

No chance: a jitter follows from the message and from the place in the answer, so that the same message always
has the same deltas at the same times.
"""

import re
import zlib
from collections.abc import Iterator
from itertools import islice

from sigmic_mock.agent.turn import Turn
from sigmic_mock.runtime.pace import OFF, Pace

PIECE_CHARACTERS = 24
MOST_PIECES = 200
_DELTAS_PER_SECOND = 60.0
"""At a higher rate a delta has several tokens, as those of real models have."""
_THINKS_FASTER = 3.0
"""Of a thought only the end is seen: it is thought faster than it could be read."""
_CLUSTER = r"\S(?:\u200d\S|[\u0300-\u036f\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff])*"
_TOKEN = re.compile(rf"[ \t]?(?:[A-Za-z\u00c0-\u024f]{{1,6}}|\d{{1,3}}|{_CLUSTER})|\s+")
_MIX = 0x9E3779B1


def tokens(text: str) -> Iterator[str]:
    """Yield a text in token-like pieces: a short word, half of a long one, a mark. Nothing is lost."""
    return (found[0] for found in _TOKEN.finditer(text))


def in_pieces(text: str) -> Iterator[str]:
    """Yield a text in the pieces of an answer without a pace: some words each, not too many pieces."""
    size = max(PIECE_CHARACTERS, -(-len(text) // MOST_PIECES))
    start = 0
    for token in _TOKEN.finditer(text):
        length = token.start() - start
        if length >= 2 * size or (length >= size and token[0][0].isspace()):
            yield text[start : token.start()]
            start = token.start()
    if start < len(text):
        yield text[start:]


class Pacer:
    """Lets time pass between the events that the agent shows in one turn."""

    def __init__(self, turn: Turn, pace: Pace = OFF) -> None:
        self._turn = turn
        self._pace = pace
        self._seed = zlib.crc32(turn.message.content[:4_000].encode("utf-8", "replace"))
        self._count = 0

    def pieces(self, text: str) -> Iterator[str]:
        """Yield a text in the deltas of this pace."""
        if self._pace.is_off:
            return in_pieces(text)
        together = max(1, round(self._pace.rate / _DELTAS_PER_SECOND))
        return _joined(tokens(text), together)

    async def before_anything(self) -> None:
        """Wait before the first thought or text of a turn."""
        await self._linger(self._pace.first)

    async def before_more(self) -> None:
        """Wait before text or a tool, behind a tool or a thought."""
        await self._linger(self._pace.pause)

    async def before_piece(self, piece: str) -> None:
        """Wait before a delta that follows another."""
        if not self._pace.is_off:
            await self._linger(_count(piece) / self._pace.rate)

    async def before_thought(self, thought: str) -> None:
        """Wait for the duration of a thought."""
        if not self._pace.is_off:
            await self._linger(_count(thought[:4_000]) / self._pace.rate / _THINKS_FASTER)

    async def _linger(self, seconds: float) -> None:
        if self._pace.is_off or not seconds:
            return
        self._count += 1
        chance = (zlib.crc32(self._count.to_bytes(4, "big"), self._seed) * _MIX % 2**32) / 2**32
        await self._turn.linger(round(seconds * (1 + self._pace.jitter * (2 * chance - 1)), 4))


def _count(text: str) -> int:
    return max(1, sum(1 for _ in tokens(text)))


def _joined(each: Iterator[str], together: int) -> Iterator[str]:
    while piece := "".join(islice(each, together)):
        yield piece
