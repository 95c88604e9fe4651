"""Read a stream of server-sent events as it passes (WHATWG HTML, section 9.2.6), from any server.

The mock's encoder uses one form; another deployment may use any legal one: CRLF, several data lines, no
space after the colon, an event cut anywhere.
"""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

LARGEST_EVENT = 4 << 20
"""The largest event that is stored, in bytes; a larger one is passed on, but not parsed."""
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event. `at` is in monotonic seconds; `data`: None if the text is not JSON."""

    at: float
    name: str
    text: str
    data: Any = None

    def field(self, name: str) -> str:
        """Return a text field of the data; empty if it is missing."""
        value = self.data.get(name) if isinstance(self.data, dict) else None
        return value if isinstance(value, str) else ""


class EventReader:
    """Receives bytes in any pieces and returns the events that they complete."""

    def __init__(self) -> None:
        self.comments = 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._pending = ""
        self._event = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes, at: float) -> list[SeenEvent]:
        """Add the bytes that arrived at `at`."""
        text = self._pending + self._decoder.decode(data)
        # A CR at the end may be the first half of a CRLF.
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text[: len(text) - len(held)])
        self._pending = rest + held
        events = [event for line in lines if (event := self._line(line, at)) is not None]
        self._bound()
        return events

    def _line(self, line: str, at: float) -> SeenEvent | None:
        if not line:
            return self._dispatch(at)
        self._size += len(line)
        if line.startswith(":"):
            self.comments += 1
            return None
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._event = value
        elif name == "data":
            self._data.append(value)
        return None

    def _dispatch(self, at: float) -> SeenEvent | None:
        name, text, size = self._event or "message", "\n".join(self._data), self._size
        has_data = bool(self._data)
        self._event, self._data, self._size = "", [], 0
        if size > LARGEST_EVENT:
            return None
        return SeenEvent(at, name, text, read_json(text)) if has_data else None

    def _bound(self) -> None:
        if len(self._pending) > LARGEST_EVENT:
            self._size += len(self._pending)
            self._pending = ""
        if self._size > LARGEST_EVENT:
            self._data = self._data[:1]


def read_json(text: str | bytes) -> Any:
    """Return a JSON value; None if the text is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
