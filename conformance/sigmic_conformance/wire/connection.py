"""One exchange on one connection, and its capture, with details that other clients hide.

Raw head, header order and case, every chunk of the body with its arrival time, and how the connection ended.
Redirects and cookies are not processed, because they are findings. A content coding is undone if the request
offered it: what a client reads counts, when it can read it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import h11

from sigmic_conformance.wire.bodies import Body
from sigmic_conformance.wire.content_coding import BadCoding, Decoding, TooLarge
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.sockets import buffer_little, buffer_much, reset_on_close, unread
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import KEPT_BYTES, Chunk, Closed, Framing
from sigmic_spec.plural import plural

LINGER_SECONDS = 0.3
LONGEST_HEAD = 1 << 17
READ_BYTES = 1 << 16
SHOWN_BYTES = 40
CHUNK = 37
"""Bytes in each chunk of a body that is sent in chunks: it rarely ends at the end of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of an exchange: seconds to connect, to the response head and in total; bytes of the content."""

    connect: float = 5.0
    head: float = 15.0
    total: float = 60.0
    body: int = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to send; `target` is the path with its query, as sent."""

    method: str
    target: str
    version: str = "1.1"
    headers: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    spelling: Spelling = Spelling.PLAIN
    by_hand: bool = False
    """Whether a probe writes the bytes itself, so that nothing else can send the same."""

    def header(self, name: str) -> str | None:
        """The first value of a header, or None; `name` is in lower case."""
        return next((value for each, value in self.headers if each.lower() == name), None)

    def lines(self, *framing: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """The headers in the request's spelling, after `framing`, those of the connection."""
        body = self.body
        described = (("Content-Type", body.content_type),) if body is not None and body.content_type else ()
        lines = (*framing, *self.headers, *described)
        if self.spelling is Spelling.HEADER_CASE:
            return tuple((name.upper(), value) for name, value in lines)
        return lines[::-1] if self.spelling is Spelling.HEADER_ORDER else lines


@dataclass(slots=True)
class Capture:
    """The response so far. Plain data, filled while the connection is open.

    `chunks` and `size` are the content. `coded` is the number of bytes that arrived for it if a content
    coding was undone, else None.
    """

    started: int
    head_at: int | None = None
    ended: int = 0
    head: bytes = b""
    version: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    framing: Framing = Framing.NONE
    chunks: list[Chunk] = field(default_factory=list)
    size: int = 0
    coded: int | None = None
    surplus: int = 0
    closed: Closed = Closed.OPEN
    error: str = ""
    paused_at: int | None = None
    sent_any: bool = False
    sent_whole: bool = False

    def take_head(self, response: h11.Response, raw: bytes, at: int) -> None:
        """Store what the parser read from the head `raw`."""
        self.head = raw
        self.head_at = at
        self.status = response.status_code
        self.version = response.http_version.decode("ascii")
        self.headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw_items()
        )
        self.framing = _framing(response)

    def header(self, name: str) -> str | None:
        """The first value of a response header, or None; `name` is in lower case."""
        return next((value for each, value in self.headers if each.lower() == name), None)


