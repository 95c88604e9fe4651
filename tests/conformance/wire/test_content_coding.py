"""What a client reads of an encoded body: its content, or why it cannot be read."""

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest

from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Capture, Request
from sigmic_conformance.wire.transcript import Closed
from tests.fakes.wire_server import answering, wire_server

TEXT = b'{"success": true}'
BOUNDS = Bounds(body=10_000)


def raw_deflate(data: bytes) -> bytes:
    compress = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compress.compress(data) + compress.flush()


async def received(body: bytes, coding: str, *, offered: str | None, status: str = "200 OK") -> Capture:
    head = f"HTTP/1.1 {status}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    headers = () if offered is None else (("accept-encoding", offered),)
    request = Request(method="GET", target="/x", headers=headers)
    async with wire_server(answering(head.encode() + body)) as url:
        return await Client(url).exchange(request, BOUNDS)


def content(capture: Capture) -> bytes:
    return b"".join(chunk.data for chunk in capture.chunks)


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
    ],
)
async def test_a_coding_that_was_offered_is_undone(coding: str, encode: Callable[[bytes], bytes]):
    body = encode(TEXT)

    found = await received(body, coding, offered="gzip;q=1.0, Deflate, br")

    assert content(found) == TEXT
    assert (found.size, found.coded, found.closed) == (len(TEXT), len(body), Closed.COMPLETE)


@pytest.mark.parametrize(("coding", "offered"), [("gzip", None), ("gzip", "br"), ("br", "gzip, br")])
async def test_a_coding_that_was_not_offered_or_is_unknown_stays(coding: str, offered: str | None):
    body = gzip.compress(TEXT)

    found = await received(body, coding, offered=offered)

    assert (content(found), found.coded, found.closed) == (body, None, Closed.COMPLETE)


async def test_a_part_of_a_file_stays_encoded():
    found = await received(gzip.compress(TEXT)[:9], "gzip", offered="gzip", status="206 Partial Content")

    assert (found.size, found.coded, found.closed) == (9, None, Closed.COMPLETE)


async def test_a_body_without_its_announced_coding_is_malformed():
    found = await received(b"plain text", "gzip", offered="gzip")

    assert found.closed is Closed.MALFORMED
    assert found.error.startswith("the body is not gzip: ")


async def test_a_body_without_the_end_of_its_coding_is_read_as_far_as_it_goes():
    found = await received(gzip.compress(TEXT)[:-5], "gzip", offered="gzip")

    assert (content(found), found.closed) == (TEXT, Closed.COMPLETE)


async def test_a_small_body_that_decodes_to_a_large_one_is_not_read_to_its_end():
    found = await received(gzip.compress(bytes(50_000_000)), "gzip", offered="gzip")

    assert (found.closed, found.error) == (Closed.BOUND, "more than 10,000 bytes")
    assert found.size <= BOUNDS.body


async def test_each_event_of_an_encoded_stream_has_the_time_at_which_it_can_be_read():
    compress = zlib.compressobj(wbits=31)
    first = compress.compress(b"data: 1\n\n") + compress.flush(zlib.Z_SYNC_FLUSH)
    rest = compress.compress(b"data: 2\n\n") + compress.flush()
    read = asyncio.Event()

    async def script(_: bytes, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + first)
        await writer.drain()
        await read.wait()
        writer.write(rest)

    def on_data(data: bytes) -> None:
        if data == b"data: 1\n\n":
            read.set()

    request = Request(method="GET", target="/x", headers=(("Accept-Encoding", "gzip"),))
    async with wire_server(script) as url:
        connection = await Client(url).open(request, BOUNDS, on_data)
        assert await connection.over(5)

    one, two = connection.capture.chunks
    assert (one.data, two.data) == (b"data: 1\n\n", b"data: 2\n\n")
    assert one.at < two.at
