"""One client connection: aiohttp's protocol, which hands over to a stream and answers bad HTTP our way.

While lines are very short, it reads little at a time: asyncio's 256 KiB may contain 40,000 one-byte chunks,
or thousands of requests, which take 0.07 s in each pass of the event loop.

Only public members of aiohttp and asyncio are used. A client's mistakes are never logged as our errors.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import LineTooLong

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.http.envelope import common_headers, refusal_answer
from sigmic_mock.runtime.ids import Ids

log = logging.getLogger(__name__)
_SERVER_ERROR = 500
MOST_READ = 256 * 1024
"""Bytes that are received and parsed in one pass of the event loop: as many as asyncio reads."""
DENSE_READ = 16 * 1024
"""The same while lines are short: one-byte chunks then take 5 ms."""
FIRST_READ = 64 * 1024
"""The same at first. If bytes of a refused head were left unread, closing would reset the connection, and the
client could lose the refusal."""
_SHORT_LINE = 32


class Connection(web.RequestHandler, asyncio.BufferedProtocol):
    """aiohttp's connection, until a stream takes over."""

    __slots__ = ("_buffer", "_ids", "_read_size", "request")

    def __init__(self, manager: web.Server, ids: Ids, buffer: bytearray, **options: Any) -> None:
        """All connections of an event loop may share `buffer`, because it is empty between two calls."""
        self.request: web.BaseRequest | None = None
        """The last request."""
        self._ids = ids
        self._buffer = memoryview(buffer)
        self._read_size = FIRST_READ
        super().__init__(manager, loop=asyncio.get_running_loop(), **options)

    def get_buffer(self, _sizehint: int) -> memoryview:
        return self._buffer[: self._read_size]

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        self._read_size = DENSE_READ if data.count(b"\n") * _SHORT_LINE > nbytes else MOST_READ
        self.data_received(data)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks whether to keep the connection
        """The client sends no more, and may still read (RFC 9112, section 9.6): close after the answer."""
        request = self.request
        if request is None or not request.content.is_eof():
            return False
        if cast("asyncio.Task[None] | None", request.task) is None:
            return False  # aiohttp takes its task away from a request that was answered
        self.close()
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        self.request = None

    def hand_over(self, successor: asyncio.Protocol) -> asyncio.Transport:
        """Give the transport to `successor` and end as if the client had left; return the transport.

        What aiohttp holds for a connection (parser, request, two tasks: 10 KB) is then freed when the handler
        returns, not when the client leaves. Raises `ConnectionResetError` if the client has left.
        """
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client left before its connection was handed over")
        transport.set_protocol(successor)
        if self.writing_paused:
            # The transport reports it only once, and has reported it to us.
            successor.pause_writing()
        if not transport.is_reading():
            transport.resume_reading()
        self.transport = None
        self.connection_lost(None)
        return transport

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = _SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - aiohttp's own words are not shown
    ) -> web.StreamResponse:
        """Answer HTTP that could not be parsed (4xx), or an error outside the application (5xx)."""
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError("the client went away, or an answer was already under way")
        request_id = self._ids.uuid()
        fields = {"request_id": request_id}
        if status >= _SERVER_ERROR:
            log.error("a request failed outside the application", exc_info=exc, extra={"fields": fields})
            refusal = ApiError(ErrorCode.INTERNAL_ERROR)
        else:
            log.info("malformed HTTP: %s", type(exc).__name__, extra={"fields": fields})
            mistake = "The request is not well-formed HTTP"
            if isinstance(exc, LineTooLong):  # well-formed, for example many cookies
                mistake = f"The request line or a header is longer than {exc.args[1]} bytes"
            refusal = ApiError(ErrorCode.VALIDATION_ERROR, mistake)
        answer = refusal_answer(refusal, common_headers(request_id))
        answer.force_close()
        return answer


class ConnectionFactory(web.Server):
    """Creates a `Connection` for every client; passed to the event loop's `create_server`."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        ids: Ids,
        **options: Any,
    ) -> None:
        super().__init__(handler, request_factory=self.request, **options)
        self.ids = ids
        self.options = options
        self.buffer = bytearray(MOST_READ)

    def __call__(self) -> Connection:
        return Connection(self, self.ids, self.buffer, **self.options)

    def request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        """Return a request. For unparsable HTTP, aiohttp substitutes one of HTTP/1.0; replace it by 1.1."""
        if message.method == "UNKNOWN" and message.path == "/" and not message.raw_headers:
            message = message._replace(version=HttpVersion11)
        request = web.BaseRequest(message, payload, protocol, writer, task, asyncio.get_running_loop())
        if isinstance(protocol, Connection) and not self.handler_cancellation:
            protocol.request = request
        return request
