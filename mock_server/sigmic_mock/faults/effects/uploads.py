"""Uploads that are received differently: parts and names misread, limits moved, refused ones half done."""

import os
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self
from weakref import WeakKeyDictionary

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.dry_run import Confirm
from sigmic_mock.faults.effect import after, before, effect
from sigmic_mock.faults.effects.archives import ABOVE
from sigmic_mock.faults.effects.tasks import save_refused_files, save_refused_message
from sigmic_mock.faults.engine import Here
from sigmic_mock.http.fields import BodyReader
from sigmic_mock.service.tasks import CreateTask
from sigmic_mock.storage.file_work import in_thread
from sigmic_mock.storage.placing import UPLOADS
from sigmic_mock.storage.staging import StagedUpload, Stored, UploadTree
from sigmic_mock.storage.uploads import Part, Received, Reception


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyLimits(UploadLimits):
    """The limits of an upload, with the changes of a fault."""

    archive_bytes: int | None = None
    """Another limit for files named `.zip`."""
    together: int | None = None
    """How many files at their limit a request may bring, whatever their number."""
    confirm: Confirm = field(default=lambda _acts: None)
    """In a dry run, called with a function that returns whether other limits matter."""
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
        return self.file_bytes

    @property
    def total_bytes(self) -> int:
        """The longest body worth reading."""
        return (self.together or self.files) * self.file_bytes + self.text_bytes


TOO_MANY, TOO_LARGE = ErrorCode.TOO_MANY_FILES, ErrorCode.FILE_TOO_LARGE
_CLIMBING: WeakKeyDictionary[Reception, list[str]] = WeakKeyDictionary()
_ABOVE: WeakKeyDictionary[StagedUpload, list[str]] = WeakKeyDictionary()
"""The names of the files that climb out of `uploads/`."""


BAD_NAME = "Invalid file name"
"""The start of a refusal for the name of a file: otherwise its form is well formed (CREATE-032)."""


# -- limits -------------------------------------------------------------------------------------------------


@before("upload.limits", at=BodyReader.receive)
def has_other_limits(here: Here, self: BodyReader) -> None:
    wanted, confirm = here.later()
    limits = FaultyLimits.changed(self.space.limits, {**(wanted or {}), "confirm": confirm})
    self.space = replace(self.space, limits=limits)


@effect("upload.limits", at=Reception.read)
async def limits_show_at_refusal(here: Here, self: Reception, parts: AsyncIterator[Part]) -> Received:
    try:
        return await here.step(parts)
    except ApiError as refusal:
        _confirm_limits(self, refusal.code)
        raise


@before("upload.limits", at=Reception.finish)
def limits_show(_here: Here, self: Reception) -> None:
    _confirm_limits(self)


def _confirm_limits(reception: Reception, refused: ErrorCode | None = None) -> None:
    """Let a dry run know what other limits would have changed about what was received, or `refused`."""
    limits = reception.limits
    if isinstance(limits, FaultyLimits):
        limits.confirm(lambda spec: limits_matter(spec.params, limits, reception.stored, refused))


@effect("upload.limits", at=Reception.write)
async def writes_to_other_limit(here: Here, self: Reception, stored: Stored, part: Part, most: int) -> None:
    limits = self.limits
    await here.step(
        stored, part, limits.most_bytes(stored.name) if isinstance(limits, FaultyLimits) else most
    )


@effect("upload.limits", at=UploadTree.is_archive)
def leaves_archives(here: Here, self: UploadTree, stored: Stored, magic: bytes) -> bool:
    limits = self.limits
    return here.step(stored, magic) and not (isinstance(limits, FaultyLimits) and not limits.extract)


def limits_matter(
    changes: Mapping[str, Any], limits: UploadLimits, stored: Sequence[Stored], refused: ErrorCode | None
) -> bool:
    """Return whether other limits would have changed the result for these files, or for a refused request."""
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
        "extract": lambda _: bool(archives),
    }
    return any(matter[name](value) for name, value in changes.items() if name in matter)


# -- refused uploads ----------------------------------------------------------------------------------------


