"""Receiving the parts of a multipart body: files to disk with constant memory, text to strings.

Files are written in the event loop, as they come: a hop to a thread per chunk halves the throughput
(docs/explanations/uploads.md). Everything that touches many files, or a whole one, runs in a thread.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.filenames import BadName, upload_name
from sigmic_conformance.mock_server.domain.upload_rules import FILES_PART, UploadLimits, share_listing
from sigmic_conformance.mock_server.storage.careless import Carelessness, make_room, spill
from sigmic_conformance.mock_server.storage.file_work import in_thread
from sigmic_conformance.mock_server.storage.install import UPLOADS, install_uploads
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.storage.upload_tree import Brought, Stored, UploadTree


class Part(Protocol):
    """One part of a multipart body, as the edge reads it."""

    @property
    def name(self) -> str | None:
        """The part's `name` parameter; None when it has none."""

    @property
    def filename(self) -> str | None:
        """The part's `filename` as sent; None when the parameter is absent (then it is a text field)."""

    @property
    def content_type(self) -> str | None:
        """The part's Content-Type, if any."""

    async def read_chunk(self) -> bytes:
        """Return what came next, at most some hundred KiB; empty at the end of the part, and only there."""


class ReceivedUpload:
    """The files of one request in staging; fulfils `mock_server.ports.Upload`.

    `files` before `commit` are the names as asked for; after it, the names as placed (a follow-up may find a
    name taken): read them after `commit`. Without any file, `commit` and `discard` do nothing.
    """

    def __init__(
        self,
        staging: Staging,
        area: Path | None,
        brought: Sequence[Brought],
        listed: int,
        careless: Carelessness | None = None,
    ) -> None:
        self._careless = careless
        self._staging = staging
        self._area = area
        self._brought = brought
        self._shares = share_listing([len(each.below) for each in brought], listed)
        self._placed: dict[str, str] = {}

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        listed = []
        for each, share in zip(self._brought, self._shares, strict=True):
            top = self._placed.get(each.top, each.top)
            for below in each.below[:share]:
                path = f"{UPLOADS}/{top}/{below}" if below else f"{UPLOADS}/{top}"
                listed.append((path.rpartition("/")[2], path))
        return listed

    async def commit(self, workspace: Path) -> None:
        """Move everything into `uploads/` of `workspace`, or nothing. Raises `ApiError` CONFLICT."""
        if self._area is None:
            return
        area, careless = self._area, self._careless
        if careless is not None:
            await in_thread(lambda _: make_room(careless, area / UPLOADS, workspace / UPLOADS))
        self._placed = await in_thread(lambda stop: install_uploads(area / UPLOADS, workspace, stop))
        await in_thread(lambda _: spill(area, workspace))
        await self.discard()

    async def discard(self) -> None:
        """Remove what is still in staging; what was committed stays."""
        area, self._area = self._area, None
        if area is not None:
            await self._staging.remove(area)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A whole multipart body: text fields in order, as sent (names may repeat), and files (maybe none)."""

    fields: tuple[tuple[str, str], ...]
    upload: ReceivedUpload


async def receive(
    parts: AsyncIterator[Part],
    staging: Staging,
    limits: UploadLimits,
    careless: Carelessness | None = None,
) -> Received:
    """Read every part. Raises `ApiError`; then, and when cancelled, nothing is left on disk (G-28).

    Whoever gets the result must `commit` or `discard` its upload. `careless` is given when faults are armed.
    """
    reception = _Reception(staging, limits, careless)
    try:
        async for part in parts:
            await reception.take(part)
        return await reception.finish()
    except ApiError as refusal:
        if careless is None or not await careless.salvage(refusal.code.value, reception.finish):
            await reception.abandon()
        raise
    except ConnectionError:
        if careless is None or not await careless.salvage("cut", reception.finish):
            await reception.abandon()
        raise
    except BaseException:
        await reception.abandon()
        raise


class _Reception:
    """The parts received so far."""

    def __init__(self, staging: Staging, limits: UploadLimits, careless: Carelessness | None) -> None:
        self._staging = staging
        self._limits = limits
        self._careless = careless
        self._area: Path | None = None
        self._stored: list[Stored] = []
        self._fields: list[tuple[str, str]] = []
        self._text_bytes = 0

    async def take(self, part: Part) -> None:
        """Read one part, or refuse the request as soon as it is known that it must be."""
        if part.filename is None:
            await self._take_text(part)
        elif part.name != FILES_PART and not self._wrongly("other-name"):
            raise ApiError(
                ErrorCode.VALIDATION_ERROR, f"Files are sent in parts named `{FILES_PART}`"
            )  # G-35
        elif part.filename:
            await self._take_file(part, part.filename)
        elif await part.read_chunk():
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A file has no name")
        # else: a browser's file field in which nothing was chosen, no file at all

    async def finish(self) -> Received:
        """Look into the files, extract archives, and give everything the name it will have."""
        area = self._area
        brought: tuple[Brought, ...] = ()
        if area is not None:
            empty = [stored for stored in self._stored if not stored.path.stat().st_size]
            if empty and self._wrongly("empty"):
                self._stored = [stored for stored in self._stored if stored not in empty]
            tree = UploadTree(area / UPLOADS, self._staging, self._limits, self._careless)
            brought = await in_thread(lambda stop: tree.fill(self._stored, stop))
        upload = ReceivedUpload(self._staging, area, brought, self._limits.listed, self._careless)
        return Received(fields=tuple(self._fields), upload=upload)

    async def abandon(self) -> None:
        """Remove everything."""
        if self._area is not None:
            await self._staging.remove(self._area)

    async def _take_text(self, part: Part) -> None:
        name = part.name
        if name is None or name == FILES_PART:
            raise ApiError(
                ErrorCode.VALIDATION_ERROR,
                f"A `{FILES_PART}` part needs a file name, every other part a name",
            )
        if len(self._fields) >= self._limits.text_fields:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "The form has too many fields")
        text = bytearray()
        while chunk := await part.read_chunk():
            self._text_bytes += len(chunk)
            if self._text_bytes > self._limits.text_bytes:
                raise ApiError(ErrorCode.PAYLOAD_TOO_LARGE, "The form's text fields are too large")
            text += chunk
        if self._stored and self._wrongly("late-field"):
            return
        try:
            self._fields.append((name, text.decode()))
        except UnicodeDecodeError:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "A form field is not valid UTF-8") from None

    async def _take_file(self, part: Part, filename: str) -> None:
        if self._stored and self._wrongly("repeated"):
            while await part.read_chunk():
                pass
            return
        if len(self._stored) >= self._limits.files:
            raise ApiError(ErrorCode.TOO_MANY_FILES)  # by its header alone: none of its bytes is read
        name, outside = self._name(filename)
        if self._area is None:
            self._area = await self._staging.open()
        path = self._area / str(len(self._stored))
        self._stored.append(Stored(path=path, name=name, content_type=part.content_type, outside=outside))
        most = self._limits.most_bytes(name)
        with _new_file(path) as file:
            size = 0
            while chunk := await part.read_chunk():
                size += len(chunk)
                if size > most:
                    raise ApiError(ErrorCode.FILE_TOO_LARGE)
                file.write(chunk)

    def _name(self, filename: str) -> tuple[str, bool]:
        """Return the name to keep a file under, and whether a fault keeps it above `uploads/`."""
        try:
            return self._misread(filename, upload_name(filename)), False
        except BadName as bad:
            *above, last = filename.replace("\\", "/").split("/")
            if ".." in above and last != ".." and self._keeps_climbing_names():
                return last, True
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Invalid file name: {bad}") from None

    def _misread(self, sent: str, name: str) -> str:
        """Return the name as a fault reads it: not composed, or its bytes in another encoding."""
        last = sent.replace("\\", "/").rpartition("/")[2]
        if last != name and self._wrongly("decomposed", "upload.names"):
            return last
        if not name.isascii() and self._wrongly("non-ascii", "upload.names"):
            return name.encode().decode("cp1252", "replace")
        return name

    def _wrongly(self, code: str, decision: str = "upload.parts") -> bool:
        careless = self._careless
        return careless is not None and careless.wrongly(decision, code) is not None

    def _keeps_climbing_names(self) -> bool:
        return self._wrongly("climbing", "upload.names")


def _new_file(path: Path) -> BinaryIO:
    return path.open("xb")
