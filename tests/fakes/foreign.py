"""Replace parts of answers: JSON members of any type, bodies that are not JSON, unusual headers."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e308, 10**400, float("nan"), "", "x", "\ud800", "2026-13-45T00:00:00Z"),
    *("0001-01-01T00:00:00", "9999-12-31T23:59:59.999-23:59", "2026-01-26T15:50:54.870Z"),
    *([], [None], [[]], ["a"], [{}], [1, "a", None], {}, {"a": []}, {"id": None}, {"data": 1}, [{"id": {}}]),
)
BODIES = (
    *(b"", b"null", b"[", b"\xff\xfe\x00", b"[" * 100_000, b"{}", b"[]", b'"x"', b"1e999", b"-", b"9" * 5000),
    *(b'{"success":true,"data":null}', b'{"success":true,"data":[null,1,[],"x"]}', b'{"success":true}'),
    *(b'{"error":null}', b'{"error":[]}', b'{"error":{"code":{},"message":[]}}'),
)
BLOCKS = (
    *(b"\xff", b"data\n\n", b"event: content\ndata\n\n", b"event: tool_call\ndata: []\n\n"),
    *(b"id: \0\nretry: x\n\n", b"\xef\xbb\xbf", b"event: done\n"),
)
HEADERS = (
    "",
    "x",
    "é",
    "9" * 30,
    "-1",
    'W/"',
    "bytes 1-2",
    "text/event-stream",
    'text/html; charset="',
    ";;;",
)
_DATA = re.compile(rb"^data: (.*)$", re.MULTILINE)


@dataclass(slots=True)
class Foreign:
    """Changes answers at random: a `share` of all members, and a proportion `broken` of all bodies."""

    draw: random.Random
    share: float
    broken: float
    values: Sequence[Any] = VALUES

    def body(self, body: bytes) -> bytes:
        """Return the body with some members replaced, or another body."""
        if self._hits(self.broken):
            return self.draw.choice(BODIES)
        try:
            parsed = json.loads(body)
        except ValueError:
            return body
        if isinstance(parsed, dict) and self.draw.random() > self.share:
            # Keep `success`: without it a client would not read the rest.
            kept = {key: value if key == "success" else self.value(value) for key, value in parsed.items()}
            return json.dumps(kept).encode()
        return json.dumps(self.value(parsed)).encode()

    def value(self, value: Any) -> Any:
        """Return a JSON value with some of its members replaced or left out."""
        if self._hits(self.share):
            return self.draw.choice(self.values)
        if isinstance(value, dict):
            return {key: self.value(inner) for key, inner in value.items() if not self._hits(self.share / 4)}
        return [self.value(inner) for inner in value] if isinstance(value, list) else value

    def block(self, data: bytes) -> bytes:
        """Return bytes of an event stream with other payloads, or bytes that are not an event."""
        if self._hits(self.broken):
            return self.draw.choice((*BLOCKS, data[: len(data) // 2]))
        return _DATA.sub(lambda found: b"data: " + self.body(found[1]).replace(b"\n", b" "), data)

    def headers(self, headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        """Return the headers without some of them, and with other values in some."""
        if not self._hits(self.broken):
            return headers
        kept = [each for each in headers if not self._hits(0.1)]
        return tuple((name, self.draw.choice(HEADERS) if self._hits(0.3) else value) for name, value in kept)

    def status(self, status: int | None) -> int | None:
        """Return the status; sometimes another one, or None."""
        return (
            self.draw.choice((None, 100, 204, 301, 401, 500, 599)) if self._hits(self.broken / 2) else status
        )

    def _hits(self, chance: float) -> bool:
        return self.draw.random() < chance
