"""Multipart bodies: parts within their limits; malformed framing of any kind is refused.

aiohttp parses all framing. Our code parses a part's disposition, and how its content is searched is ours too.
`storage.uploads` interprets the parts.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web
from multidict import CIMultiDict, CIMultiDictProxy

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.http.body import (
    BODY_SECONDS,
    as_refusals,
    check_announced,
    check_encoding,
    say_continue,
)
from sigmic_mock.http.content_disposition import read_content_disposition
from sigmic_mock.http.observer import RequestObserver
from sigmic_mock.storage.uploads import Part

_Result = TypeVar("_Result")
_MOST_PART_HEADERS = 16
_MOST_HEADER_BYTES = 8190
MOST_PREAMBLE_BYTES = 64 * 1024
"""Bytes before the first part, its boundary included."""
MOST_PREAMBLE_LINES = 256
"""Smaller, because aiohttp reads a preamble line by line, without running other tasks."""
_PLAIN_ENCODINGS = frozenset({"", "binary", "8bit", "7bit"})
_MALFORMED = (ValueError, AssertionError, LookupError, RuntimeError, EOFError)
"""The errors of aiohttp's reader for framing that it does not understand, besides HttpProcessingError."""


class PartReader(BodyPartReader):
    """A part that returns its pieces as they arrive, without copies.

    aiohttp's reader copies every piece twice, to find a delimiter that lies across two of them. Here only the
    possible start of a delimiter is buffered.
    """

    def __init__(
        self, boundary: bytes, headers: CIMultiDictProxy[str], content: StreamReader, **options: Any
    ) -> None:
        super().__init__(boundary, headers, content, **options)
        self._source = content
        self._delimiter = b"\r\n" + boundary
        self._held = b"\r\n"
        """The possible start of a delimiter. At first this is the end of the head, which a part without any
        content may share with it."""
        self._skip = len(self._held)
        """How many bytes of `_held` are not content."""
        self._is_read = False

    async def read_chunk(self, size: int = BodyPartReader.chunk_size) -> bytes:
        """Return the next piece, of any size; it may be empty before the end. Raises what aiohttp raises."""
        if self._is_read:
            return await super().read_chunk(size)  # sees a part with no content left, and what follows it
        came = await self._source.readany()
        piece = self._held + came
        end = piece.find(self._delimiter)
        if end < 0 and came:
            end = self._beginning(piece)
            content = piece[self._skip : end]
            self._held = piece[end:]
            self._skip = self._skip if end == 0 else 0
            return content
        self._is_read = True
        end = max(end, self._skip) if came else self._skip
        with warnings.catch_warnings():
            # Deprecated since 2018 and without a replacement: aiohttp's own reader depends on it.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._source.unread_data(piece[end:])
        return piece[self._skip : end]

    def _beginning(self, piece: bytes) -> int:
        """Return where a delimiter may start that `piece` does not complete, or its length."""
        at = piece.rfind(b"\r", max(0, len(piece) - len(self._delimiter) + 1))
        return at if at >= 0 and self._delimiter.startswith(piece[at:]) else len(piece)


class FormReader(MultipartReader):
    """Stores each part's `Content-Disposition` for `content_disposition`, which parses it correctly.

    `_charset_`, which aiohttp would interpret, is an ordinary field.
    """

    part_reader_cls: type[BodyPartReader] = PartReader
    disposition: str | None = None
    """The header of the part that `next` returned last."""
    preamble_bytes = 0
    """Bytes read before the first part."""
    _preamble_lines = 0

    async def _readline(self) -> bytes:
        line = await super()._readline()
        if self._at_bof:
            self.preamble_bytes += len(line)
            self._preamble_lines += 1
            if self.preamble_bytes > MOST_PREAMBLE_BYTES or self._preamble_lines > MOST_PREAMBLE_LINES:
                raise ApiError(
                    ErrorCode.VALIDATION_ERROR,
                    f"More than {MOST_PREAMBLE_BYTES // 1024} KiB or {MOST_PREAMBLE_LINES} lines are before"
                    " the first multipart boundary",
                )
        return line

    async def fetch_next_part(self) -> MultipartReader | BodyPartReader:
        part = await super().fetch_next_part()
        headers = CIMultiDict(part.headers)
        self.disposition = headers.pop("Content-Disposition", None)
        if "Content-Disposition" in headers:
            raise ValueError("a part has two of them")
        part.headers = CIMultiDictProxy(headers)
        return part


class MultipartBody:
    """The multipart body of one request, read as it arrives."""

    def __init__(
        self, request: web.BaseRequest, limits: UploadLimits, observer: RequestObserver | None
    ) -> None:
        self.request = request
        self._limits = limits
        self._observer = observer
        self._budget = _Budget(limits.total_bytes)

    async def parts(self) -> AsyncIterator[Part]:
        """Yield the parts; read each before the next. Raises `ApiError`."""
        check_announced(self.request, self._limits.total_bytes)
        if "boundary=" not in self.request.headers["Content-Type"].lower():
            told = "Content-Type has no boundary; let your HTTP library write this header"
            raise ApiError(ErrorCode.VALIDATION_ERROR, told)
        with _as_refusals():
            reader = FormReader(
                self.request.headers,
                self.request.content,
                max_field_size=_MOST_HEADER_BYTES,
                max_headers=_MOST_PART_HEADERS,
            )
        say_continue(self.request)
        part = await _in_time(reader.next())
        self._budget.spend(reader.preamble_bytes)
        while part is not None:
            yield self.part(reader, part)
            part = await _in_time(reader.next())
        if not reader.at_eof():
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body ends without its last boundary")

    def part(self, reader: FormReader, part: BodyPartReader | MultipartReader) -> Part:
        """Return the part at which `reader` is. Raises VALIDATION_ERROR, UNSUPPORTED_MEDIA_TYPE."""
        if not isinstance(part, BodyPartReader):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A multipart body inside a part is not accepted")
        return _BodyPart(part, reader.disposition, self._budget, self._observer)


class _BodyPart:
    """One part; fulfils `storage.uploads.Part`."""

    def __init__(
        self,
        part: BodyPartReader,
        disposition: str | None,
        budget: "_Budget",
        observer: RequestObserver | None,
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
        self._observer = (
            None if observer is None else observer.began_part(self.name, self.filename, self.content_type)
        )

    async def read_chunk(self) -> bytes:
        while True:
            chunk = await _in_time(self._part.read_chunk())
            if chunk or self._part.at_eof():
                self._budget.spend(len(chunk))
                if self._observer is not None:
                    self._observer.read(chunk)
                return chunk


class _Budget:
    """The bytes that one body may have (G-27); a chunked body does not announce its length."""

    def __init__(self, total: int) -> None:
        self._left = total

    def spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE)


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
