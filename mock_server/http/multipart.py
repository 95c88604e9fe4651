"""Multipart bodies: parts within their limits, and every way in which framing can be malformed a refusal.

What the parts mean is `storage.uploads`' business.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from aiohttp import BodyPartReader, web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.http.body import BODY_SECONDS, as_refusals, check_encoding, say_continue
from sigmic_conformance.mock_server.http.content_disposition import read_content_disposition
from sigmic_conformance.mock_server.http.journal_recorder import RequestNotes, notes_of
from sigmic_conformance.mock_server.http.multipart_reader import FormReader
from sigmic_conformance.mock_server.storage.uploads import Part

_Result = TypeVar("_Result")
_MOST_PART_HEADERS = 16
_MOST_HEADER_BYTES = 8190
_PLAIN_ENCODINGS = frozenset({"", "binary", "8bit", "7bit"})
_MALFORMED = (ValueError, AssertionError, LookupError, RuntimeError, EOFError)
"""What aiohttp's reader raises on framing it does not understand, besides its own HttpProcessingError."""


class _BodyPart:
    """One part; fulfils `storage.uploads.Part`."""

    def __init__(
        self,
        part: BodyPartReader,
        disposition: str | None,
        budget: "_Budget",
        notes: RequestNotes | None,
    ) -> None:
        with _as_refusals():
            named = read_content_disposition(disposition)
        self.name = named.name
        self.filename = named.filename
        self.content_type = part.headers.get("Content-Type")
        if part.headers.get("Content-Transfer-Encoding", "").lower() not in _PLAIN_ENCODINGS:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "Send parts without Content-Transfer-Encoding")
        check_encoding(part.headers)
        self._part = part
        self._budget = budget
        self._own_notes = None if notes is None else notes.part(self.name, self.filename, self.content_type)

    async def read_chunk(self) -> bytes:
        while True:
            chunk = await _in_time(self._part.read_chunk())
            if chunk or self._part.at_eof():
                self._budget.spend(len(chunk))
                if self._own_notes is not None:
                    self._own_notes.add(chunk)
                return chunk


class _Budget:
    """The bytes that one body may hold (G-27); a chunked body does not announce its length."""

    def __init__(self, total: int) -> None:
        self._left = total

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE)


async def read_parts(
    request: web.BaseRequest, limits: UploadLimits, refuses_preamble: Callable[[], bool] = lambda: False
) -> AsyncIterator[Part]:
    """Yield the parts of a multipart body; read each before the next is asked for. Raises `ApiError`.

    `refuses_preamble` is asked when there is text before the first boundary: only a fault says yes.
    """
    check_encoding(request.headers)
    if (request.content_length or 0) > limits.total_bytes:
        raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE)
    with _as_refusals():
        reader = FormReader(
            request.headers,
            request.content,
            max_field_size=_MOST_HEADER_BYTES,
            max_headers=_MOST_PART_HEADERS,
        )
    say_continue(request)
    budget = _Budget(limits.total_bytes)
    notes = notes_of(request)
    part = await _in_time(reader.next())
    budget.spend(reader.preamble_bytes)
    while part is not None:
        if not (reader.first_line or b"").startswith(b"--") and refuses_preamble():
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body does not begin with its boundary")
        if not isinstance(part, BodyPartReader):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A multipart body inside a part is not accepted")
        yield _BodyPart(part, reader.disposition, budget, notes)
        part = await _in_time(reader.next())
    if not reader.at_eof():
        raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body ends without its last boundary")


async def _in_time(reading: Awaitable[_Result]) -> _Result:
    with _as_refusals():
        async with asyncio.timeout(BODY_SECONDS):
            return await reading


@contextmanager
def _as_refusals() -> Iterator[None]:
    with as_refusals("The body stopped arriving"):
        try:
            yield
        except _MALFORMED:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart framing is malformed") from None
