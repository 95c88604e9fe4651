"""A target is not loaded if it cannot be reached, is another API, or refuses the key."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sigmic_load.conduct.preflight import key_refusal, obstacle

KEY = {"Authorization": "Bearer sigmic_secret"}


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one connection with this answer; yield its address, and the requests that it received."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)
        asked: list[bytes] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(10)
                asked.append(connection.recv(65536))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join()


def http(status: str, body: bytes = b"", *headers: bytes) -> bytes:
    head = [b"HTTP/1.1 " + status.encode(), b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (http("200 OK", b'{"success":true,"data":[]}'), ""),
        (http("401 Unauthorized", b'{"error":{"code":"UNAUTHORIZED"}}'), "the API key: 401 UNAUTHORIZED"),
        (http("429 Too Many Requests", b'{"error":{"code":"RATE_LIMITED"}}'), "takes no more now: 429 RATE_"),
        (http("301 Moved", b"", b"Location: https://else/"), "redirects to https://else/: give --host"),
        (http("200 OK", b"<html>hello</html>"), "not as this API: 200"),
        (http("200 OK", b'{"data":{}}'), "not as this API: 200"),
        (http("404 Not Found", b"nothing"), "not as this API: 404 to /api/v1/tasks"),
        (b"", "closed the connection without an answer; does it want https://?"),
        (b"SSH-2.0-OpenSSH\r\n", "does not answer in HTTP: BadStatusLine"),
    ],
)
def test_an_answer_is_judged(answer, says):
    with answering(answer) as (address, asked):
        found = obstacle(f"http://{address}/under", KEY)

    assert says in found
    assert bool(found) == bool(says)
    assert asked[0].startswith(b"GET /under/api/v1/tasks?limit=1 HTTP/1.1\r\n")
    assert "sigmic_secret" not in found


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (http("401 Unauthorized", b'{"error":{"code":"UNAUTHORIZED"}}'), True),
        (http("503 Busy"), False),
        (b"", False),
    ],
)
def test_only_a_refusal_of_the_key_is_one(answer, refused):
    with answering(answer) as (address, _):
        assert bool(key_refusal(f"http://{address}", KEY)) == refused


def test_a_port_without_tls_is_named_as_one():
    with answering(http("400 Bad Request")) as (address, _):
        assert "can't be reached: TLS: " in obstacle(f"https://{address}", KEY)


def test_a_target_that_does_not_answer_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert obstacle(f"http://127.0.0.1:{port}", KEY).endswith("can't be reached: connection refused")
