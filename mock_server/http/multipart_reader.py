"""aiohttp's multipart reader, but for who reads a part's disposition and how its content is looked through.

aiohttp judges all framing. Of a part's content it copies every piece twice, to find a delimiter that lies
across two of them; here only the beginning of what may be one is kept back.
"""

import asyncio
import warnings
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, StreamReader
from multidict import CIMultiDict, CIMultiDictProxy

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode

MOST_PREAMBLE_BYTES = 64 * 1024
"""Before the first part, its boundary included."""
_LINES_AT_A_TIME = 256
"""aiohttp reads a preamble that is there already line by line without letting anybody else run."""


class PartReader(BodyPartReader):
    """A part whose pieces are what has arrived, uncopied."""

    def __init__(
        self, boundary: bytes, headers: CIMultiDictProxy[str], content: StreamReader, **options: Any
    ) -> None:
        super().__init__(boundary, headers, content, **options)
        self._source = content
        self._delimiter = b"\r\n" + boundary
        self._held = b"\r\n"
        """What may be the beginning of a delimiter: at first the end of the head, which a part without any
        content may share with it."""
        self._skip = len(self._held)
        """How much of `_held` is not content."""
        self._is_read = False

    async def read_chunk(self, size: int = BodyPartReader.chunk_size) -> bytes:
        """Return the next piece, however large; maybe empty before the end. Raises what aiohttp's raises."""
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
            # Deprecated since 2018 and without a replacement: aiohttp's own reader lives by it.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._source.unread_data(piece[end:])
        return piece[self._skip : end]

    def _beginning(self, piece: bytes) -> int:
        """Return where a delimiter may begin that `piece` does not end, or its length."""
        at = piece.rfind(b"\r", max(0, len(piece) - len(self._delimiter) + 1))
        return at if at >= 0 and self._delimiter.startswith(piece[at:]) else len(piece)


class FormReader(MultipartReader):
    """Keeps each part's `Content-Disposition` for `content_disposition`, which reads it better.

    `_charset_`, which aiohttp would take from it, is an ordinary field.
    """

    part_reader_cls: type[BodyPartReader] = PartReader
    disposition: str | None = None
    """The header of the part that `next` returned last."""
    first_line: bytes | None = None
    """What the body begins with: the first boundary, unless there is text before it."""
    preamble_bytes = 0
    """What was read before the first part."""
    _preamble_lines = 0

    async def _readline(self) -> bytes:
        line = await super()._readline()
        if self._at_bof:
            self.preamble_bytes += len(line)
            if self.preamble_bytes > MOST_PREAMBLE_BYTES:
                raise ApiError(
                    ErrorCode.VALIDATION_ERROR, "More than 64 KiB stand before the first multipart boundary"
                )
            self._preamble_lines += 1
            if self._preamble_lines % _LINES_AT_A_TIME == 0:
                await asyncio.sleep(0)
        if self.first_line is None:
            self.first_line = line
        return line

    async def fetch_next_part(self) -> MultipartReader | BodyPartReader:
        part = await super().fetch_next_part()
        headers = CIMultiDict(part.headers)
        self.disposition = headers.pop("Content-Disposition", None)
        if "Content-Disposition" in headers:
            raise ValueError("a part has two of them")
        part.headers = CIMultiDictProxy(headers)
        return part
