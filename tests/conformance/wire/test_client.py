import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from sigmic_conformance.wire.bodies import JSON, FilePart, Form, Plain
from sigmic_conformance.wire.client import Client, retry_after
from sigmic_conformance.wire.connection import READ_BYTES, Bounds, Capture, Request
from sigmic_conformance.wire.transcript import KEPT_BYTES, Closed, Framing
from tests.fakes.waiting import eventually
from tests.fakes.wire_server import answering, hanging, reset, wire_server

SMALL = Bounds(body=10_000)
GET = Request(method="GET", target="/x")


async def capture(raw: bytes, request: Request = GET, bounds: Bounds = SMALL) -> Capture:
    async with wire_server(answering(raw)) as url:
        return await Client(url).exchange(request, bounds)


async def test_head_is_kept_byte_for_byte_with_case_and_order():
    head = b"HTTP/1.1 200 Fine\r\nX-Second: 2\r\nx-First: 1\r\nContent-Length: 2\r\n\r\n"

    found = await capture(head + b"ok")

    assert found.head == head
    assert found.headers == (("X-Second", "2"), ("x-First", "1"), ("Content-Length", "2"))
    assert (found.status, found.closed, found.framing) == (200, Closed.COMPLETE, Framing.LENGTH)
    assert b"".join(chunk.data for chunk in found.chunks) == b"ok"


@pytest.mark.parametrize(
    ("raw", "framing", "closed"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", Framing.CHUNKED, Closed.COMPLETE),
        (b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Framing.CHUNKED, Closed.TRUNCATED),
        (b"Content-Length: 5\r\n\r\nok", Framing.LENGTH, Closed.TRUNCATED),
        (b"Connection: close\r\n\r\nok", Framing.CLOSE, Closed.COMPLETE),
    ],
)
async def test_complete_and_truncated_bodies_are_distinguished(raw: bytes, framing: Framing, closed: Closed):
    found = await capture(b"HTTP/1.1 200 OK\r\n" + raw)

    assert (found.framing, found.closed) == (framing, closed)


@pytest.mark.parametrize(("method", "surplus"), [("GET", 3), ("HEAD", 5)])
async def test_bytes_after_the_message_are_counted(method: str, surplus: int):
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmor"

    found = await capture(raw, Request(method=method, target="/x"))

    assert (found.surplus, found.closed) == (surplus, Closed.COMPLETE)


async def test_a_body_that_comes_a_moment_after_a_head_is_counted():
    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(b"ok")
        await writer.drain()

    async with wire_server(script) as url:
        found = await Client(url).exchange(Request(method="HEAD", target="/x"), SMALL)

    assert (found.surplus, found.size, found.closed) == (2, 0, Closed.COMPLETE)


@pytest.mark.parametrize(
    ("raw", "closed", "error"),
    [
        (b"", Closed.TRUNCATED, "the server closed the connection without an answer"),
        (b"HTT", Closed.TRUNCATED, "the server closed the connection within the response head"),
        (b"SSH-2.0-Open\r\n", Closed.MALFORMED, r'not HTTP: the answer begins with "SSH-2.0-Open\r\n"'),
        (b"\x00\x01", Closed.MALFORMED, r'not HTTP: the answer begins with "\u0000\u0001"'),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"x" * (1 << 17) + b"\r\n\r\n",
            Closed.MALFORMED,
            "the response head is longer than 131,072 bytes",
        ),
    ],
)
async def test_an_answer_without_a_response_head_shows_the_received_bytes(
    raw: bytes, closed: Closed, error: str
):
    found = await capture(raw)

    assert (found.status, found.closed, found.error) == (None, closed, error)


