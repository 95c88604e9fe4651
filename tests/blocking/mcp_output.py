"""What an MCP server prints or answers, with an input somewhere in it: over stdio and Streamable HTTP.

Each answer is text generated beforehand. A server in a sandbox gets it compressed, in its arguments. The one
over HTTP is in this process. A flood continues for `FLOOD_SECONDS` and then ends automatically.
"""

import base64
import contextlib
import gzip
import json
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.blocking.inputs import Input
from tests.blocking.places import HERE, pointers, put

FLOOD_SECONDS = 2
_ID = '"@id"'
_TOOL = {
    "name": "x",
    "description": "Does x.",
    "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}},
}
_RESULTS: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "e", "version": "1"},
        "instructions": "x",
    },
    "tools/list": {"tools": [_TOOL]},
    "tools/call": {"content": [{"type": "text", "text": "x"}], "structuredContent": {"a": 1}},
}
_PRINTS = r"""
import base64, json, sys, time, zlib
replies = json.loads(zlib.decompress(base64.b64decode(sys.argv[1])))
def flood():
    end = time.monotonic() + SECONDS
    while replies.get("flood") and time.monotonic() < end:
        sys.stdout.write(replies["flood"] * 100)
flood()
for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "tools/call":
        flood()
    if "id" in message:
        reply = replies.get(message["method"], '{"jsonrpc":"2.0","id":"@id","result":{}}')
        sys.stdout.write(reply.replace('"@id"', json.dumps(message["id"])) + "\n")
        sys.stdout.flush()
""".replace("SECONDS", str(FLOOD_SECONDS))
TRANSPORTS = ("stdio", "http", "gzip", "sse")


def places() -> Iterator[str]:
    """Yield where an input can be: `REPLY POINTER`, or a flood of lines, events or comments."""
    yield from ("flood lines", "flood events", "flood comments")
    for method, result in _RESULTS.items():
        yield from (f"{method} {at}" for at in pointers(result) if at and not at.endswith("~"))
        yield f"{method} whole"
    yield from ("tools/list many", "tools/call many", "tools/call images")


def replies(place: str, input: Input) -> dict[str, str]:
    """Return the text of each reply, and of a flood."""
    kind, _, where = place.partition(" ")
    said = {method: _reply(result) for method, result in _RESULTS.items()}
    if kind == "flood":
        text = input.text()[:100_000] + "\n"
        forms = {"lines": text, "events": f"event: {text}data: {text}\n", "comments": f": {text}\n"}
        return {**said, "flood": forms[where]}
    if where == "whole":
        return {**said, kind: input.text()}
    if where in {"many", "images"}:
        return {**said, kind: _reply(_many(kind, where, input.size))}
    return {
        **said,
        kind: _reply(put(_RESULTS[kind], where.split("/")[1:])).replace(json.dumps(HERE), input.value(), 1),
    }


def _many(kind: str, where: str, size: int) -> Any:
    if kind == "tools/list":
        return {
            "tools": [
                {"name": f"t{number}", "inputSchema": {"type": "object"}} for number in range(size // 50)
            ]
        }
    image = {"type": "image", "data": "aGk=", "mimeType": "image/png"}
    one = image if where == "images" else {"type": "text", "text": "x"}
    return {"content": [one] * (size // len(json.dumps(one)))}


def _reply(result: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": "@id", "result": result})


class McpOutput:
    """An MCP server; `configured` returns its configuration. Use it as a context."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}
        self._compressed = self._as_events = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.answer(self, message)

            def do_GET(self) -> None:
                self.send_error(405)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def configured(self, transport: str, place: str, input: Input) -> dict[str, Any]:
        """Return the configuration of the server that answers with the input there."""
        self._said = replies(place, input)
        self._compressed, self._as_events = transport == "gzip", transport == "sse" or "flood" in self._said
        if transport == "stdio":
            packed = base64.b64encode(zlib.compress(json.dumps(self._said).encode(), 9)).decode()
            return {"command": "python3", "args": ["-c", _PRINTS, packed], "timeout": 8000}
        return {"type": "http", "url": f"http://127.0.0.1:{self._server.server_port}/", "timeout": 8000}

    def answer(self, handler: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
        reply = self._said.get(message["method"], _reply({})).replace(_ID, json.dumps(message.get("id")))
        body = (f"event: message\ndata: {reply}\n\n" if self._as_events else reply).encode("utf-8", "replace")
        if "flood" in self._said and message["method"] != "initialize":
            body = (self._said["flood"].encode() * 20_000)[: 16 << 20] + body
        body = gzip.compress(body, 6) if self._compressed else body
        handler.send_response(200 if "id" in message else 202)
        handler.send_header("Content-Type", "text/event-stream" if self._as_events else "application/json")
        if self._compressed:
            handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(body) if "id" in message else 0))
        handler.end_headers()
        with contextlib.suppress(OSError):  # the mock may have read enough
            handler.wfile.write(body if "id" in message else b"")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
