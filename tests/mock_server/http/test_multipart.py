"""Our reader of parts returns the same as aiohttp's, however a body is framed and split into pieces."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import BodyPartReader, MultipartReader, StreamReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from hypothesis import example, given
from hypothesis import strategies as st

from sigmic_mock.http.multipart import _MALFORMED, FormReader

HEADERS = {"Content-Type": "multipart/form-data; boundary=XyX"}
HEAD = b"--XyX\r\nContent-Disposition: form-data; name=a\r\n\r\n"
END = b"\r\n--XyX--\r\n"
PIECE = 64
"""Bytes per read: few, so that the pieces of aiohttp's own reader are as irregular as ours."""

TOKENS = (
    *(
        HEAD,
        END,
        b"\r\n" + HEAD,
        b"--XyX",
        b"\r\n--XyX",
        b"--XyX--",
        b"\r\n\r\n",
        b"--Xy",
        b"\n",
        b"\r",
        b"\r\r\n",
    ),
    *(
        b"\r\n--XyX \t\r\n",
        b"\r\n--XyXy\r\n",
        b"\r\n--XyX-\r\n",
        b"\r\n--Xy\r\n--XyX",
        b"-",
        b"X",
        b"y" * 90,
        b":",
    ),
    *(
        b"A: b\r\n",
        b"nocolon\r\n",
        b"Content-Type: multipart/mixed; boundary=Y\r\n",
        b"Content-Length: 1\r\n",
    ),
)
BODIES = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=8), max_size=12).map(b"".join)
WHOLE = st.lists(BODIES, min_size=1, max_size=3).map(
    lambda contents: HEAD + (b"\r\n" + HEAD).join(contents) + END
)


class AiohttpsReader(FormReader):
    """Our reader, with aiohttp's parts."""

    part_reader_cls = BodyPartReader


async def content(pieces: Sequence[bytes], arriving: str) -> StreamReader:
    """Return the pieces as a body: all "there" from the beginning, or each "later" than the one before."""
    loop = asyncio.get_running_loop()
    protocol = BaseProtocol(loop)
    protocol.connection_made(asyncio.Transport())
    stream = StreamReader(protocol, 2**16, loop=loop)
    rest = iter(pieces)

    def feed() -> None:
        piece = next(rest, None)
        if piece is None:
            stream.feed_eof()
            return
        stream.feed_data(piece)
        loop.call_soon(feed)

    if arriving == "there":
        for piece in pieces:
            stream.feed_data(piece)
        stream.feed_eof()
    else:
        loop.call_soon(feed)
    return stream


async def read(kind: type[FormReader], stream: StreamReader) -> list[Any]:
    """Return the headers and content of each part of a body, and how the body ends."""
    said: list[Any] = []
    try:
        reader = kind(HEADERS, stream, max_headers=16)
        while (part := await reader.next()) is not None:
            if isinstance(part, MultipartReader):
                return [*said, "nested"]
            whole = b""
            while not part.at_eof():
                whole += await part.read_chunk(PIECE)
            said.append((reader.disposition, dict(part.headers), whole))
        said.append("ended" if reader.at_eof() else "cut")
    except (*_MALFORMED, HttpProcessingError) as problem:
        said.append(type(problem))
    return said


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    marks = sorted({0, len(body), *(place for place in places if place < len(body))})
    return [body[start:end] for start, end in pairwise(marks)]


@pytest.mark.filterwarnings("ignore:unread_data:DeprecationWarning")  # a warning of aiohttp's about itself
@given(BODIES | WHOLE, st.lists(st.integers(0, 600), max_size=20), st.sampled_from(["there", "later"]))
@example(HEAD + b"--XyX--\r\n", [], "there")
@example(HEAD + b"\r\n--XyX" + b"y" * 200 + END, [], "there")
@example(HEAD + b"\r" * 300 + END, list(range(0, 300, 7)), "later")
@example(b"before\r\n" + HEAD + b"hi" + END + b"after\r\nthat", [3], "later")
@example(HEAD + b"hi", [], "later")
def test_a_body_says_the_same_to_both(body: bytes, places: list[int], arriving: str):
    pieces = cut(body, places)

    async def both() -> tuple[list[Any], list[Any]]:
        theirs = await read(AiohttpsReader, await content(pieces, arriving))
        return theirs, await read(FormReader, await content(pieces, arriving))

    theirs, ours = asyncio.run(both())

    assert ours == theirs


@pytest.mark.parametrize("at", range(len(HEAD), len(HEAD) + 4 + len(END)))
async def test_a_delimiter_may_come_in_two_pieces(at: int):
    body = HEAD + b"hi\r\n" + END

    (_, _, whole), how = await read(FormReader, await content(cut(body, [at]), "later"))

    assert (whole, how) == (b"hi\r\n", "ended")
