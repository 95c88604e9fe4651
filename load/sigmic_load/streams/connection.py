"""One connection to `stream_task`, read from the socket as bytes arrive.

Locust's own clients buffer lines until a kilobyte has come, so every heartbeat would seem late. Here h11
reads the HTTP and the suite's decoder the events. The caller decides how to wait: `read` in a greenlet, or
`receive` when the hub reports that bytes are there.
"""

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from time import monotonic
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

import h11
from gevent import sleep, socket
from gevent import ssl as gevent_ssl

from sigmic_conformance.wire.sse import Block, Decoder
from sigmic_load.streams.life import Life, State, wrong_type
from sigmic_load.streams.reasons import why

_CHUNK = 4096
"""Bytes that are read of a stream in a turn of the loop: one that never pauses must not hold it."""
_LONGEST_EVENT = 4_000_000
"""Bytes without the end of an event, after which a stream is given up."""
_TAIL = 240
"""Bytes that every stream stores. A process may hold ten thousand streams."""
_LONGEST_HEAD = 65536
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
"""The form of an error code: a report repeats nothing else of an answer."""


class StreamRefused(Exception):
    """The stream did not open; the text gives the reason briefly.

    `status` is that of the answer, 0 without one. `retry_after` is that header, if any.
    """

    def __init__(self, reason: str, status: int = 0, retry_after: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


def is_heartbeat(block: Block) -> bool:
    """True for a block that contains only a comment `heartbeat`."""
    return block.event is None and any(line.value == "heartbeat" for line in block.comments)


def payload(block: Block) -> Mapping[str, Any]:
    """Return the JSON object of an event; an empty one if there is none."""
    if block.event is None:
        return {}
    try:
        value = json.loads(block.event.data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def failure(block: Block) -> str:
    """Return the code of an `error` event, or that it has none; empty for any other event."""
    if block.event is None or block.event.type != "error":
        return ""
    told = payload(block)
    inner = told.get("error")
    code = str((inner if isinstance(inner, dict) else told).get("code"))
    return code if _CODE.fullmatch(code) else "without a code"


class StreamConnection:
    """An open stream, and its `life`.

    `raw` are the last bytes that came, at most `kept`. `ours` is our address, as in the target's log.
    """

    __slots__ = (
        "_decoder",
        "_http",
        "_sock",
        "asked",
        "at_end",
        "connected",
        "is_whole",
        "kept",
        "life",
        "opened",
        "ours",
        "raw",
        "received",
    )

    def __init__(self, sock: socket.socket, asked: float, life: Life) -> None:
        self.life = life
        self._sock = sock
        self._http = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
        self._decoder = Decoder()
        self.asked = asked
        """When we started to connect, in monotonic seconds."""
        self.connected = self.opened = monotonic()
        """When we were connected, with TLS, and when the head of the answer came."""
        self.raw = b""
        self.kept = _TAIL
        self.ours = "{}:{}".format(*sock.getsockname()[:2])
        self.at_end = False
        """The server has ended the answer, or closed the connection."""
        self.is_whole = False
        """The answer came to its end: with the last chunk, or with the end of a body without a length."""
        self.received = 0
        """Bytes that came."""

    @classmethod
    def open(cls, url: str, headers: Mapping[str, str], seconds: float, task: str = "") -> Self:
        """Connect, send the request and wait for the head of the answer. Raises `StreamRefused`."""
        parts, asked, life = urlsplit(url), monotonic(), Life(task)
        life.reached(State.CONNECTING)
        connection: Self | None = None
        try:
            connection = cls(_connected(parts, seconds), asked, life)
            life.reached(State.HEAD)
            connection._ask(parts, headers)
            connection._await_head()
        except BaseException as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, OSError | h11.ProtocolError):
                raise
            raise StreamRefused(f"{life.not_opened}: {why(error)}") from None
        life.reached(State.HISTORY)
        return connection

    def _ask(self, parts: SplitResult, headers: Mapping[str, str]) -> None:
        request = h11.Request(
            method="GET",
            target=parts.path,
            headers=[
                ("Host", parts.netloc.rpartition("@")[2]),
                ("Accept", "text/event-stream"),
                *headers.items(),
            ],
        )
        self._sock.sendall(self._http.send(request) + self._http.send(h11.EndOfMessage()))

    def _await_head(self) -> None:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                data = self._sock.recv(_CHUNK)
                if not data:
                    raise StreamRefused("the connection was closed before an answer")
                self.raw += data
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                if event.status_code != HTTPStatus.OK:
                    retry_after = dict(event.headers).get(b"retry-after", b"").decode("latin-1")
                    raise StreamRefused(f"status {event.status_code}", event.status_code, retry_after)
                media_type = dict(event.headers).get(b"content-type", b"").decode("latin-1")
                if problem := wrong_type(media_type):
                    raise StreamRefused(f"status 200, but {problem}", event.status_code)
                self.opened = monotonic()
                return

    def fileno(self) -> int:
        """The descriptor to watch."""
        return int(self._sock.fileno())

    def read(self, deadline: float) -> list[Block]:
        """Wait for bytes and return the blocks that they complete; none at the deadline or the end."""
        blocks = self._decode()
        while not blocks and not self.at_end:
            left = deadline - monotonic()
            if left <= 0:
                break
            self._sock.settimeout(left)
            sleep(0)  # bytes that are there already are read without a turn of the loop
            try:
                self._take(self._sock.recv(_CHUNK))
            except TimeoutError:
                break
            except OSError:
                self.at_end = True
            blocks = self._decode()
        return blocks

    def receive(self) -> list[Block]:
        """Read of what has arrived as much as a turn allows, and return the blocks that it completes."""
        self._sock.settimeout(0.0)
        try:
            self._take(self._sock.recv(_CHUNK))
            while not self.at_end and isinstance(self._sock, gevent_ssl.SSLSocket) and self._sock.pending():
                self._take(self._sock.recv(_CHUNK))  # the rest of a record, of which the socket shows nothing
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.at_end = True
        return self._decode()

    def _take(self, data: bytes) -> None:
        self.raw = (self.raw + data)[-self.kept :]
        self.received += len(data)
        try:
            self._http.receive_data(data)
        except h11.RemoteProtocolError:
            self.at_end = True

    def _decode(self) -> list[Block]:
        blocks: list[Block] = []
        for data in self._body():
            blocks += self._decoder.feed(data)
        # A stream may be held for days, so the decoder's record of it must not grow.
        self._decoder.blocks.clear()
        del self._decoder.terminators[:-1]
        if self._decoder.unfinished > _LONGEST_EVENT:
            self.at_end = True
        return blocks

    def _body(self) -> Iterator[bytes]:
        while not self.at_end:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self.at_end = True
                return
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif event is h11.NEED_DATA:
                return
            else:
                self.at_end = True
                self.is_whole = isinstance(event, h11.EndOfMessage)

    def close(self) -> None:
        """Close the connection. Idempotent."""
        self._sock.close()


def _connected(parts: SplitResult, seconds: float) -> socket.socket:
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sock = socket.create_connection((parts.hostname, port), timeout=seconds)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if parts.scheme == "https":
            context = gevent_ssl.create_default_context()
            sock = context.wrap_socket(sock, server_hostname=parts.hostname)
    except BaseException:
        sock.close()
        raise
    return sock
