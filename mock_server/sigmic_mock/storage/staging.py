"""The staging directory of request bodies, before they move to a workspace: `<data_dir>/staging/<random>/`.

It is on the file system of the workspaces, so that moving is a rename. It is emptied at start: what an
earlier process left here was never acknowledged (G-28), but may list files that must be moved back.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigmic_mock.domain.archive_rules import is_package
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.filenames import archive_folder, free_name
from sigmic_mock.domain.upload_rules import UploadLimits, share_listing
from sigmic_mock.domain.zip_format import MAGIC_BYTES, BadArchive, is_zip
from sigmic_mock.storage.archives import Archive
from sigmic_mock.storage.file_work import StopSignal, in_thread, to_the_end
from sigmic_mock.storage.placing import UPLOADS, place, take_back
from sigmic_mock.storage.trees import remove_tree

Own = Callable[[Path], None]
"""Gives a file or directory to the user of sandboxed processes."""


class Staging:
    """The staging directory."""

    def __init__(self, root: Path, own: Own) -> None:
        self.root = root
        self.own = own

    async def empty(self) -> None:
        """Remove the files of an earlier process, and create the directory. Call once at start."""
        await to_the_end(lambda: remove_tree(self.root))
        self.root.mkdir(mode=0o700, parents=True)

    def areas(self) -> tuple[Path, ...]:
        """Return the directories that an earlier process left."""
        return tuple(sorted(self.root.iterdir())) if self.root.is_dir() else ()

    async def open(self) -> Path:
        """Create an empty directory that only this process may enter."""
        return Path(tempfile.mkdtemp(dir=self.root))

    async def remove(self, directory: Path) -> None:
        """Remove a directory of `open`, in a thread. Idempotent, and finished even if cancelled."""
        await to_the_end(lambda: remove_tree(directory))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file part on disk, not yet examined."""

    path: Path
    name: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """The result of one file part: the entry `top` of `uploads/`, and paths below it ("" is `top` itself)."""

    top: str
    below: tuple[str, ...]


class UploadTree:
    """The directory that becomes `uploads/`, or whose entries move there. Blocking: use it in a thread."""

    def __init__(self, root: Path, own: Own, limits: UploadLimits) -> None:
        self.root = root
        self.own = own
        self.limits = limits
        self.taken: set[str] = set()
        """The names of its entries, or those reserved for them."""

    def fill(self, stored: Sequence[Stored], stop: StopSignal) -> tuple[Brought, ...]:
        """Add all file parts in sequence. Raises `ApiError`."""
        self.root.mkdir()
        self.root.chmod(0o755)
        self.own(self.root)
        return tuple(self.add(each, stop) for each in stored)

    def add(self, stored: Stored, stop: StopSignal) -> Brought:
        """Add one file part: an archive as its entries, another file unchanged."""
        with stored.path.open("rb") as file:
            if self.is_archive(stored, file.read(MAGIC_BYTES)):
                return self.extract(stored, file.fileno(), stop)
        return self.keep(stored)

    def is_archive(self, stored: Stored, magic: bytes) -> bool:
        """True for a ZIP archive that must be extracted; `magic` are the file's first bytes (G-31)."""
        return is_zip(magic) and not is_package(stored.name, stored.content_type)

    def extract(self, stored: Stored, source: int, stop: StopSignal) -> Brought:
        """Extract the archive open at `source` into the directory. Raises INVALID_ARCHIVE."""
        try:
            archive = self.open_archive(source)
            plan = archive.plan
            name = archive_folder(stored.name) if plan.folder is None else plan.folder
            top = self.free_name(name, folder=True)
            archive.extract(self.root / top, self.own, stop)
        except BadArchive as bad:
            message = f"The ZIP archive '{stored.name}' was refused: {bad}"
            raise ApiError(ErrorCode.INVALID_ARCHIVE, message) from None
        stored.path.unlink()
        paths = tuple(planned.path for planned in plan.files[: self.limits.listed])
        return Brought(top=top, below=paths or ("",))

    def open_archive(self, source: int) -> Archive:
        """Return the archive open at `source`, with its directory checked. Raises `BadArchive`."""
        return Archive(source, self.limits.archive)

    def keep(self, stored: Stored) -> Brought:
        """Move a file into the directory unchanged."""
        stored.path.chmod(0o644)
        top = self.free_name(stored.name)
        stored.path.rename(self.root / top)
        self.own(self.root / top)
        return Brought(top=top, below=("",))

    def free_name(self, name: str, *, folder: bool = False) -> str:
        """Reserve and return `name`, or a similar name that is free."""
        free = free_name(name, self.taken, folder=folder)
        self.taken.add(free)
        return free


class StagedUpload:
    """The files of one request in staging.

    `files` are the requested names before `commit`, and the final names after it (in a follow-up a name may
    be taken). Read them after `commit`. Without files, all methods do nothing.
    """

    def __init__(
        self, staging: Staging, area: Path | None, brought: Sequence[Brought], limits: UploadLimits
    ) -> None:
        self._staging = staging
        self._area = area
        self._brought = brought
        self._shares = share_listing([len(each.below) for each in brought], limits.listed)
        self._placed: dict[str, str] = {}
        self._unsaved: tuple[Path, Path] | None = None
        """The staging area and the workspace of files moved for a message that may not be saved yet."""

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        listed = []
        for each, share in zip(self._brought, self._shares, strict=True):
            top = self._placed.get(each.top, each.top)
            for below in each.below[:share]:
                path = f"{UPLOADS}/{top}/{below}" if below else f"{UPLOADS}/{top}"
                listed.append((path.rpartition("/")[2], path))
        return listed

    async def commit(self, workspace: Path, number: int | None = None) -> None:
        """Move everything into `uploads/` of `workspace`, or nothing. Raises `ApiError` CONFLICT."""
        if self._area is None:
            return
        area, self._area = self._area, None
        self._unsaved = (area, workspace)
        try:
            self._placed = await self.place(area, workspace, number)
        except BaseException:
            await self.take_back()
            raise
        if number is None:
            await self.keep()

    async def place(self, area: Path, workspace: Path, number: int | None) -> dict[str, str]:
        """Move the content of `area`; return the name that each entry got."""
        return await in_thread(lambda stop: place(area / UPLOADS, workspace, stop, number))

    async def keep(self) -> None:
        """Confirm the move, because its message has been saved."""
        unsaved, self._unsaved = self._unsaved, None
        if unsaved is not None:
            await self._staging.remove(unsaved[0])

    async def take_back(self) -> None:
        """Undo the move, because its message was not saved. Does nothing after `keep`."""
        if self._unsaved is not None:
            area, workspace = self._unsaved
            await to_the_end(lambda: take_back(area, workspace))
            await self.keep()

    async def discard(self) -> None:
        """Remove what is still in staging. Moved files stay."""
        area, self._area = self._area, None
        if area is not None:
            await self._staging.remove(area)