class Connection(asyncio.BufferedProtocol):
    """One exchange on one connection. The parser runs when bytes arrive, so their times are exact.

    It reads a little at a time: the rest of a flood waits, and other connections are read in between.
    """

    def __init__(
        self,
        bounds: Bounds,
        now: Callable[[], int],
        on_data: Callable[[bytes], None],
        on_lost: Callable[["Connection"], None] = lambda _: None,
    ) -> None:
        self.capture = Capture(started=now())
        self._bounds = bounds
        self._on_lost = on_lost
        self._now = now
        self._on_data = on_data
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._transport: asyncio.Transport | None = None
        self._raw_head = bytearray()
        self._read = memoryview(bytearray(READ_BYTES))
        self._writable = asyncio.Event()
        self._writable.set()
        self._head = asyncio.Event()
        self._over = asyncio.Event()
        self._lingers = False
        self._waits_for_surplus = False
        self._offered: str | None = None
        self._decoding: Decoding | None = None

    # --- asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream transport is needed")
        self._transport = transport
        if self._over.is_set():
            transport.abort()  # abandoned while it was being opened

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  a protocol's signature
        return self._read

    def buffer_updated(self, nbytes: int) -> None:
        self._receive(bytes(self._read[:nbytes]))

    def _receive(self, data: bytes) -> None:
        if self._over.is_set():
            return
        if self._lingers:
            self.capture.surplus += len(data)
            self._end(Closed.COMPLETE)
            return
        if self.capture.head_at is None:
            self._raw_head += data
            if problem := _no_head(self._raw_head):
                self._end(Closed.MALFORMED, problem)
                return
        try:
            self._parser.receive_data(data)
            self._take(self._now())
        except h11.RemoteProtocolError as error:
            self._end(Closed.MALFORMED, str(error))

    def eof_received(self) -> bool:
        if self._lingers:
            self._end(Closed.COMPLETE)
        elif not self._over.is_set():
            try:
                self._parser.receive_data(b"")
                self._take(self._now())
            except h11.RemoteProtocolError as error:
                where = "within the response head" if self._raw_head else "without an answer"
                early = f"the server closed the connection {where}"
                self._end(Closed.TRUNCATED, early if self.capture.head_at is None else str(error))
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(self)
        self._writable.set()
        if exc is not None and self._transport is not None and (rest := unread(self._transport)):
            self._receive(rest)  # the answer of a server that did not read the whole request (RFC 9112, 9.6)
        if exc is None:
            self.eof_received()
            self._end(Closed.TRUNCATED, "connection closed")
        else:
            self._end(Closed.RESET, str(exc) or type(exc).__name__)

    # --- the exchange

    async def send(self, request: Request, host: str) -> None:
        """Write the request; stop early if the server has answered or closed the connection."""
        body = request.body
        framing = [("Host", host)]
        if request.spelling is Spelling.CHUNKED:
            framing += [("Transfer-Encoding", "chunked")]
        elif body is not None or request.method in {"POST", "PUT", "PATCH"}:
            framing += [("Content-Length", str(body.size if body is not None else 0))]
        head = "".join(f"{name}: {value}\r\n" for name, value in request.lines(*framing))
        self._waits_for_surplus = request.method == "HEAD"
        self._offered = request.header("accept-encoding")
        # The parser must know the method to frame the answer; its own bytes are not used.
        self._parser.send(h11.Request(method=request.method, target="/", headers=[("Host", "target")]))
        self._parser.send(h11.EndOfMessage())
        await self._write(
            f"{request.method} {request.target} HTTP/{request.version}\r\n{head}\r\n".encode("latin-1")
        )
        for portion in _portions(request):
            if self._head.is_set() or not await self._write(portion):
                return
        self.capture.sent_whole = not self._over.is_set()

    async def head(self, timeout: float) -> None:
        """Wait for the response head; end the exchange if there is none in time."""
        await _within(self._head.wait(), timeout)
        if self.capture.head_at is None:
            self.give_up(f"no response head within {timeout:g} s")

    async def over(self, timeout: float) -> bool:
        """Wait for the end of the exchange; False if it has not ended in time."""
        return await _within(self._over.wait(), timeout)

    def pause(self) -> None:
        """Stop reading from the socket; buffers are small, so the server has to wait."""
        if self._transport is not None and not self._over.is_set():
            buffer_little(self._transport)
            self.capture.paused_at = self.capture.paused_at or self._now()
            self._transport.pause_reading()

    def resume(self) -> None:
        """Resume reading after `pause`."""
        if self._transport is not None and not self._over.is_set():
            buffer_much(self._transport)
            self._transport.resume_reading()

    def hang_up(self, *, abruptly: bool = False) -> None:
        """Close from our side; `abruptly` sends a reset instead of a FIN."""
        self._end(Closed.HUNG_UP, abruptly=abruptly)

    def refused(self, why: str) -> None:
        """Record that no connection was established."""
        self._end(Closed.REFUSED, why)

    def exceeded(self, why: str) -> None:
        """Close because the target sent more than is read."""
        self._end(Closed.BOUND, why)

    def give_up(self, why: str) -> None:
        """Close because a deadline passed."""
        self._end(Closed.DEADLINE, why)

    def abandon(self) -> None:
        """Close the socket immediately, even with unsent data: no caller waits for this exchange."""
        self._end(Closed.HUNG_UP)
        if self._transport is not None:
            self._transport.abort()

    async def _write(self, data: bytes) -> bool:
        if self._transport is None or self._over.is_set():
            return False
        self.capture.sent_any = True
        self._transport.write(data)
        await self._writable.wait()
        return not self._over.is_set()

    def _take(self, at: int) -> None:
        """Handle every complete event that the parser holds."""
        while not self._over.is_set():
            match self._parser.next_event():
                case h11.InformationalResponse():
                    self._raw_head = bytearray(bytes(self._raw_head).partition(b"\r\n\r\n")[2])
                case h11.Response() as response:
                    self._take_head(response, at)
                case h11.Data() as data:
                    self._take_body(bytes(data.data), at)
                case h11.EndOfMessage() | h11.ConnectionClosed():
                    self._complete(at)
                    return
                case _:  # NEED_DATA or PAUSED
                    return

    def _complete(self, at: int) -> None:
        """The message is complete; bytes after it are counted, for a HEAD even if they are a moment late."""
        self.capture.ended = at
        self.capture.surplus += len(self._parser.trailing_data[0])
        if self._waits_for_surplus and not self.capture.surplus and not self._lingers:
            self._lingers = True
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._end, Closed.COMPLETE)
        else:
            self._end(Closed.COMPLETE)

    def _take_head(self, response: h11.Response, at: int) -> None:
        raw = bytes(self._raw_head)
        cut = raw.find(b"\r\n\r\n")
        self.capture.take_head(response, raw if cut < 0 else raw[: cut + 4], at)
        # The coding of a range is that of the whole file, so a part alone cannot be decoded.
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            self._decoding = Decoding.of(
                self._offered, self.capture.header("content-encoding"), self._bounds.body
            )
        if self._decoding is not None:
            self.capture.coded = 0
        self._head.set()

    def _take_body(self, data: bytes, at: int) -> None:
        capture = self.capture
        if self._decoding is not None:
            capture.coded = (capture.coded or 0) + len(data)
            try:
                data = self._decoding.feed(data)
            except BadCoding as error:
                self._end(Closed.MALFORMED, str(error))
                return
            except TooLarge:
                self._end(Closed.BOUND, f"more than {plural(self._bounds.body, 'byte')}")
                return
            if not data:
                return
        capture.size += len(data)
        if capture.size > self._bounds.body:
            self._end(Closed.BOUND, f"more than {plural(self._bounds.body, 'byte')}")
            return
        last = capture.chunks[-1] if capture.chunks else None
        if capture.size > KEPT_BYTES + 2 * READ_BYTES:
            pass  # the record has only the beginning
        elif last is not None and last.at == at:
            capture.chunks[-1] = Chunk(at, last.data + data)
        else:
            capture.chunks.append(Chunk(at, data))
        self._on_data(data)

    def _end(self, closed: Closed, error: str = "", *, abruptly: bool = False) -> None:
        if self._over.is_set():
            return
        self.capture.closed = closed
        self.capture.error = error
        self.capture.ended = self.capture.ended or self._now()
        if self._transport is not None:
            if abruptly:
                reset_on_close(self._transport)
            if closed is Closed.COMPLETE and self.capture.sent_whole:
                self._transport.close()
            else:
                self._transport.abort()
        self._head.set()
        self._over.set()
        self._on_data(b"")


