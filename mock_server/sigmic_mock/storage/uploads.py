"""Receive the parts of a multipart body: files to disk with constant memory, text to strings.

The event loop writes files as they arrive: a thread per chunk halves the throughput
(docs/explanations/uploads.md). Work on many files, or on a whole file, runs in a thread.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.filenames import BadName, upload_name
from sigmic_mock.domain.upload_rules import FILES_PART, UploadLimits
from sigmic_mock.storage.file_work import in_thread
from sigmic_mock.storage.placing import UPLOADS
from sigmic_mock.storage.staging import Brought, StagedUpload, Staging, Stored, UploadTree


class Part(Protocol):
    """One part of a multipart body, as the HTTP layer reads it."""

    @property
    def name(self) -> str | None:
        """The part's `name` parameter; None if it is missing."""

    @property
    def filename(self) -> str | None:
        """The part's `filename` as sent; None if it is missing (then it is a text field)."""

    @property
    def content_type(self) -> str | None:
        """The part's Content-Type, if any."""

    async def read_chunk(self) -> bytes:
        """Return the next piece, at most some hundred KiB; empty only at the end of the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A whole multipart body: text fields in order, as sent (names may repeat), and files (maybe none)."""

    fields: tuple[tuple[str, str], ...]
    upload: StagedUpload


class Reception:
    """Receives one multipart body. Call `receive`; the other methods are its steps."""

    def __init__(self, staging: Staging, limits: UploadLimits) -> None:
        self.staging = staging
        self.limits = limits
        self.area: Path | None = None
        """Its directory in staging, once there is a file."""
        self.stored: list[Stored] = []
        self.fields: list[tuple[str, str]] = []
        self._text_bytes = 0

    async def receive(self, parts: AsyncIterator[Part]) -> Received:
        """Read every part. If it raises `ApiError` or is cancelled, no file is left on disk (G-28).

        The caller must `commit` or `discard` the upload in the result.
        """
        try:
            return await self.read(parts)
        except BaseException:
            if self.area is not None:
                await self.staging.remove(self.area)
            raise

    async def read(self, parts: AsyncIterator[Part]) -> Received:
        """Read every part, then examine the files."""
        async for part in parts:
            await self.take(part)
        return await self.finish()

    async def take(self, part: Part) -> None:
        """Read one part, or refuse the request as early as possible."""
        if part.filename is None:
            await self.take_text(part)
        elif part.name != FILES_PART:
            message = f"Files are sent in parts named `{FILES_PART}`"
            raise ApiError(ErrorCode.VALIDATION_ERROR, message)  # G-35
        elif part.filename:
            await self.take_file(part, part.filename)
        elif await part.read_chunk():
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A file has no name")
        # else: a browser's file field without a selected file

    async def take_text(self, part: Part) -> None:
        """Read a text field."""
        name = part.name
        if name is None or name == FILES_PART:
            raise ApiError(
                ErrorCode.VALIDATION_ERROR,
                f"A `{FILES_PART}` part needs a file name, every other part a name",
            )
        if len(self.fields) >= self.limits.text_fields:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The form has too many fields")
        text = bytearray()
        while chunk := await part.read_chunk():
            self._text_bytes += len(chunk)
            if self._text_bytes > self.limits.text_bytes:
                raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE, "The form's text fields are too large")
            text += chunk
        self.keep_field(name, bytes(text))

    def keep_field(self, name: str, text: bytes) -> None:
        """Add a text field to the form's fields."""
        try:
            self.fields.append((name, text.decode()))
        except UnicodeDecodeError:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A form field is not valid UTF-8") from None

    async def take_file(self, part: Part, filename: str) -> None:
        """Read a file, named `filename` by the client, into the staging area."""
        if len(self.stored) >= self.limits.files:
            raise ApiError(ErrorCode.TOO_MANY_FILES)  # refused by its header, before its bytes are read
        name = self.file_name(filename)
        if self.area is None:
            self.area = await self.staging.open()
        stored = Stored(path=self.area / str(len(self.stored)), name=name, content_type=part.content_type)
        self.stored.append(stored)
        await self.write(stored, part, self.limits.file_bytes)

    def file_name(self, filename: str) -> str:
        """Return the name for storing a file. Raises VALIDATION_ERROR."""
        try:
            return upload_name(filename)
        except BadName as bad:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Invalid file name: {bad}") from None

    async def write(self, stored: Stored, part: Part, most: int) -> None:
        """Write the content of the part to its new file. Raises FILE_TOO_LARGE beyond `most` bytes."""
        with stored.path.open("xb") as file:
            size = 0
            while chunk := await part.read_chunk():
                size += len(chunk)
                if size > most:
                    raise ApiError(ErrorCode.FILE_TOO_LARGE)
                file.write(chunk)

    async def finish(self) -> Received:
        """Examine the files, extract archives, and choose the final names."""
        brought: tuple[Brought, ...] = ()
        if self.area is not None:
            tree = UploadTree(self.area / UPLOADS, self.staging.own, self.limits)
            brought = await in_thread(lambda stop: tree.fill(self.stored, stop))
        upload = StagedUpload(self.staging, self.area, brought, self.limits)
        return Received(fields=tuple(self.fields), upload=upload)
