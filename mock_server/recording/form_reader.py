"""Read the fields of a form in transit: names, texts, and the names of its files, never their content."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, StreamReader
from aiohttp.base_protocol import BaseProtocol

from sigmic_conformance.mock_server.http.content_disposition import read_content_disposition
from sigmic_conformance.mock_server.http.fields import FORM, MULTIPART
from sigmic_conformance.mock_server.recording.exchange import LARGEST_COPY, Exchange, media_type

LONGEST_FIELD = 1 << 20
_MOST_PARTS = 200
_MALFORMED = (ValueError, AssertionError, LookupError, RuntimeError, EOFError)


@dataclass(frozen=True, slots=True)
class Form:
    """The content of a form."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()


async def read_form(exchange: Exchange) -> Form | None:
    """Return the form of a request; None if its body is not a form, or is malformed."""
    media = media_type(exchange.request_headers)
    body = bytes(exchange.request.kept)
    if media == FORM and exchange.request.is_whole:
        return Form(tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    if media != MULTIPART:
        return None
    return await _parts(exchange.request_headers, body, is_whole=exchange.request.is_whole)


async def _parts(headers: Mapping[str, str], body: bytes, *, is_whole: bool) -> Form | None:
    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), LARGEST_COPY, loop=loop)
    content.feed_data(body)
    content.feed_eof()
    fields: list[tuple[str, str]] = []
    files: list[str] = []
    try:
        reader = MultipartReader(headers, content)
        while (part := await reader.next()) is not None and len(fields) + len(files) < _MOST_PARTS:
            if not isinstance(part, BodyPartReader):
                return None
            named = read_content_disposition(part.headers.get("Content-Disposition"))
            if named.filename is not None:
                files.append(named.filename)
                await part.release()
                continue
            text = bytes(await part.read(decode=False))[:LONGEST_FIELD]
            fields.append((named.name or "", text.decode("utf-8", "replace")))
    except _MALFORMED:
        # Only the start of a large upload was stored. The fields before the cut still count.
        if is_whole:
            return None
    return Form(tuple(fields), tuple(files))
