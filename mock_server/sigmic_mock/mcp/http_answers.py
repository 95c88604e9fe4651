"""Bound an MCP server's answers over HTTP before the SDK reads them: bodies, and events of streams.

The SDK requests compressed answers, reads a body of any length, and logs each event that it does not know.
Here answers are requested without compression, and only complete messages within the limits are passed on.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx2
from anyio.lowlevel import checkpoint

from sigmic_mock.mcp.bounds import (
    MOST_BYTES,
    Excess,
    NoMessage,
    Patience,
    read_message,
)

MOST_EVENT_BYTES = 1 << 20
"""For one event of a stream; the SDK's own limit."""
_LONGEST_ID = 1_000
_LONGEST_ENDPOINT = 8_192
_RETRY_MS = re.compile(rb"[1-9]\d{2,5}")
"""The longest time that the SDK may wait before it connects again."""
_EVENTS = "text/event-stream"
_JSON = "application/json"
_REFUSAL = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"it answered with HTTP status %d"}}'
_READ_HEADERS = ("Location", "Mcp-Session-Id")
"""Headers that are read, and the type. Cookies and the type's parameters are slow to parse, and unused."""


class AnswerRefused(httpx2.SSEError, httpx2.StreamError):
    """An answer is refused; the message says why. The SDK expects one class for streams, one for bodies."""


class BoundedAnswers(httpx2.AsyncBaseTransport):
    """Sends requests by another transport and bounds the answers."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        answer = await self._transport.handle_async_request(request)
        stream = answer.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - it comes from an asynchronous transport
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            bounded: _Bounded = _Compressed(stream)
        elif kind == _EVENTS:
            bounded = _Events(stream)
        elif kind == _JSON and answer.status_code == HTTPStatus.OK:
            bounded = _Message(stream)
        elif answer.is_error and answer.status_code != HTTPStatus.NOT_FOUND and request.method == "POST":
            # The SDK would not say the status.
            bounded, kind = _Message(stream, instead=_REFUSAL % answer.status_code), _JSON
        else:
            # With another status the body is not a message: a server of the type sse accepts each with 202.
            bounded = _Body(stream)
        headers = {name: answer.headers[name] for name in _READ_HEADERS if name in answer.headers}
        return httpx2.Response(
            answer.status_code,
            headers=headers | {"Content-Type": kind},
            stream=bounded,
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Bounded(httpx2.AsyncByteStream):
    """A stream that is read up to a limit."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            await checkpoint()  # pieces that have arrived come without a wait
            yield piece


class _Compressed(_Bounded):
    """A body that is not read."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AnswerRefused("it sent a compressed answer, which it was not asked for")


class _Body(_Bounded):
    """A complete body."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield await self._whole()

    async def _whole(self) -> bytes:
        body = bytearray()
        async for piece in self._pieces():
            body += piece
            if len(body) > MOST_BYTES:
                raise AnswerRefused(f"it sent an answer of more than {MOST_BYTES >> 20} MiB")
        return bytes(body)


class _Message(_Body):
    """A body that is one message; or `instead` of another body."""

    def __init__(self, stream: httpx2.AsyncByteStream, instead: bytes = b"") -> None:
        super().__init__(stream)
        self._instead = instead

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            yield await read_message((await self._whole()).strip())
        except Excess as problem:
            raise AnswerRefused(str(problem)) from None
        except NoMessage:
            if not self._instead:
                raise AnswerRefused("its answer is not JSON-RPC") from None
            yield self._instead


class _Events(_Bounded):
    """Server-sent events: those with a message, and the one with the address for requests."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        now, patience, event = asyncio.get_running_loop().time, Patience(), _Event()
        try:
            async for line in self._lines():
                if line:
                    if not event.takes(line):
                        patience.spend(len(line) + 1, now())
                    continue
                passed = await event.passed()
                if not event.has_message:
                    patience.spend(event.size + 1, now())
                event = _Event()
                if passed:
                    yield passed
        except Excess as problem:
            raise AnswerRefused(str(problem)) from None

    async def _lines(self) -> AsyncIterator[bytes]:
        """Yield the lines. By definition of events, text after the last line end is not a line."""
        held = bytearray()
        after_cr = False
        async for piece in self._pieces():
            if after_cr and piece.startswith(b"\n"):
                piece = piece[1:]  # noqa: PLW2901 - the line end that began in the piece before
            after_cr = piece.endswith(b"\r") if piece else after_cr
            first, *rest = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
            held += first
            if len(held) > MOST_EVENT_BYTES:
                raise Excess(f"it sent an event of more than {MOST_EVENT_BYTES >> 20} MiB")
            for line in rest:
                yield bytes(held)
                held = bytearray(line)


class _Event:
    """One event, as far as it has arrived."""

    def __init__(self) -> None:
        self.size = 0
        self.has_message = False
        self._kind = b"message"
        self._data: list[bytes] = []
        self._kept: list[bytes] = []
        """Lines with an id or a retry time, as they are passed on."""

    def takes(self, line: bytes) -> bool:
        """Add one of its lines; return False for a line without meaning. Raises `Excess`."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._kind = value or b"message"
        elif name == b"data":
            self._data.append(value)
        elif name == b"id" and len(value) <= _LONGEST_ID:
            self._kept.append(b"id: " + value)
        elif name == b"retry" and _RETRY_MS.fullmatch(value):
            self._kept.append(b"retry: " + value)
        else:
            return False
        self.size += len(line) + 1
        if self.size > MOST_EVENT_BYTES:
            raise Excess(f"it sent an event of more than {MOST_EVENT_BYTES >> 20} MiB")
        return True

    async def passed(self) -> bytes:
        """Return what is passed on of it. Raises `Excess`."""
        lines, data = self._kept, b"\n".join(self._data)
        if self._kind == b"endpoint" and len(data) <= _LONGEST_ENDPOINT and b"\n" not in data:
            self.has_message = True
            lines = [*lines, b"event: endpoint", b"data: " + data]
        elif self._kind == b"message" and data:
            try:
                lines = [*lines, b"data: " + await read_message(data.strip())]
                self.has_message = True
            except NoMessage:
                pass
        return b"".join(line + b"\n" for line in lines) + b"\n" if lines else b""
