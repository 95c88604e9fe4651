"""A server that keeps the bytes of every request, and answers each with an empty 204."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

MOST = 1 << 20
SECONDS = 5.0


@dataclass
class Recorder:
    """The address, and the requests so far: each the head's lines and the body."""

    url: str = ""
    requests: list[tuple[list[str], bytes]] = field(default_factory=list)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Start the server; end it with the block."""
    made = Recorder()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(SECONDS)
            data = b""
            while b"\r\n\r\n" not in data and len(data) < MOST:
                data += self.request.recv(65536) or exhausted()
            head, _, body = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            sizes = [line for line in lines if line.lower().startswith("content-length:")]
            size = int(sizes[0].partition(":")[2]) if sizes else 0
            while len(body) < min(size, MOST):
                body += self.request.recv(65536) or exhausted()
            made.requests.append((lines, body))
            self.request.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def exhausted() -> bytes:
        raise ConnectionError("the client left")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        port = server.server_address[1]
        made.url = f"http://127.0.0.1:{port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
