"""An answer that is not sent yet, and how to send it."""

import json
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Writing:
    """How a JSON body is written down."""

    ascii: bool = False
    indent: int | None = None
    prefix: str = ""
    suffix: str = ""
    charset: str = "utf-8"


@dataclass(slots=True)
class Delivery:
    """How the bytes of an answer reach the client.

    `announce` is added to the announced length, `cut` sends that many bytes and then closes, `reset` aborts
    the connection instead, `piece` is the number of bytes per write and `pause` the seconds between writes.
    `close` closes after the answer and announces it, `hang_up` closes without an announcement.
    """

    announce: int = 0
    cut: int | None = None
    reset: bool = False
    piece: int = 0
    pause: float = 0.0
    close: bool = False
    hang_up: bool = False

    @property
    def is_plain(self) -> bool:
        """True when the HTTP library can send it normally."""
        return self == Delivery(close=self.close)


@dataclass(slots=True, kw_only=True)
class Draft:
    """Status, headers and a body, which is JSON until `body` is set."""

    status: int
    headers: MutableMapping[str, str]
    json: Any = None
    body: bytes | None = None
    code: str | None = None
    file: str = ""
    """The path of the file that is downloaded."""
    is_last: bool = False
    """Its client has asked to close the connection after it, so a hang-up is correct."""
    writing: Writing = field(default_factory=Writing)
    delivery: Delivery = field(default_factory=Delivery)

    def as_bytes(self) -> bytes:
        """Return the body."""
        if self.body is not None:
            return self.body
        how = self.writing
        separators = (",", ":") if how.indent is None else (",", ": ")
        text = json.dumps(self.json, ensure_ascii=how.ascii, indent=how.indent, separators=separators)
        return (how.prefix + text + how.suffix).encode(how.charset, "replace")
