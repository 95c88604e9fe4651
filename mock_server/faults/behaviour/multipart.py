"""Faults of multipart framing: what is right is refused."""

from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.sent_message import SentFile, SentMessage
from sigmic_conformance.mock_server.http.multipart import FormReader, MultipartBody
from sigmic_conformance.mock_server.http.observer import RequestObserver
from sigmic_conformance.mock_server.storage.uploads import Part


class _FirstLineReader(FormReader):
    """Remembers what the body begins with: the first boundary, unless there is text before it."""

    first_line: bytes | None = None

    async def _readline(self) -> bytes:
        line = await super()._readline()
        if self.first_line is None:
            self.first_line = line
        return line


class FaultyMultipartBody(MultipartBody):
    """Refuses text before the first boundary, when a fault wants it."""

    kind = _FirstLineReader

    def __init__(
        self,
        request: web.BaseRequest,
        limits: UploadLimits,
        observer: RequestObserver | None,
        asker: Asker,
        sent: SentMessage,
    ) -> None:
        super().__init__(request, limits, observer)
        self._asker = asker
        self._sent = sent

    def part(self, reader: FormReader, part: BodyPartReader | MultipartReader) -> Part:
        first = reader.first_line if isinstance(reader, _FirstLineReader) else None
        if not (first or b"").startswith(b"--") and self._asker.wanted("upload.preamble"):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body does not begin with its boundary")
        return self._noted(super().part(reader, part))

    def _noted(self, part: Part) -> Part:
        """Note a part, and the bytes of a file while they are read."""
        self._sent.parts.append(part.name or "")
        if not part.filename:
            return part
        file = SentFile(part.filename)
        self._sent.files.append(file)
        return _CountedPart(part, file)


@dataclass(frozen=True, slots=True)
class _CountedPart:
    """A file part of which the bytes are counted; fulfils `storage.uploads.Part`."""

    part: Part
    file: SentFile

    @property
    def name(self) -> str | None:
        return self.part.name

    @property
    def filename(self) -> str | None:
        return self.part.filename

    @property
    def content_type(self) -> str | None:
        return self.part.content_type

    async def read_chunk(self) -> bytes:
        chunk = await self.part.read_chunk()
        self.file.size += len(chunk)
        return chunk
