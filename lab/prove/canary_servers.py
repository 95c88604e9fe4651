"""Dead and foreign targets: whatever they do, the suite must end and pass no row."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator

Answer = Callable[[socket.socket, threading.Event], None]


def fixed(status: str, kind: str, body: bytes, *headers: str) -> Answer:
    """The same complete answer to every request."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    data = "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
    return lambda client, _: client.sendall(data)


def hang(_: socket.socket, over: threading.Event) -> None:
    """Read the request and send nothing."""
    over.wait(60)


def endless(head: bytes, piece: bytes, pause: float = 0.3) -> Answer:
    """A head and pieces that never end: a few each second, or without a pause as fast as the client reads."""

    def answer(client: socket.socket, over: threading.Event) -> None:
        client.sendall(head)
        while not over.wait(pause):
            client.sendall(piece)

    return answer


def cut_off(client: socket.socket, _: threading.Event) -> None:
    """A body shorter than announced."""
    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"success": true')


def refusal(code: str) -> bytes:
    """An error in the platform's envelope."""
    return json.dumps({"success": False, "error": {"code": code, "message": "x"}}).encode()


HEAD = b"HTTP/1.1 200 OK\r\n"
LIST = HEAD + b'Content-Type: application/json\r\n\r\n{"success": true, "data": ['
HTML = b"<!doctype html><title>Log in</title><form method=post><input name=password></form>"
CANARIES: dict[str, Answer | None] = {
    "closed port": None,
    "accepts and hangs": hang,
    "closes immediately": lambda _, __: None,
    "500 to everything": fixed("500 Internal Server Error", "text/plain", b"oops"),
    "200 x to everything": fixed("200 OK", "text/plain", b"x"),
    "200 and nothing": fixed("200 OK", "application/json", b""),
    "HTML login page": fixed("200 OK", "text/html", HTML),
    "empty JSON object": fixed("200 OK", "application/json", b"{}"),
    "another JSON API": fixed("200 OK", "application/json", json.dumps({"data": [], "meta": {}}).encode()),
    "another API's errors": fixed("404 Not Found", "application/json", b'{"error": "not found"}'),
    "endless headers": endless(HEAD, b"X-More: " + b"a" * 1000 + b"\r\n", pause=0),
    "slow headers": endless(HEAD, b"X-More: a\r\n"),
    "endless body": endless(LIST, b"1," * 10_000, pause=0),
    "slow body": endless(LIST, b"1,"),
    "slow status line": endless(b"", b"H"),
    "body cut off": cut_off,
    "redirect loop": fixed("302 Found", "text/plain", b"", "Location: /api/v1/tasks"),
    "429 to everything": fixed("429 Too Many Requests", "text/plain", b"", "Retry-After: 1"),
    "no HTTP": lambda client, _: client.sendall(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "another API that succeeds": fixed("200 OK", "application/json", b'{"items": [], "success": true}'),
    "500 in the envelope": fixed("500 Internal Server Error", "application/json", refusal("INTERNAL_ERROR")),
    "402 to everything": fixed("402 Payment Required", "application/json", refusal("QUOTA_EXCEEDED")),
    "success to everything": fixed("200 OK", "application/json", b'{"success": true, "data": {}}'),
    "401 to every key": fixed("401 Unauthorized", "application/json", refusal("INVALID_API_KEY")),
}


@contextlib.contextmanager
def canary(answer: Answer | None) -> Iterator[str]:
    """The URL of a server that answers every connection with `answer`; None is a closed port."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    def serve(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            client.recv(65536)
            if answer is not None:
                answer(client, over)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    if answer is None:
        listener.close()
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield url
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