def _no_head(begun: bytearray) -> str:
    """What is wrong with the bytes that should be a response head; empty if they can be."""
    if not b"HTTP/".startswith(begun[:5]):
        return f"not HTTP: the answer begins with {spelled(bytes(begun[:SHOWN_BYTES]))}"
    end = begun.find(b"\r\n\r\n")
    if (len(begun) if end < 0 else end) > LONGEST_HEAD:
        return f"the response head is longer than {plural(LONGEST_HEAD, 'byte')}"
    return ""


def _portions(request: Request) -> Iterator[bytes]:
    """The bytes of the body, framed. Chunks of a short body are written together, like its plain form."""
    portions = request.body.portions() if request.body is not None else iter(())
    if request.spelling is not Spelling.CHUNKED:
        yield from portions
        return
    whole = b"".join(portions)
    pieces = (whole[start : start + CHUNK] for start in range(0, len(whole), CHUNK))
    yield b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def _framing(response: h11.Response) -> Framing:
    if response.status_code in {204, 304}:
        return Framing.NONE
    names = {name for name, _ in response.headers}
    if b"transfer-encoding" in names:
        return Framing.CHUNKED
    return Framing.LENGTH if b"content-length" in names else Framing.CLOSE


async def _within(waiting: Awaitable[object], timeout: float) -> bool:
    try:
        async with asyncio.timeout(timeout):
            await waiting
    except TimeoutError:
        return False
    return True
