"""The MCP server over HTTP: the path selects which server it is, and how it behaves.

Streamable HTTP, but for the server `sse`, which speaks the older transport of that name: a GET opens a stream
that names the URL for messages and carries their answers.
"""

import contextlib
import json
import queue
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sigmic_conformance.target.mcp_server.program import MOST_SECONDS, McpServer

HEADERS = "x-probe-"
"""Headers with this prefix are reported, as digests."""
MOODS = ("well", "dead", "late")
LATE_SECONDS = 8.0
"""Longer than the configured limit to connect."""
_SSE, _EVENTS = "sse", "text/event-stream"
_SIGN_OF_LIFE_SECONDS = 5.0
_LARGEST_REQUEST = 1 << 20
_REMEMBERED = 1000


class Reached:
    """Which servers were reached with which word of their URLs; the oldest words are dropped."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, set[str]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, name: str, word: str) -> None:
        """Record a request."""
        with self._lock:
            self._names.setdefault(word, set()).add(name)
            while len(self._names) > _REMEMBERED:
                self._names.popitem(last=False)

    def with_word(self, word: str) -> list[str]:
        """The names of the servers that were reached with a word."""
        with self._lock:
            return sorted(self._names.get(word, ()))


class _Listener(ThreadingHTTPServer):
    """Serves each request in a separate thread. `over` is set when the program ends."""

    daemon_threads = True

    def __init__(self, host: str, port: int, token: str | None) -> None:
        super().__init__((host, port), _Handler)
        self.token = token
        self.reached = Reached()
        self.over = threading.Event()
        self.streams: dict[str, queue.SimpleQueue[bytes]] = {}
        """The messages to send on each open stream of the transport `sse`."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: _Listener
    timeout = MOST_SECONDS
    server_version = "sigmic-probe"

    def do_POST(self) -> None:
        """Answer one message; the path selects the server."""
        body = self._body()
        name, word, mood = self._place()
        stream = self.server.streams.get(self.path.partition("?")[2])
        if body is None:
            self._send(413)
        elif self._is_stranger():
            self._send(401)
        elif not name:
            self._send(404)
        elif mood not in MOODS:
            # A platform that put a text in place of an unset variable has started the server.
            self.server.reached.note(name, word)
            self._send(404)
        elif name == _SSE and stream is None:
            self._send(405)
        elif stream is not None:
            self._send(202)
            answer = self._answer_to(name, word, _parsed(body))
            if answer is not None:
                stream.put(f"event: message\ndata: {json.dumps(answer)}\n\n".encode())
        else:
            self.server.reached.note(name, word)
            self._answer(name, word, mood, body)

    def do_GET(self) -> None:
        """Open the stream of the older transport; the newer one has no such stream."""
        name, word, _ = self._place()
        if name != _SSE:
            self._send(405)
        elif self._is_stranger():
            self._send(401)
        else:
            self._stream(name, word)

    def _stream(self, name: str, word: str) -> None:
        """Send the messages of this stream, until its reader leaves or the program ends."""
        self.server.reached.note(name, word)
        own, stream = secrets.token_hex(8), queue.SimpleQueue[bytes]()
        self.server.streams[own] = stream
        stream.put(f"event: endpoint\ndata: /{name}/{word}?{own}\n\n".encode())
        try:
            self.send_response(200)
            self.send_header("Content-Type", _EVENTS)
            self.end_headers()
            while not self.server.over.is_set():
                with contextlib.suppress(queue.Empty):
                    self.wfile.write(stream.get(timeout=_SIGN_OF_LIFE_SECONDS))
                    continue
                self.wfile.write(b":\n\n")
        except OSError:
            self.close_connection = True  # the reader has left
        finally:
            del self.server.streams[own]

    def do_DELETE(self) -> None:
        """Answer a DELETE: there is no session to end."""
        self._send(405)

    def log_message(self, *_: object) -> None:
        """Log nothing about requests: their headers may hold secrets."""

    def _answer(self, name: str, word: str, mood: str, body: bytes) -> None:
        message = _parsed(body)
        if mood == "dead" or message is None:
            self._send(503 if mood == "dead" else 400)
            return
        if mood == "late" and isinstance(message, dict) and message.get("method") == "initialize":
            self.server.over.wait(LATE_SECONDS)
        answer = self._answer_to(name, word, message)
        if answer is None:
            self._send(202)
            return
        text = json.dumps(answer)
        # A client of Streamable HTTP has to read both forms of an answer.
        if _is_last(message) and _EVENTS in self.headers.get("Accept", ""):
            self._send(200, f"event: message\ndata: {text}\n\n".encode(), kind=_EVENTS)
        else:
            self._send(200, text.encode())

    def _answer_to(self, name: str, word: str, message: Any) -> dict[str, Any] | None:
        told = {f"header.{key.lower()}": value for key, value in self.headers.items()}
        told = {what: value for what, value in told.items() if what.startswith(f"header.{HEADERS}")}
        server = McpServer(name, {**told, "word": word}, beside=lambda: self.server.reached.with_word(word))
        return server.answer(message, self.server.over)

    def _is_stranger(self) -> bool:
        token = self.server.token
        return bool(token) and self.headers.get("Authorization") != f"Bearer {token}"

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _LARGEST_REQUEST:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _place(self) -> tuple[str, str, str]:
        """The name, word and mood in the path."""
        name, word, mood = (*self.path.partition("?")[0].strip("/").split("/"), "", "")[:3]
        return name if name.isalnum() else "", word, mood or MOODS[0]

    def _send(self, status: int, body: bytes = b"", *, kind: str = "application/json") -> None:
        with contextlib.suppress(OSError):  # the client has left
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


def _is_last(message: Any) -> bool:
    """Whether a message calls the tool `last`."""
    params = message.get("params") if isinstance(message, dict) else None
    return isinstance(params, dict) and str(params.get("name")).endswith("_last")


def _parsed(body: bytes) -> Any:
    """A message, or None if the body is not JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


@contextlib.contextmanager
def over_http(host: str, port: int, *, token: str | None = None) -> Iterator[str]:
    """Serve over HTTP during the block; yields the base URL. Port 0 selects a free one.

    A server is at `/NAME/WORD` or `/NAME/WORD/MOOD`: `word` is any text, and is reported; `mood` is `well`,
    `dead` (every request gets 503) or `late` (it greets after 8 s). What follows is ignored. With `token`,
    requests without it get 401. Raises OSError if the port is not available.
    """
    listener = _Listener(host, port, token)
    thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name="probe server")
    thread.start()
    try:
        yield f"http://{host}:{listener.server_port}"
    finally:
        listener.over.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
