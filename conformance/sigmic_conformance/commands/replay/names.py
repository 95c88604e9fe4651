"""Map the names of the recorded run to those that the target gives now: ids, tokens, calls. Pure.

A recorded request names the recorded task. When it is sent again, it must name the task that the server has
created this time: each answer is compared with the recorded one, and its new names replace the old.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Exchange

NAMES = frozenset({"id", "sessionId", "conversationId", "taskId", "callId", "token"})
"""The members of answers and events with names that the server gives."""
SHORTEST = 4


class Names:
    """Recorded names, and the current names that replace them."""

    def __init__(self) -> None:
        self._now: dict[str, str] = {}

    def learn(self, then: Exchange, now: Exchange) -> None:
        """Compare the recorded and the new answer to a request, and learn the new names."""
        for old, new in zip(_named(then), _named(now), strict=False):
            if old != new and len(old) >= SHORTEST:
                self._now.setdefault(old, new)

    def put(self, text: str) -> str:
        """The text with the current names; longer ones are replaced first, as one may be part of another."""
        for old in sorted(self._now, key=len, reverse=True):
            text = text.replace(old, self._now[old])
        return text

    def put_into_target(self, target: str) -> str:
        """A request target with the current names; a name in its path may be percent-encoded."""
        path, mark, query = target.partition("?")
        parts = ((part, unquote(part)) for part in path.split("/"))
        named = (quote(self._now[name], safe="") if name in self._now else part for part, name in parts)
        return "/".join(named) + mark + self.put(query)

    def put_into(self, value: Any) -> Any:
        """A JSON value with the current names."""
        if isinstance(value, str):
            return self.put(value)
        if isinstance(value, list):
            return [self.put_into(each) for each in value]
        if isinstance(value, dict):
            return {key: self.put_into(each) for key, each in value.items()}
        return value


def _named(exchange: Exchange) -> Iterator[str]:
    """The names in an answer, or in a stream's events, in their order."""
    if exchange.is_stream:
        for event in Stream(exchange).events:
            yield from _within(event.payload)
    else:
        yield from _within(exchange.json())


def _within(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in NAMES and isinstance(inner, str):
                yield inner
            else:
                yield from _within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _within(inner)
