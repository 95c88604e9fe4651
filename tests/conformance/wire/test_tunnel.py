"""A target behind a proxy's tunnel is reached as without one: requests, streams, and raw bytes."""

import asyncio
import ssl
from pathlib import Path

import pytest

from sigmic_conformance.target.profile import Credentials
from sigmic_conformance.target.proxy import Proxy
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.raw_connection import RawConnection
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request
from sigmic_conformance.wire.transcript import Closed
from sigmic_conformance.wire.tunnel import why
from tests.conformance.driver import driver_of
from tests.fakes.own_certificate import own_certificate
from tests.fakes.tcp_server import tcp_server
from tests.fakes.tunnel_proxy import tunnel_proxy
from tests.fakes.wire_server import answering, wire_server

FAR = "http://target.test:8787"
GET = Request(method="GET", target="/x")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BOUNDS = Bounds()


async def test_a_tunnel_passes_the_request_and_the_answer_unchanged():
    asked: list[bytes] = []

    async def script(head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(head)
        writer.write(OK)

    async with wire_server(script) as upstream, tunnel_proxy(upstream) as seen:
        found = await Client(FAR, proxy=seen.proxy).exchange(GET, BOUNDS)

    assert (found.status, found.closed) == (200, Closed.COMPLETE)
    assert found.head == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "nothing of the proxy's is recorded"
    assert asked == [b"GET /x HTTP/1.1\r\nHost: target.test:8787\r\n\r\n"], "nor is its login sent on"
    assert [head.split(b"\r\n") for head in seen.heads] == [
        [
            b"CONNECT target.test:8787 HTTP/1.1",
            b"Host: target.test:8787",
            b"Proxy-Authorization: Basic dTpw",
            b"",
            b"",
        ]
    ]


async def test_a_stream_comes_as_it_is_made():
    came = asyncio.Event()

    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:one\n\n")
        await came.wait()  # the second piece is sent only after the first has arrived
        writer.write(b":two\n\n")

    def heard(data: bytes) -> None:
        if b":one" in data:
            came.set()

    async with wire_server(script) as upstream, tunnel_proxy(upstream) as seen:
        stream = await Client(FAR, proxy=seen.proxy).open(GET, BOUNDS, heard)
        assert await stream.over(20)

    assert [chunk.data for chunk in stream.capture.chunks] == [b":one\n\n", b":two\n\n"]


def driver(proxy: Proxy) -> Driver:
    credentials = Credentials(api_key="sigmic_secret", proxy=proxy)
    return driver_of(FAR, client=Client(FAR, proxy=proxy), credentials=credentials)


async def test_a_raw_connection_works_through_a_tunnel():
    async with wire_server(answering(OK)) as upstream, tunnel_proxy(upstream) as seen:
        connection = await RawConnection.open(driver(seen.proxy))
        await connection.say(GET)
        told = await connection.answer(GET, label="first", operation="list_tasks")
        connection.close()

    assert (told.status, told.body) == (200, b"ok")


async def test_tls_is_spoken_with_the_target_and_not_with_the_proxy(tmp_path: Path):
    certificate = own_certificate(tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=serving)
    upstream = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, tunnel_proxy(upstream) as seen:
        own = await Client("https://localhost", context=trusting, proxy=seen.proxy).exchange(GET, BOUNDS)
        other = await Client("https://other.test", context=trusting, proxy=seen.proxy).exchange(GET, BOUNDS)

    assert (own.status, seen.heads[0].partition(b"\r\n")[0]) == (200, b"CONNECT localhost:443 HTTP/1.1")
    assert (other.status, other.closed) == (None, Closed.REFUSED)
    assert "certificate" in other.error.lower()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 403 Forbidden"),
        (b"HTTP/1.1 407 Login\r\n\r\n", "HTTP/1.1 407 Login; give USER:PASSWORD@ in HTTP_PROXY"),
        (b"", "no answer"),
        (b"220 mail.test ESMTP\r\n\r\n", "220 mail.test ESMTP"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "HTTP/1.1 200 OK"),
    ],
)
async def test_a_proxy_that_opens_no_tunnel_is_named_with_its_answer(answer: bytes, said: str):
    async with tunnel_proxy(answer=answer) as seen:
        found = await Client(FAR, proxy=seen.proxy).exchange(GET, BOUNDS)
        with pytest.raises(Interrupted, match="opens no tunnel"):
            await RawConnection.open(driver(seen.proxy))

    words = f"the proxy {seen.proxy} opens no tunnel to target.test:8787: {said}"
    assert (found.closed, found.error) == (Closed.REFUSED, words)


async def test_a_proxy_that_does_not_listen_or_says_nothing_is_named():
    async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with tcp_server(silence) as url:
        silent = Proxy(host="127.0.0.1", port=int(url.rpartition(":")[2]), variable="HTTP_PROXY")
        waited = await Client(FAR, proxy=silent).exchange(GET, Bounds(connect=0.2))
    refused = await Client(FAR, proxy=silent).exchange(GET, BOUNDS)

    assert waited.error == f"no connection in time, by way of the proxy {silent}"
    assert refused.error == f"the proxy {silent} can't be reached: connection refused"


def test_an_error_message_contains_no_addresses():
    refused = "[Errno 111] Connect call failed"
    both = OSError(f"Multiple exceptions: {refused} ('::1', 9, 0, 0), {refused} ('127.0.0.1', 9)")

    assert why(both) == "connection refused"
    assert why(TimeoutError(), "no connection in time") == "no connection in time"
    plain = ssl.SSLError()
    plain.reason = "WRONG_VERSION_NUMBER"
    assert why(plain) == "TLS: wrong version number"