@effect("upload.refused", at=Reception.read)
async def half_does_refused(here: Here, self: Reception, parts: AsyncIterator[Part]) -> Received:
    """Process half of a request that is refused or cut off."""
    try:
        return await here.step(parts)
    except ApiError as refusal:
        if not refusal.message.startswith(BAD_NAME):
            await _salvage(here, self, refusal.code.value)
        raise
    except ConnectionError:
        await _salvage(here, self, "cut")
        raise


async def _salvage(here: Here, reception: Reception, code: str) -> None:
    wanted, ctx = here.params(code), current_request().ctx
    if wanted is not None and ctx is not None:
        with suppress(ApiError, FileExistsError):  # a failing part is skipped
            received, tasks = await reception.finish(), ctx.platform.tasks
            form = dict(received.fields)
            text, prompt = form.get("message", ""), form.get("systemPrompt")
            if ctx.name == "create_task":
                made = CreateTask(message=text, system_prompt=prompt, upload=received.upload)
                await tasks.create(ctx.caller, made)
            elif wanted["leaves"] == "files":
                await save_refused_files(tasks, ctx.task_id, received.upload)
            else:
                await save_refused_message(tasks, ctx.task_id, text)


# -- parts and names ----------------------------------------------------------------------------------------


class PartAround:
    """Another part, to be read in its place; fulfils `storage.uploads.Part`."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self.name, self.filename, self.content_type = part.name, part.filename, part.content_type

    async def read_chunk(self) -> bytes:
        return await self._part.read_chunk()


@effect("upload.parts", at=Reception.keep_field)
def drops_late_field(here: Here, self: Reception, name: str, text: bytes) -> None:
    if not self.stored or not here.fires("late-field"):
        here.step(name, text)


@effect("upload.parts", at=Reception.take_file)
async def drops_repeated(here: Here, self: Reception, part: Part, filename: str) -> None:
    if not self.stored or not here.fires("repeated"):
        await here.step(part, filename)
        return
    while await part.read_chunk():
        pass


@effect("upload.names", at=Reception.file_name)
def misnames(here: Here, self: Reception, filename: str) -> str:
    *above, last = filename.replace("\\", "/").split("/")
    try:
        name = here.step(filename)
    except ApiError:
        climbs = ".." in above and last not in {"", ".", ".."}
        if not climbs or not here.fires("climbing"):
            raise
        _CLIMBING.setdefault(self, []).append(last)
        return last
    if not name.isascii() and here.fires("non-ascii"):
        return name.encode().decode("cp1252", "replace")
    return name


@after("upload.names", at=Reception.finish)
def keeps_above(_here: Here, self: Reception, received: Received) -> Received:
    _ABOVE[received.upload] = _CLIMBING.pop(self, [])
    return received


@before("upload.replaces", at=StagedUpload.place)
async def replaces(here: Here, _self: StagedUpload, area: Path, workspace: Path, *_: object) -> None:
    await in_thread(lambda _: _make_room(here, area / UPLOADS, workspace / UPLOADS))


@after("upload.names", "zip.extraction", at=StagedUpload.place)
async def spills(
    _here: Here, self: StagedUpload, placed: dict[str, str], area: Path, workspace: Path, *_: object
) -> dict[str, str]:
    climbing = [workspace / UPLOADS / placed.get(name, name) for name in _ABOVE.pop(self, ())]
    await in_thread(lambda _: _spill(climbing, area, workspace))
    return placed


def _make_room(here: Here, tree: Path, uploads: Path) -> None:
    """Move existing files at the places of the entries of `tree` into the staging area, which is removed."""
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
            if entry.name in taken and here.fires(code):
                os.rename(entry.name, aside / entry.name, src_dir_fd=folder)
    finally:
        os.close(folder)


def _spill(climbing: Sequence[Path], area: Path, workspace: Path) -> None:
    """Move files that climbed out of `uploads/` into the workspace itself; existing files stay."""
    above = area / ABOVE
    for entry in (*climbing, *(above.iterdir() if above.is_dir() else ())):
        with suppress(OSError):
            if not (workspace / entry.name).exists():
                entry.rename(workspace / entry.name)
