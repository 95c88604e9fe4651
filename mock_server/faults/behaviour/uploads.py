"""Uploads as faults have them received: parts and names misread, limits moved, refused ones half done."""

import os
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import FILES_PART, UploadLimits
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.archives import ABOVE, FaultyUploadTree, ThreadAsker
from sigmic_conformance.mock_server.storage.file_work import in_thread
from sigmic_conformance.mock_server.storage.placing import UPLOADS
from sigmic_conformance.mock_server.storage.staging import Brought, StagedUpload, Staging, Stored, UploadTree
from sigmic_conformance.mock_server.storage.uploads import Part, Received, Reception

_POINTS = (
    "form.malformed",  # of which a bad name is none
    "upload.limits",
    "upload.names",
    "upload.parts",
    "upload.refused",
    "upload.replaces",
    "zip.extraction",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyLimits(UploadLimits):
    """The limits of an upload with what a fault changes about them."""

    archive_bytes: int | None = None
    """Another limit for what is named `.zip`."""
    together: int | None = None
    """How many files at their limit a request may bring, whatever their number."""
    exclusive: bool = False
    """A file of exactly the limit is too large."""
    extract: bool = True
    """False: archives stay archives."""

    @classmethod
    def changed(cls, limits: UploadLimits, changes: Mapping[str, Any]) -> Self:
        """Return `limits` with `changes`, by the names of the fields."""
        return cls(**{**{each.name: getattr(limits, each.name) for each in fields(limits)}, **changes})

    def most_bytes(self, name: str) -> int:
        """Return the limit of a file of this name."""
        if self.archive_bytes is not None and name.lower().endswith(".zip"):
            return self.archive_bytes
        return self.file_bytes - self.exclusive

    @property
    def total_bytes(self) -> int:
        """The longest body worth reading."""
        return (self.together or self.files) * self.file_bytes + self.text_bytes


TOO_MANY, TOO_LARGE = ErrorCode.TOO_MANY_FILES, ErrorCode.FILE_TOO_LARGE
HalfDone = Callable[[str, Received], Awaitable[None]]
"""Does of a refused request what a fault says is left of it: `task`, `message` or `files`."""


def reception(staging: Staging, limits: UploadLimits, ask: Asker, half_done: HalfDone) -> Reception:
    """Return what receives an upload: the honest reception while nothing can fire there."""
    if all(ask.is_idle(point) for point in _POINTS):
        return Reception(staging, limits)
    changes = ask.parameters_unrehearsed("upload.limits")
    return FaultyReception(staging, limits, ask, half_done, changes=changes or {})


class BadName(ApiError):
    """A form is refused for the name of a file: otherwise it is well formed (CREATE-032)."""


@dataclass(frozen=True, slots=True)
class _NamedFiles:
    """A file part, whatever its name, as one that is named as files are to be."""

    part: Part
    name: str = FILES_PART

    @property
    def filename(self) -> str | None:
        return self.part.filename

    @property
    def content_type(self) -> str | None:
        return self.part.content_type

    async def read_chunk(self) -> bytes:
        return await self.part.read_chunk()


class FaultyReception(Reception):
    """Receives a multipart body otherwise."""

    def __init__(
        self,
        staging: Staging,
        limits: UploadLimits,
        ask: Asker,
        half_done: HalfDone,
        *,
        changes: Mapping[str, Any],
    ) -> None:
        self._limits = FaultyLimits.changed(limits, changes)
        self._tell = ask.rehearsed("upload.limits")
        super().__init__(staging, self._limits)
        self._ask = ask
        self._half_done = half_done
        self._above: set[str] = set()
        """The stored files, by the name of their path, that are kept above `uploads/`."""

    async def read(self, parts: AsyncIterator[Part]) -> Received:
        try:
            return await super().read(parts)
        except ApiError as refusal:
            self._rehearse_limits(refusal.code)
            await self._salvage("bad-name" if isinstance(refusal, BadName) else refusal.code.value)
            raise
        except ConnectionError:
            await self._salvage("cut")
            raise

    def _rehearse_limits(self, refused: ErrorCode | None = None) -> None:
        """Tell what other limits would have changed about what was received, or `refused`."""
        self._tell(lambda spec: limits_matter(spec.params, self._limits, self.stored, refused))

    async def _salvage(self, code: str) -> None:
        """Do half of what the request asked for that was refused or cut off, when a fault wants it so."""
        wrong = self._ask.parameters("upload.refused", code)
        if wrong is not None:
            with suppress(ApiError, FileExistsError):  # what cannot be done is left undone
                await self._half_done(str(wrong["leaves"]), await self.finish())

    async def take(self, part: Part) -> None:
        is_misnamed = part.filename is not None and part.name != FILES_PART
        if is_misnamed and self._ask.wanted("upload.parts", "other-name"):
            part = _NamedFiles(part)
        await super().take(part)

    def keep_field(self, name: str, text: bytes) -> None:
        if not self.stored or not self._ask.wanted("upload.parts", "late-field"):
            super().keep_field(name, text)

    async def take_file(self, part: Part, filename: str) -> None:
        if self.stored and self._ask.wanted("upload.parts", "repeated"):
            while await part.read_chunk():
                pass
            return
        await super().take_file(part, filename)

    def file_name(self, filename: str) -> str:
        *above, last = filename.replace("\\", "/").split("/")
        try:
            name = super().file_name(filename)
        except ApiError as refusal:
            climbs = ".." in above and last not in {"", ".", ".."}
            if not climbs or not self._ask.wanted("upload.names", "climbing"):
                raise BadName(refusal.code, refusal.message) from None
            self._above.add(str(len(self.stored)))
            return last
        if last != name and self._ask.wanted("upload.names", "decomposed"):
            return last
        if not name.isascii() and self._ask.wanted("upload.names", "non-ascii"):
            return name.encode().decode("cp1252", "replace")
        return name

    async def write(self, stored: Stored, part: Part, most: int) -> None:  # noqa: ARG002 - other limits apply
        await super().write(stored, part, self._limits.most_bytes(stored.name))

    async def finish(self) -> Received:
        self._rehearse_limits()
        empty = [stored for stored in self.stored if not stored.path.stat().st_size]
        if empty and self._ask.wanted("upload.parts", "empty"):
            self.stored = [stored for stored in self.stored if stored not in empty]
        return await super().finish()

    def tree(self, root: Path) -> UploadTree:
        return FaultyUploadTree(
            root,
            self.staging.own,
            self._limits,
            ask=ThreadAsker(self._ask),
            above=frozenset(self._above),
            extracts=self._limits.extract,
        )

    def upload(self, brought: tuple[Brought, ...]) -> StagedUpload:
        return FaultyUpload(self.staging, self.area, brought, self.limits, ThreadAsker(self._ask))


def limits_matter(
    changes: Mapping[str, Any], limits: UploadLimits, stored: Sequence[Stored], refused: ErrorCode | None
) -> bool:
    """Return whether other limits would have received these files, or a refused request, otherwise."""
    sizes = [each.path.stat().st_size for each in stored if each.path.exists()]
    archives = [each.path for each in stored if each.path.exists() and zipfile.is_zipfile(each.path)]
    matter: Mapping[str, Callable[[Any], bool]] = {
        "files": lambda most: len(sizes) > most or (most > limits.files and refused == TOO_MANY),
        "file_bytes": lambda most: (
            max(sizes, default=0) > most or (most > limits.file_bytes and refused == TOO_LARGE)
        ),
        "archive_bytes": lambda _: (
            refused == TOO_LARGE and any(each.name.lower().endswith(".zip") for each in stored[-1:])
        ),
        "together": lambda most: sum(sizes) > most * limits.file_bytes,
        "exclusive": lambda _: limits.file_bytes in sizes,
        "extract": lambda _: bool(archives),
        "listed": lambda most: any(len(_files_in(each)) > most for each in archives),
    }
    return any(matter[name](value) for name, value in changes.items() if name in matter)


def _files_in(archive: Path) -> list[str]:
    with suppress(zipfile.BadZipFile, NotImplementedError), zipfile.ZipFile(archive) as opened:
        return [name for name in opened.namelist() if not name.endswith("/")]
    return []


class FaultyUpload(StagedUpload):
    """Moves into the workspace otherwise: over what is there, and above `uploads/`."""

    def __init__(
        self,
        staging: Staging,
        area: Path | None,
        brought: Sequence[Brought],
        limits: UploadLimits,
        ask: ThreadAsker,
    ) -> None:
        super().__init__(staging, area, brought, limits)
        self._ask = ask

    async def place(self, area: Path, workspace: Path, number: int | None) -> dict[str, str]:
        await in_thread(lambda _: make_room(self._ask, area / UPLOADS, workspace / UPLOADS))
        placed = await super().place(area, workspace, number)
        await in_thread(lambda _: spill(area, workspace))
        return placed


def make_room(ask: ThreadAsker, tree: Path, uploads: Path) -> None:
    """Take away what stands where the entries of `tree` are to go, when a fault has it replaced.

    It is moved into the staging area, and goes with that. The code is `file` or `folder`.
    """
    try:
        folder = os.open(uploads, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        taken = set(os.listdir(folder))  # noqa: PTH208 - an open directory: the agent may swap its name
        aside = tree.parent / "replaced"
        aside.mkdir()
        for entry in tree.iterdir():
            code = "folder" if entry.is_dir() else "file"
            if entry.name in taken and ask.wanted("upload.replaces", code):
                os.rename(entry.name, aside / entry.name, src_dir_fd=folder)
    finally:
        os.close(folder)


def spill(area: Path, workspace: Path) -> None:
    """Move what climbed out of `uploads/` into the workspace itself; what is there already stays."""
    above = area / ABOVE
    if above.is_dir():
        for entry in above.iterdir():
            with suppress(OSError):
                if not (workspace / entry.name).exists():
                    entry.rename(workspace / entry.name)
