"""A connection on which a probe writes each byte: several requests, half a request, two lengths.

The responses are read in sequence and recorded like every other exchange.
"""

import asyncio
import contextlib
import time
from dataclasses import replace

import h11

from sigmic_conformance.traffic.callers import NOBODY, Caller
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted, Throttled
from sigmic_conformance.traffic.retries import retry_pause
from sigmic_conformance.wire.bodies import Body
from sigmic_conformance.wire.connection import Capture, Request
from sigmic_conformance.wire.sockets import Address, address_of, reset_on_close
from sigmic_conformance.wire.transcript import Chunk, Closed, Exchange
from sigmic_conformance.wire.tunnel import open_streams

READ_BYTES = 1 << 16


class RawConnection:
    """One connection. It sends only the given bytes, and every wait has a time limit."""

    def __init__(
        self, driver: Driver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: Address
    ) -> None:
        self._driver = driver
        self._reader = reader
        self._writer = writer
        self._address = address
        self._left = b""
        self._over = False
        driver.at_end(writer.transport.abort)

    @classmethod
    async def open(cls, driver: Driver) -> "RawConnection":
        """Connect; Interrupted if the target does not accept connections."""
        address = address_of(driver.profile.base_url)
        await driver.conduct.pace.turn()
        try:
            async with asyncio.timeout(driver.bounds.connect):
                reader, writer = await open_streams(
                    address.host, address.port, address.context, driver.credentials.proxy
                )
        except (OSError, TimeoutError) as error:
            raise Interrupted(f"no connection: {error}") from error
        return cls(driver, reader, writer, address)

    async def say(self, request: Request, *, caller: Caller = NOBODY, body: bytes = b"") -> bool:
        """Send a head with Host and the caller's credentials, and the body; False if the connection broke."""
        along = self._driver.credentials.headers
        headers = [("Host", self._address.authority), *along, *caller.headers, *request.headers]
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        first = f"{request.method} {self._address.prefix}{request.target} HTTP/{request.version}\r\n"
        return await self.send(f"{first}{lines}\r\n".encode("latin-1") + body)

    async def send(self, data: bytes) -> bool:
        """Send bytes; False if the connection broke."""
        try:
            async with asyncio.timeout(self._driver.bounds.total):
                self._writer.write(data)
                await self._writer.drain()
        except (OSError, TimeoutError):
            self._over = True
            return False
        return True

    async def break_off(
        self, operation: str, body: Body, *, caller: Caller = NOBODY, label: str, **path: str
    ) -> Exchange:
        """Send a request with the first half of its body, hang up, and record that."""
        described = (("Content-Type", body.content_type), ("Content-Length", str(body.size)))
        target = self._driver.writer.target(operation, path, {})
        capture = Capture(started=time.monotonic_ns(), sent_any=True)
        content = b"".join(body.portions())
        half = Request(method="POST", target=target, headers=described)
        await self.say(half, caller=caller, body=content[: len(content) // 2])
        # No reset: it would discard what the server has not read yet, including the head.
        self.close()
        capture.ended, capture.closed = time.monotonic_ns(), Closed.HUNG_UP
        capture.error = "hung up after half of the body"
        whole = Request(method="POST", target=target, headers=caller.headers, body=body, by_hand=True)
        return self._driver.record(capture, whole, label=label, operation=operation, role=caller.role)

    async def answer(
        self,
        request: Request,
        *,
        label: str,
        operation: str,
        role: str = "owner",
        seconds: float = 10.0,
        interim: bool = False,
    ) -> Exchange:
        """Read the next answer, with `interim` a 1xx too, and record it. Raises `Throttled` for 429."""
        capture = Capture(started=time.monotonic_ns(), sent_whole=True)
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 17)
        parser.send(h11.Request(method=request.method, target="/", headers=[("Host", "target")]))
        parser.send(h11.EndOfMessage())
        try:
            async with asyncio.timeout(seconds):
                await self._read(parser, capture, interim=interim)
        except TimeoutError:
            capture.closed, capture.error = Closed.DEADLINE, f"no whole answer within {seconds:g} s"
        except h11.RemoteProtocolError as error:
            gone = self._over
            capture.closed, capture.error = (Closed.TRUNCATED if gone else Closed.MALFORMED), str(error)
        except OSError as error:
            capture.closed, capture.error = Closed.RESET, str(error)
        capture.ended = time.monotonic_ns()
        is_throttled = retry_pause(capture, request.method, last=True) is not None
        request = replace(request, by_hand=True)
        exchange = self._driver.record(
            capture, request, label=label, operation=operation, role=role, transient=is_throttled
        )
        if is_throttled:
            # The request cannot be repeated on this connection, and 429 does not answer it.
            raise Throttled("429, and the request can't be repeated on its connection")
        return exchange

    async def _read(self, parser: h11.Connection, capture: Capture, *, interim: bool) -> None:
        if self._left:
            # Empty bytes would mean that the connection ended.
            parser.receive_data(self._left)
        self._left = b""
        while True:
            match parser.next_event():
                case h11.NEED_DATA:
                    data = await self._reader.read(READ_BYTES)
                    self._over = not data
                    if not data and capture.head_at is None:
                        capture.closed, capture.error = Closed.TRUNCATED, "connection closed"
                        return
                    parser.receive_data(data)
                case h11.InformationalResponse() as early if interim:
                    capture.status, capture.head_at = early.status_code, time.monotonic_ns()
                    capture.closed = Closed.COMPLETE
                    self._left = parser.trailing_data[0]
                    return
                case h11.Response() as response:
                    capture.take_head(response, _raw(response), time.monotonic_ns())
                case h11.Data() as data:
                    capture.size += len(data.data)
                    capture.chunks.append(Chunk(time.monotonic_ns(), bytes(data.data)))
                case h11.InformationalResponse():
                    continue
                case _:  # the end of the message, or of the connection
                    capture.closed = Closed.COMPLETE
                    self._left = parser.trailing_data[0]
                    return

    def close(self, *, abruptly: bool = False) -> None:
        """Close; `abruptly` with a reset."""
        if abruptly:
            reset_on_close(self._writer.transport)
        with contextlib.suppress(OSError):
            self._writer.close()


def _raw(response: h11.Response) -> bytes:
    """Rebuild the head from the parsed response; only its original line breaks are lost."""
    lines = b"".join(b"%s: %s\r\n" % pair for pair in response.headers.raw_items())
    return b"HTTP/%s %d\r\n%s\r\n" % (response.http_version, response.status_code, lines)
