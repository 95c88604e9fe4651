"""A connection that hands over to a stream, and reads in small amounts while its lines are short."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from sigmic_mock.http.connection import (
    DENSE_READ,
    FIRST_READ,
    MOST_READ,
    Connection,
    ConnectionFactory,
)
from sigmic_mock.runtime.ids import RandomIds
from tests.fakes.served import Served, reply_of
from tests.fakes.transport import RecordingTransport
from tests.fakes.waiting import eventually


class Successor(asyncio.Protocol):
    """Records whether it was asked to pause."""

    paused = False

    def pause_writing(self) -> None:
        self.paused = True


async def _unasked(_request: web.BaseRequest) -> web.StreamResponse:
    raise AssertionError("nobody asked anything")


async def connected() -> tuple[Connection, Any, ConnectionFactory]:
    factory = ConnectionFactory(_unasked, RandomIds(), access_log=None)
    connection, wire = factory(), RecordingTransport()
    transport: Any = wire
    connection.connection_made(transport)
    await asyncio.sleep(0)
    return connection, transport, factory


async def test_what_is_handed_over_stays_open_and_is_no_longer_the_servers():
    connection, transport, factory = await connected()
    successor = Successor()

    handed_over: Any = connection.hand_over(successor)

    assert handed_over is transport
    assert transport.protocol is successor
    assert not transport.closing
    assert not successor.paused
    assert connection.transport is None
    await eventually(lambda: factory.connections == [])


async def test_a_successor_learns_that_the_client_is_behind_and_hears_it_again():
    connection, transport, _ = await connected()
    connection.pause_writing()
    transport.reading = False
    successor = Successor()

    connection.hand_over(successor)

    assert successor.paused
    assert transport.reading


async def test_a_connection_that_is_lost_cannot_be_handed_over():
    connection, transport, _ = await connected()
    transport.close()

    with pytest.raises(ConnectionResetError):
        connection.hand_over(Successor())
    connection.connection_lost(None)


def receive(connection: Connection, data: bytes) -> int:
    """Receive `data` as the event loop does; return how many bytes one pass read."""
    space = connection.get_buffer(-1)
    taken = min(len(space), len(data))
    space[:taken] = data[:taken]
    connection.buffer_updated(taken)
    return taken


async def test_little_is_read_at_a_time_while_lines_are_short():
    connection, _, _ = await connected()
    head = b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    short, long = b"1\r\nx\r\n" * MOST_READ, b"%x\r\n" % (3 * MOST_READ) + b"x" * 3 * MOST_READ + b"\r\n"

    assert receive(connection, head + short) == FIRST_READ
    assert receive(connection, short[4:]) == DENSE_READ
    connection.connection_lost(None)

    connection, _, _ = await connected()
    assert receive(connection, head + long) == FIRST_READ
    assert receive(connection, b"x" * MOST_READ) == MOST_READ
    assert receive(connection, b"x" * MOST_READ) == MOST_READ
    connection.connection_lost(None)


@pytest.mark.parametrize("body", [b"", b'{"message": "What is 2+2?"}'])
async def test_a_client_that_sends_no_more_gets_its_answer(mock: Served, body: bytes):
    how = ("Content-Type: application/json", f"Content-Length: {len(body)}") if body else ()
    head = mock.head("POST" if body else "GET", "/api/v1/tasks", *how).replace(b"Connection: close\r\n", b"")

    for _ in range(10):
        reply = reply_of(await mock.raw(head + body, then_close=True))
        assert reply.status == (201 if body else 200)


async def test_a_client_that_sends_no_more_gets_the_whole_stream(mock: Served):
    task = await mock.create("What is 2+2?")

    stream = await mock.raw(mock.head("GET", f"/api/v1/tasks/{task}/stream"), then_close=True)

    assert b"event: done" in stream
    assert stream.endswith(b"0\r\n\r\n")
