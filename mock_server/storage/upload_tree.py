"""The folder that becomes `uploads/`: looking into received files, extracting archives, giving names."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sigmic_conformance.mock_server.domain.archive_rules import is_package
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.filenames import archive_folder, free_name
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.domain.zip_format import MAGIC_BYTES, BadArchive, is_zip
from sigmic_conformance.mock_server.storage.archives import Archive
from sigmic_conformance.mock_server.storage.careless import (
    OUTSIDE,
    Carelessness,
    FellOver,
    extract_carelessly,
    way_of,
)
from sigmic_conformance.mock_server.storage.file_work import StopSignal
from sigmic_conformance.mock_server.storage.staging import Staging


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One file part on disk, not yet looked into."""

    path: Path
    name: str
    content_type: str | None
    outside: bool = False
    """A fault keeps it above `uploads/`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What one file part became: the entry `top` of `uploads/`, and paths below it ("" is `top` itself)."""

    top: str
    below: tuple[str, ...]


class UploadTree:
    """The folder that becomes `uploads/`, or whose entries move there. Blocks: used in a thread."""

    def __init__(
        self, root: Path, staging: Staging, limits: UploadLimits, careless: Carelessness | None
    ) -> None:
        self._careless = careless
        self._root = root
        self._own = staging.own
        self._limits = limits
        self._taken: set[str] = set()

    def fill(self, stored: Sequence[Stored], stop: StopSignal) -> tuple[Brought, ...]:
        """Fill the folder, one file part after the other."""
        self._root.mkdir()
        self._root.chmod(0o755)
        self._own(self._root)
        return tuple(self._add(each, stop) for each in stored)

    def _add(self, stored: Stored, stop: StopSignal) -> Brought:
        with stored.path.open("rb") as file:
            if self._is_archive(stored, file.read(MAGIC_BYTES)):
                brought = self._extract(stored, file.fileno(), stop)
                if brought is not None:
                    stored.path.unlink()
                    return brought
            os.fchmod(file.fileno(), 0o644)
        if stored.outside:
            return self._keep_outside(stored)
        is_taken = stored.name in self._taken
        top = stored.name if is_taken and self._wrongly("upload.names", "taken") else self._free(stored.name)
        stored.path.rename(self._root / top)
        self._own(self._root / top)
        return Brought(top=top, below=("",))

    def _is_archive(self, stored: Stored, magic: bytes) -> bool:
        if not self._limits.extract or not is_zip(magic) or is_package(stored.name, stored.content_type):
            return False
        says_so = stored.name.lower().endswith(".zip")
        return says_so or not self._wrongly("zip.extraction", "disguised")

    def _keep_outside(self, stored: Stored) -> Brought:
        outside = self._root.parent / OUTSIDE
        outside.mkdir(exist_ok=True)
        stored.path.rename(outside / stored.name)
        self._own(outside / stored.name)
        return Brought(top="..", below=(stored.name,))

    def _extract(self, stored: Stored, source: int, stop: StopSignal) -> Brought | None:
        """Return what the archive became; None when a fault has it stay a file."""
        way = None if self._careless is None else way_of(self._careless, stored.path)
        if way == "refuse":
            raise ApiError(ErrorCode.INVALID_ARCHIVE, f"The ZIP archive '{stored.name}' cannot be read")
        if way is not None:
            top = self._free(archive_folder(stored.name), folder=True)
            below = extract_carelessly(stored.path, way, self._root.parent, top, self._own)
            return Brought(top=top, below=below or ("",))
        try:
            archive = Archive(source, self._limits.archive)
            plan = archive.plan
            if len(plan.files) > self._limits.files and self._wrongly("zip.extraction", "many"):
                raise ApiError(ErrorCode.TOO_MANY_FILES)
            top = self._free(archive_folder(stored.name) if plan.folder is None else plan.folder, folder=True)
            archive.extract(self._root / top, self._own, stop)
        except BadArchive as bad:
            if self._careless is not None and self._stays_a_file(self._careless):
                return None
            raise ApiError(
                ErrorCode.INVALID_ARCHIVE, f"The ZIP archive '{stored.name}' was refused: {bad}"
            ) from None
        paths = tuple(planned.path for planned in plan.files[: self._limits.listed])
        return Brought(top=top, below=paths or ("",))

    def _wrongly(self, decision: str, code: str) -> bool:
        return self._careless is not None and self._careless.wrongly(decision, code) is not None

    def _stays_a_file(self, careless: Carelessness) -> bool:
        wrong = careless.wrongly("zip.extraction", "bad")
        if wrong is not None and wrong["as"] == "crash":
            raise FellOver("the extractor did not expect such an archive")
        return wrong is not None

    def _free(self, name: str, *, folder: bool = False) -> str:
        free = free_name(name, self._taken, folder=folder)
        self._taken.add(free)
        return free
