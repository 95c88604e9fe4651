"""The answers, blocks and endings that an edit of the wire sees and changes."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

Headers = tuple[tuple[str, str], ...]
Memory = dict[str, Any]
"""What an edit remembers: of one stream, or of one whole run."""


class Farewell(StrEnum):
    """How the proxy takes its leave."""

    CLOSE = "close"
    RESET = "reset"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Cut:
    """Send these last bytes, then end the connection, or hold it open in silence."""

    data: bytes = b""
    how: Farewell = Farewell.CLOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the platform; the body of a stream is not in it."""

    method: str
    target: str
    status: int
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first value of a header; empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def is_stream(self) -> bool:
        """True for an event stream."""
        return self.header("content-type").lower().startswith("text/event-stream")

    @property
    def is_json(self) -> bool:
        """True for a body labelled as JSON."""
        return self.header("content-type").lower().startswith("application/json")

    def put(self, name: str, value: str | None) -> "Answer":
        """The same with another value of a header, or without it."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def head(self) -> bytes:
        """Status line and headers on the wire."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return f"HTTP/1.1 {self.status} Answer\r\n{lines}\r\n".encode("latin-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a stream with its blank line; `kind` is the event's type, `heartbeat` for a comment."""

    kind: str
    raw: bytes
    target: str
    stream: Memory = field(default_factory=dict)


Head = Callable[[Answer, Memory], Answer | None]
Body = Callable[[Answer, Memory], bytes | None]
Wire = Callable[[Answer, bytes], bytes | Cut | None]
Piece = Callable[[Block, Memory], bytes | Cut | None]
Last = Callable[[], bytes | Cut | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is changed on the way. Each function returns None to leave what it sees as it is.

    `head` sees every answer, `body` a whole body (its length is told rightly afterwards), `wire` the whole
    message as it will be sent, `piece` each block of a stream, `last` the end of a chunked stream.
    """

    head: Head | None = None
    body: Body | None = None
    wire: Wire | None = None
    piece: Piece | None = None
    last: Last | None = None


def block(raw: bytes, target: str, stream: Memory) -> Block:
    """Read the kind of a block off its first line."""
    first = raw.partition(b"\n")[0]
    kind = first.removeprefix(b"event: ").decode("utf-8", "replace") if first.startswith(b"event: ") else ""
    return Block(kind=kind or "heartbeat", raw=raw, target=target, stream=stream)
