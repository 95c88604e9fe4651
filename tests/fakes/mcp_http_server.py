"""An MCP server over Streamable HTTP that reports the requests it received. Standard library only."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Seen:
    """The requests that the server received, and its URL."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, Mapping[str, str]]] = []
        """Path and headers of each request."""
        self.ends = threading.Event()


def _answer(
    message: Mapping[str, Any], path: str, headers: Mapping[str, str], description: str, tools: Sequence[str]
) -> dict[str, Any]:
    match message["method"]:
        case "initialize":
            info = {"name": "fake", "version": "1"}
            result: dict[str, Any] = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": info,
            }
        case "tools/list":
            result = {
                "tools": [
                    {"name": name, "description": description, "inputSchema": {"type": "object"}}
                    for name in tools
                ]
            }
        case "tools/call":
            told = {"path": path, "headers": headers, "args": message["params"].get("arguments")}
            result = {"content": [{"type": "text", "text": json.dumps(told)}]}
        case _:
            return {"error": {"code": -32601, "message": "Method not found"}}
    return {"result": result}


def _ping_without_end(handler: BaseHTTPRequestHandler, ends: threading.Event) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not ends.is_set():
            handler.wfile.write(b'data: {"jsonrpc":"2.0","id":"s","method":"ping"}\n\n' * 500)


@contextlib.contextmanager
def mcp_over_http(description: str = "", tools: Sequence[str] = ("echo",)) -> Iterator[Seen]:
    """Serve while the block runs. A tool named `pings` sends pings without end and takes no answer."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.requests.append((self.path, dict(self.headers)))
            if "method" not in message:  # an answer to a ping, which is never acknowledged
                seen.ends.wait()
                return
            if "id" not in message:
                self._send(202, b"")
                return
            if message.get("params", {}).get("name") == "pings":
                _ping_without_end(self, seen.ends)
                return
            answer = {
                "jsonrpc": "2.0",
                "id": message["id"],
                **_answer(message, self.path, dict(self.headers), description, tools),
            }
            self._send(200, json.dumps(answer).encode())

        def do_GET(self) -> None:
            self._send(405, b"")

        def do_DELETE(self) -> None:
            self._send(405, b"")

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield seen
    finally:
        seen.ends.set()
        server.shutdown()
        server.server_close()
        thread.join()
