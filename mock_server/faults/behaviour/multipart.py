"""Faults of multipart framing: what is right is refused."""

from aiohttp import BodyPartReader, MultipartReader, web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.faults.asker import Asker
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
    ) -> None:
        super().__init__(request, limits, observer)
        self._asker = asker

    def part(self, reader: FormReader, part: BodyPartReader | MultipartReader) -> Part:
        first = reader.first_line if isinstance(reader, _FirstLineReader) else None
        if not (first or b"").startswith(b"--") and self._asker.wanted("upload.preamble"):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The multipart body does not begin with its boundary")
        return super().part(reader, part)
