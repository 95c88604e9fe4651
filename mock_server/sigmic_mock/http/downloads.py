"""One open file as an HTTP answer: name, type, length, validators, one byte range (G-84, RFC 9110, RFC 6266).

The agent may write the file while it is sent. Exactly the announced number of bytes is sent, or the
connection is aborted, so that no client mistakes half a file for a whole one.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import BinaryIO
from urllib.parse import quote

from aiohttp import web

from sigmic_mock.storage.workspaces import OpenArtifact

_PIECE_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})", re.ASCII | re.IGNORECASE)
_TOKEN_UNSAFE = re.compile(r"[^A-Za-z0-9 !#$%&'()+,\-.;=@\[\]^_`{}~]")


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes to send: `length` bytes from `start`."""

    start: int
    length: int


class OutOfRange(Exception):
    """The requested range contains no byte of the file."""


def read_range(header: str | None, size: int) -> Span | None:
    """Return the requested range; None if there is none, or it is not supported: then send everything."""
    asked = _RANGE.fullmatch(header.strip()) if header else None
    if asked is None or asked[0].lower() == "bytes=-":
        return None
    first, last = asked[1], asked[2]
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise OutOfRange
        return Span(size - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise OutOfRange
    end = min(int(last), size - 1) if last else size - 1
    return Span(start, end - start + 1)


def is_unchanged(if_none_match: str | None, etag: str) -> bool:
    """True if the client has this version (weak comparison)."""
    if if_none_match is None:
        return False
    held = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in held or "*" in held


def disposition(name: str) -> str:
    """Return `attachment` with the name for old and new clients. No character of it can end the value."""
    plain = _TOKEN_UNSAFE.sub("_", name)
    value = f'attachment; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


class FileSender:
    """Answers one GET or HEAD request with a file."""

    def __init__(self, request: web.BaseRequest, headers: Mapping[str, str]) -> None:
        """`headers` are those of every answer to the request."""
        self.request = request
        self.headers = headers

    async def send(self, artifact: OpenArtifact) -> web.StreamResponse:
        """Send the file, or the requested part of it, and close it."""
        try:
            return await self.transmit(artifact, *self.head(artifact))
        finally:
            await asyncio.to_thread(artifact.file.close)

    def head(self, artifact: OpenArtifact) -> tuple[web.StreamResponse, Span | None]:
        """Return the answer's head, and the bytes of its body (None for no body at all)."""
        asked = self.request.headers
        common = {
            **self.headers,
            "ETag": artifact.etag,
            "Last-Modified": formatdate(artifact.modified_at // 1000, usegmt=True),
            "Accept-Ranges": "bytes",
        }
        if is_unchanged(asked.get("If-None-Match"), artifact.etag):
            return web.StreamResponse(status=304, headers=common), None
        # A range of a version that the client does not have would mix two files (If-Range).
        held = asked.get("If-Range")
        wanted = asked.get("Range") if held is None or held == artifact.etag else None
        try:
            part = read_range(wanted, artifact.size)
        except OutOfRange:
            return self.out_of_range(artifact, common)
        return self.described(artifact, common, part)

    def described(
        self, artifact: OpenArtifact, common: Mapping[str, str], part: Span | None
    ) -> tuple[web.StreamResponse, Span]:
        """Return the head of the whole file, or of a part of it."""
        span = part or Span(0, artifact.size)
        headers = {
            **common,
            "Content-Disposition": disposition(artifact.name),
            "Content-Type": artifact.mime_type,
            "Content-Length": str(span.length),
        }
        if part is None:
            return web.StreamResponse(headers=headers), span
        headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{artifact.size}"
        return web.StreamResponse(status=206, headers=headers), span

    def out_of_range(
        self, artifact: OpenArtifact, common: Mapping[str, str]
    ) -> tuple[web.StreamResponse, Span | None]:
        """Return the refusal of a range without a byte of the file."""
        headers = {**common, "Content-Range": f"bytes */{artifact.size}", "Content-Length": "0"}
        return web.StreamResponse(status=416, headers=headers), None

    async def transmit(
        self, artifact: OpenArtifact, answer: web.StreamResponse, span: Span | None
    ) -> web.StreamResponse:
        """Send the head, and for GET the bytes that belong to it."""
        await answer.prepare(self.request)
        if span is not None and self.request.method != "HEAD":
            await _send(self.request, answer, artifact.file, span)
        await answer.write_eof()
        return answer


async def _send(request: web.BaseRequest, answer: web.StreamResponse, file: BinaryIO, span: Span) -> None:
    await asyncio.to_thread(file.seek, span.start)
    left = span.length
    while left:
        piece = await asyncio.to_thread(file.read, min(left, _PIECE_BYTES))
        if not piece:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionAbortedError("the file became shorter while it was sent")
        left -= len(piece)
        await answer.write(piece)
