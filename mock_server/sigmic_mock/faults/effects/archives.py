"""Extraction of archives with faults: hostile archives are extracted instead of refused.

Rule: nothing real leaves the data folder. An entry that climbs out of the upload directory lands in the same
workspace, above `uploads/`; a link to another place shows a decoy.
"""

import os
import re
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.filenames import archive_folder
from sigmic_mock.faults.effect import after, effect
from sigmic_mock.faults.effects.files import decoy
from sigmic_mock.faults.engine import Here
from sigmic_mock.storage.archives import Archive, Own
from sigmic_mock.storage.file_work import StopSignal
from sigmic_mock.storage.placing import UPLOADS
from sigmic_mock.storage.staging import Brought, Stored, UploadTree

ABOVE = "above"
"""The folder of a staging area whose content goes to the workspace itself, above `uploads/`."""

_DRIVE = re.compile(r"^[A-Za-z]:")
_MOST_BYTES = 1 << 20
"""Of one entry: larger ones are left out, a demonstration is small."""
_BOMB_BYTES = 1 << 30
"""Unpacked size of a bomb, an archive that is too large. A fault makes such files without any blocks."""
_ZIP64_VERSION = 45
_STREAMED = 1 << 3
"""The flag of an entry whose sizes follow its data."""


@effect("zip.extraction", at=UploadTree.extract)
def extracts_naively(here: Here, self: UploadTree, stored: Stored, source: int, stop: StopSignal) -> Brought:
    wanted = (here.params(code) for code in traits(stored.path))
    way = next((str(each["as"]) for each in wanted if each is not None), None)
    if way == "refuse":
        raise ApiError(ErrorCode.INVALID_ARCHIVE, f"The ZIP archive '{stored.name}' cannot be read")
    if way is not None:
        top = self.free_name(archive_folder(stored.name), folder=True)
        below = extract_naively(stored.path, way, self.root.parent, top, self.own)
        stored.path.unlink()
        return Brought(top=top, below=below or ("",))
    try:
        return here.step(stored, source, stop)
    except ApiError as refusal:
        wrong = here.params("bad") if refusal.code is ErrorCode.INVALID_ARCHIVE else None
        if wrong is None or wrong["as"] != "crash":
            raise
        raise RuntimeError("the extractor did not expect such an archive") from refusal


@after("zip.extraction", at=UploadTree.open_archive)
def refuses_many(here: Here, self: UploadTree, archive: Archive, *_: object) -> Archive:
    if len(archive.plan.files) > self.limits.files and here.fires("many"):
        raise ApiError(ErrorCode.TOO_MANY_FILES)
    return archive


def traits(archive: Path) -> list[str]:
    """Return the unusual traits of an archive, by the codes in the triggers of faults."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [*_traits(opened.infolist()), *(["damaged"] if _is_damaged(opened) else [])]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return []


def _traits(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    names = [entry.filename for entry in entries]
    files = [name for name in names if not name.endswith("/")]
    if any(".." in name.split("/") for name in names):
        yield "climbing"
    if any(name.startswith("/") or _DRIVE.match(name) or "\\" in name for name in names):
        yield "absolute"
    if any(_is_link(entry) for entry in entries):
        yield "link"
    if len(set(names)) < len(names) or len({entry.header_offset for entry in entries}) < len(entries):
        yield "clash"
    if not files:
        yield "empty"
    yield from _unusual_forms(entries)
    if len({name.rpartition("/")[2] for name in files}) < len(set(files)):
        yield "namesakes"
    if not all(map(str.isascii, names)):
        yield "non-ascii"
    if any(entry.compress_type for entry in entries):
        yield "deflated"


def _unusual_forms(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    if any(entry.flag_bits & _STREAMED for entry in entries):
        yield "streamed"
    if any(entry.extract_version >= _ZIP64_VERSION for entry in entries):
        yield "zip64"
    if sum(entry.file_size for entry in entries) > _BOMB_BYTES:
        yield "bomb"


def _is_damaged(archive: zipfile.ZipFile) -> bool:
    """Return whether an entry does not match its checksum; large archives are not checked."""
    if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
        return False
    with suppress(RuntimeError, NotImplementedError, OSError):  # encrypted, of an unknown method, cut off
        return archive.testzip() is not None
    return False


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def extract_naively(archive: Path, way: str, area: Path, top: str, own: Own) -> tuple[str, ...]:
    """Extract into `uploads/<top>` of a staging area, and its `ABOVE`; return the paths below `top`."""
    if way == "crash":
        raise RuntimeError("the extractor did not expect such an archive")
    folder = area / UPLOADS / top
    folder.mkdir()
    own(folder)
    below = []
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            place = _placed(entry, way, top)
            if place in {(), (UPLOADS,), (UPLOADS, top)} or entry.filename.endswith("/"):
                continue
            if way == "sparse":
                _write(_on_disk(area, place), b"", area, own)
                os.truncate(_on_disk(area, place), entry.file_size)
                if place[:2] == (UPLOADS, top):
                    below.append("/".join(place[2:]))
                continue
            if entry.file_size > _MOST_BYTES or (way == "stored" and entry.compress_type):
                continue
            for where, content in _contents(opened, entry, place, way, area):
                _write(_on_disk(area, where), content, area, own)
                if where[:2] == (UPLOADS, top):
                    below.append("/".join(where[2:]))
    return tuple(dict.fromkeys(below))


def _contents(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: tuple[str, ...], way: str, area: Path
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield the file of an entry with its place."""
    if way == "unchecked":
        del entry.CRC  # without it the library does not compare it
    content = archive.read(entry)
    if way == "follow" and _is_link(entry):
        with suppress(OSError):
            content = decoy(area.parent.parent, content.decode(errors="replace")).read_bytes()
    if way == "headers" and entry.flag_bits & _STREAMED:
        content = b""  # the length that the header before the data claims
    yield place, content


def _placed(entry: zipfile.ZipInfo, way: str, top: str) -> tuple[str, ...]:
    name = entry.filename
    if way == "ascii":
        name = re.sub(r"[^\x20-\x7e]", "_", name)
    return _place(name, top, flat=way == "flat")


def _place(name: str, top: str, *, flat: bool) -> tuple[str, ...]:
    """Return an entry's path relative to the workspace; one that climbs above it stops there."""
    parts = name.replace("\\", "/").split("/")
    if flat:
        return (UPLOADS, top, parts[-1])
    here = [] if not parts[0] or _DRIVE.match(name) else [UPLOADS, top]
    for part in parts:
        if part == "..":
            here = here[:-1]
        elif part not in {"", "."}:
            here.append(part)
    return tuple(here)


def _on_disk(area: Path, place: tuple[str, ...]) -> Path:
    return area.joinpath(*place) if place[0] == UPLOADS else area.joinpath(ABOVE, *place)


def _write(path: Path, content: bytes, area: Path, own: Own) -> None:
    for folder in reversed(path.parents):
        if folder.is_relative_to(area) and not folder.exists():
            folder.mkdir(mode=0o755)
            own(folder)
    path.write_bytes(content)
    path.chmod(0o644)
    own(path)
