"""A strict incremental decoder of `text/event-stream` bytes, by section 9.2 of the WHATWG HTML standard.

In addition to the events that a browser would dispatch, it returns what a browser drops (comments, unknown
fields, blocks that dispatch nothing, the kind of every line ending), because a suite for servers checks
framing. Bytes are split only at LF, CR and CRLF: never use `str.splitlines` here, it also splits at U+2028,
U+0085 and others.

Whatever the chunking, the same bytes give the same result.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

BOM = b"\xef\xbb\xbf"
_CR = 0x0D
_LF = 0x0A


class Terminator(StrEnum):
    """The three line endings of the standard."""

    LF = "\n"
    CR = "\r"
    CRLF = "\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line without its ending; `start` is the offset of its first byte in the body.

    A comment has the empty name. `spaced` is true if one space after the colon was removed, `colon` if there
    was a colon.
    """

    start: int
    raw: bytes
    name: str
    value: str
    colon: bool
    spaced: bool

    @property
    def is_comment(self) -> bool:
        """True for a line that starts with a colon."""
        return self.colon and self.name == ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A dispatched event: `data` as a browser would see it, `start` the offset of its block."""

    type: str
    data: str
    last_event_id: str
    start: int
    block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The lines between two blank lines; `end` is the offset of the blank line that ends it.

    `event` is what the block dispatched: None for comments, for a block without data and for an unterminated
    one.
    """

    index: int
    start: int
    end: int
    lines: tuple[Line, ...]
    event: Event | None

    @property
    def fields(self) -> tuple[Line, ...]:
        """The lines that are not comments."""
        return tuple(line for line in self.lines if not line.is_comment)

    @property
    def comments(self) -> tuple[Line, ...]:
        """The comment lines, in order."""
        return tuple(line for line in self.lines if line.is_comment)


@dataclass(frozen=True, slots=True)
class Defect:
    """A byte sequence that no conforming server sends; `offset` counts from the start of the body."""

    kind: str
    offset: int


@dataclass(slots=True)
class Decoder:
    """Feed bytes in any portions; `blocks` grows with each blank line; `close` returns the rest."""

    blocks: list[Block] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)
    terminators: list[Terminator] = field(default_factory=list)
    retry: int | None = None
    had_bom: bool = False
    _pending: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _offset: int = 0
    _lines: list[Line] = field(default_factory=list)
    _started: bool = False
    _after_cr: bool = False
    _last_id: str = ""

    def feed(self, data: bytes) -> list[Block]:
        """Take bytes and return the blocks that they completed."""
        before = len(self.blocks)
        self._pending += data
        if not self._started and not self._strip_bom():
            return []
        self._split()
        return self.blocks[before:]

    def close(self) -> Block | None:
        """End of the body: return the unterminated last block, which a browser discards, or None."""
        if self._pending:
            self._add_line(bytes(self._pending), self._offset)
            self._offset += len(self._pending)
            self._pending.clear()
        if not self._lines:
            return None
        leftover = self._block(event=None, end=self._offset)
        self._lines = []
        return leftover

    @property
    def events(self) -> Iterator[Event]:
        """The dispatched events so far, in order."""
        return (block.event for block in self.blocks if block.event is not None)

    @property
    def unfinished(self) -> int:
        """How many bytes of a block have arrived whose end has not."""
        begun = self._lines[0].start if self._lines else self._offset
        return self._offset + len(self._pending) - begun

    @property
    def last_event_id(self) -> str:
        """What a browser would send as Last-Event-ID now."""
        return self._last_id

    def _strip_bom(self) -> bool:
        """Remove a leading byte order mark; False while too few bytes have arrived to decide."""
        head = bytes(self._pending[: len(BOM)])
        if len(head) < len(BOM) and BOM.startswith(head):
            return False
        self._started = True
        if head == BOM:
            self.had_bom = True
            del self._pending[: len(BOM)]
            self._offset = len(BOM)
        return True

    def _split(self) -> None:
        """Cut complete lines off the pending bytes."""
        pending = self._pending
        at = 0
        if self._after_cr and pending:
            if pending[0] == _LF:
                self.terminators[-1] = Terminator.CRLF
                at = 1
            self._after_cr = False
        while True:
            cut = _next_break(pending, max(at, self._scanned))
            if cut < 0:
                break
            line, start = bytes(pending[at:cut]), self._offset + at
            at = self._scanned = cut + 1
            if pending[cut] == _LF:
                self.terminators.append(Terminator.LF)
            elif at < len(pending):
                crlf = pending[at] == _LF
                self.terminators.append(Terminator.CRLF if crlf else Terminator.CR)
                at += crlf
            else:
                self.terminators.append(Terminator.CR)
                self._after_cr = True
            self._end_line(line, start)
        del pending[:at]
        self._offset += at
        self._scanned = len(pending)

    def _end_line(self, raw: bytes, start: int) -> None:
        if raw:
            self._add_line(raw, start)
            return
        if self._lines:
            event = self._dispatch(self._lines)
            self.blocks.append(self._block(event=event, end=start))
            self._lines = []

    def _block(self, *, event: Event | None, end: int) -> Block:
        lines = tuple(self._lines)
        return Block(index=len(self.blocks), start=lines[0].start, end=end, lines=lines, event=event)

    def _add_line(self, raw: bytes, start: int) -> None:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self.defects.append(Defect("invalid-utf-8", start + error.start))
            text = raw.decode("utf-8", "replace")
        if text.startswith("\ufeff"):
            self.defects.append(Defect("bom-inside", start))
        name, colon, value = text.partition(":")
        spaced = value.startswith(" ")
        self._lines.append(
            Line(
                start=start,
                raw=raw,
                name=name,
                value=value[1:] if spaced else value,
                colon=bool(colon),
                spaced=spaced,
            )
        )

    def _dispatch(self, lines: list[Line]) -> Event | None:
        """Process a block's fields; one without data sets id and retry time, and dispatches nothing."""
        kind, data = "", []
        for line in lines:
            match line.name:
                case "event":
                    kind = line.value
                case "data":
                    data.append(line.value)
                case "id" if "\0" not in line.value:
                    self._last_id = line.value
                case "retry" if line.value.isascii() and line.value.isdigit():
                    self.retry = int(line.value)
        if not data:
            return None
        return Event(
            type=kind or "message",
            data="\n".join(data),
            last_event_id=self._last_id,
            start=lines[0].start,
            block=len(self.blocks),
        )


def _next_break(data: bytearray, start: int) -> int:
    """Offset of the next LF or CR, or -1."""
    lf = data.find(_LF, start)
    cr = data.find(_CR, start, lf if lf >= 0 else len(data))
    return cr if cr >= 0 else lf


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A whole event-stream body, decoded; `leftover` is the unterminated last block."""

    blocks: tuple[Block, ...]
    leftover: Block | None
    defects: tuple[Defect, ...]
    terminators: tuple[Terminator, ...]
    had_bom: bool
    retry: int | None

    @property
    def events(self) -> tuple[Event, ...]:
        """The dispatched events, in order."""
        return tuple(block.event for block in self.blocks if block.event is not None)


def decode(*pieces: bytes) -> Body:
    """Decode a whole body, given in one piece or in several."""
    decoder = Decoder()
    for piece in pieces:
        decoder.feed(piece)
    leftover = decoder.close()
    return Body(
        blocks=tuple(decoder.blocks),
        leftover=leftover,
        defects=tuple(decoder.defects),
        terminators=tuple(decoder.terminators),
        had_bom=decoder.had_bom,
        retry=decoder.retry,
    )