async def test_a_banner_of_another_protocol_is_known_before_its_server_closes():
    async def script(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        await reader.read()

    async with wire_server(script) as url:
        assert (await Client(url).exchange(GET, Bounds(head=5.0))).closed is Closed.MALFORMED


async def test_a_body_in_the_same_packet_is_not_part_of_the_head():
    found = await capture(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (1 << 18), bounds=Bounds())

    assert (found.closed, found.size) == (Closed.COMPLETE, 1 << 18)
    # Little at a time, so that a flood delays no other connection.
    assert max(len(chunk.data) for chunk in found.chunks) <= READ_BYTES


async def test_a_target_that_hangs_costs_a_deadline():
    async with wire_server(hanging) as url:
        found = await Client(url).exchange(GET, Bounds(head=0.1))

    assert (found.status, found.closed) == (None, Closed.DEADLINE)


async def test_a_target_that_floods_costs_a_bound():
    found = await capture(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000)

    assert found.closed is Closed.BOUND
    assert found.size > SMALL.body
    assert sum(len(chunk.data) for chunk in found.chunks) <= SMALL.body


async def test_only_the_recorded_part_of_a_long_body_is_kept():
    length = 3 * KEPT_BYTES

    found = await capture(
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length, bounds=Bounds()
    )

    assert (found.closed, found.size) == (Closed.COMPLETE, length)
    assert KEPT_BYTES < sum(len(chunk.data) for chunk in found.chunks) < KEPT_BYTES + 3 * READ_BYTES


async def test_a_reset_is_recorded_as_one():
    heard = asyncio.Event()

    async def script(_, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        await heard.wait()
        reset(writer)

    async with wire_server(script) as url:
        connection = await Client(url).open(GET, Bounds())
        await eventually(lambda: connection.capture.size == 4)
        heard.set()
        await connection.over(10)

    assert connection.capture.closed is Closed.RESET


@pytest.mark.parametrize("turns", range(1, 7))
async def test_a_connection_that_is_let_go_while_it_is_opened_is_closed_once_it_is_there(turns: int):
    """The client closes `turns` of the loop after it starts to connect: not connected, connected, sent."""
    begun, gone = asyncio.Event(), asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        gone.set()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server, asyncio.timeout(5):
        client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        opening = asyncio.create_task(client.exchange(GET, Bounds()))
        for _ in range(turns):
            await asyncio.sleep(0)
        client.close()
        found = await opening
        await begun.wait()
        await gone.wait()

    assert found.closed is Closed.HUNG_UP


async def test_a_closed_port_is_refused():
    async with wire_server(hanging) as url:
        pass

    found = await Client(url).exchange(GET, SMALL)

    assert (found.closed, found.error) == (Closed.REFUSED, "connection refused")


async def test_a_redirect_is_recorded_and_not_followed():
    found = await capture(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    assert found.status == 302


async def test_informational_answers_are_passed_over():
    found = await capture(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")

    assert (found.status, found.head[:12], found.framing) == (204, b"HTTP/1.1 204", Framing.NONE)


async def test_an_early_refusal_is_read_while_the_body_is_still_being_sent():
    answered = asyncio.Event()

    async def script(_, __, writer):
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        await answered.wait()

    body = Form({"message": "x"}, [FilePart("large.bin", size=64 << 20)])
    async with wire_server(script) as url:
        found = await Client(url).exchange(Request(method="POST", target="/", body=body), Bounds(total=10))
        answered.set()

    assert (found.status, found.sent_whole) == (413, False)


@dataclass(frozen=True)
class SlowBody:
    """A body whose first portion is only there when a server thread has answered and closed."""

    over: threading.Event
    size: int = 2
    content_type: str = JSON
    description: tuple[str, ...] = ()

    def portions(self) -> Iterator[bytes]:
        assert self.over.wait(5)
        yield from (b"{", b"}")


async def test_an_early_refusal_is_read_even_if_the_connection_is_lost_while_the_body_is_sent():
    over = threading.Event()

    def refuse(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(READ_BYTES)
            connection.sendall(b"HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        over.set()

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        refusing = pool.submit(refuse, server)
        request = Request(method="POST", target="/", body=SlowBody(over))
        found = await Client(f"http://127.0.0.1:{server.getsockname()[1]}").exchange(request, SMALL)
        refusing.result(5)

    assert (found.status, found.closed, found.size) == (401, Closed.COMPLETE, 2)


async def test_pieces_keep_their_own_arrival_times():
    heard = asyncio.Event()

    async def script(_, __, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\na")
        await heard.wait()
        writer.write(b"b")

    async with wire_server(script) as url:
        connection = await Client(url).open(GET, Bounds())
        await eventually(lambda: connection.capture.size == 1)
        between = time.monotonic_ns()
        heard.set()
        await connection.over(10)

    first, second = connection.capture.chunks
    assert (first.data, second.data) == (b"a", b"b")
    assert first.at <= between <= second.at


async def test_the_server_receives_the_request_as_described():
    received = []

    async def script(head, reader, writer):
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        received.extend([head, await reader.readexactly(length)])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    form = Form({"message": "hé"}, [FilePart('a"b.txt', b"one"), FilePart("seed.bin", size=300_000)])
    async with wire_server(script) as url:
        request = Request(method="POST", target="/p?q=1", headers=(("X-Key", "k"),), body=form)
        await Client(url + "/base").exchange(request, Bounds())

    assert received[0].startswith(b"POST /base/p?q=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"X-Key: k\r\n" in received[0]
    assert len(received[1]) == form.size
    assert b'name="message"\r\n\r\nh\xc3\xa9\r\n' in received[1]
    assert b'filename="a%22b.txt"' in received[1]


async def test_a_post_without_a_body_says_that_it_has_none():
    received = []

    async def script(head, _, writer):
        received.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with wire_server(script) as url:
        await Client(url).exchange(Request(method="POST", target="/"), Bounds())

    assert b"Content-Length: 0" in received[0]


def test_plain_bodies_and_retry_after():
    assert list(Plain(b"x").portions()) == [b"x"]
    assert retry_after((("Retry-After", "7"),), 10) == 7
    assert retry_after((("Retry-After", "700"),), 10) == 10
    assert retry_after((("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),), 10) == 1


@pytest.mark.parametrize("url", ["ftp://x", "x", "http://"])
def test_only_http_urls_are_targets(url: str):
    with pytest.raises(ValueError, match="not an http"):
        Client(url)
