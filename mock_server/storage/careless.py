"""What a careless server does with an upload: extract a hostile archive as it asks, keep what climbs out.

Only faults come here. Rule: a deed stays inside the data folder. What "leaves" the upload directory lands in
the same workspace, above `uploads/`; the "rest of the disk" is a folder of decoys beside the workspaces.
"""

import io
import os
import re
import stat
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from posixpath import normpath
from typing import Any, Protocol

DECOYS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000::/home/agent:/bin/sh\n"}
OUTSIDE = "outside"
"""The folder of a staging area whose content goes to the workspace itself."""

_DRIVE = re.compile(r"^[A-Za-z]:")
_MOST_BYTES = 1 << 20
"""Of one entry that is extracted carelessly: a deed is small."""
_BOMB_BYTES = 1 << 30
"""What an archive unpacks to that is called a bomb. A fault makes files of that size without any blocks."""
_ZIP64_VERSION = 45
_STREAMED = 1 << 3
"""The flag of an entry whose sizes follow its data."""

Own = Callable[[Path], None]


class Carelessness(Protocol):
    """Whether one upload is to be treated wrongly; may be asked from any thread. A yes counts as fired."""

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        """Return the parameters of a fault that is armed for this, or None."""

    async def salvage(self, code: str, finish: Callable[[], Awaitable[Any]]) -> bool:
        """Take over what a request brought that was refused with `code`, or `cut` off; False: unwanted.

        `finish` returns what it brought.
        """


class FellOver(Exception):
    """The careless extractor met what it had not thought of: an internal error."""


def decoy(data_dir: Path, path: str) -> Path:
    """Return the file that stands for `path` of the disk; the decoys are made when first asked for."""
    folder = data_dir / "decoy"
    for name, text in DECOYS.items():
        file = folder / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return folder / normpath(f"/{path}").lstrip("/")


def way_of(careless: Carelessness, archive: Path) -> str | None:
    """Return how a fault wants this archive extracted: flat, follow, outside, crash; None: rightly."""
    try:
        with zipfile.ZipFile(archive) as opened:
            occasions = [*_occasions(opened.infolist()), *(["damaged"] if _is_damaged(opened) else [])]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None
    for code in occasions:
        wrong = careless.wrongly("zip.extraction", code)
        if wrong is not None:
            return str(wrong["as"])
    return None


def _occasions(entries: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Yield what is remarkable about an archive, by the codes that a fault's trigger names."""
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
    yield from _unusual_forms(entries, files)
    if len({name.rpartition("/")[2] for name in files}) < len(set(files)):
        yield "namesakes"
    yield "any"


def _unusual_forms(entries: list[zipfile.ZipInfo], files: list[str]) -> Iterator[str]:
    if any(entry.flag_bits & _STREAMED for entry in entries):
        yield "streamed"
    if any(entry.extract_version >= _ZIP64_VERSION for entry in entries):
        yield "zip64"
    if any(name.lower().endswith(".zip") for name in files):
        yield "nested"
    if sum(entry.file_size for entry in entries) > _BOMB_BYTES:
        yield "bomb"


def _is_damaged(archive: zipfile.ZipFile) -> bool:
    """Tell whether an entry does not match its checksum; of a large archive nobody wants to know."""
    if sum(entry.file_size for entry in archive.infolist()) > _MOST_BYTES:
        return False
    with suppress(RuntimeError, NotImplementedError, OSError):  # encrypted, of an unknown method, cut off
        return archive.testzip() is not None
    return False


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def extract_carelessly(archive: Path, way: str, area: Path, top: str, own: Own) -> tuple[str, ...]:
    """Extract into `uploads/<top>` of a staging area, and its `OUTSIDE`; return the paths below `top`."""
    if way == "crash":
        raise FellOver("the extractor did not expect such an archive")
    folder = area / "uploads" / top
    folder.mkdir()
    own(folder)
    below = []
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            place = _placed(entry, way, top)
            if place in {(), ("uploads",), ("uploads", top)} or entry.filename.endswith("/"):
                continue
            if way == "sparse":
                _write(_on_disk(area, place), b"", area, own)
                os.truncate(_on_disk(area, place), entry.file_size)
                if place[:2] == ("uploads", top):
                    below.append("/".join(place[2:]))
                continue
            if entry.file_size > _MOST_BYTES or (way == "stored" and entry.compress_type):
                continue
            for where, content in _contents(opened, entry, place, way, area):
                _write(_on_disk(area, where), content, area, own)
                if where[:2] == ("uploads", top):
                    below.append("/".join(where[2:]))
    if way == "kept":
        _write(area / "uploads" / f"{top}.zip", archive.read_bytes(), area, own)
    return tuple(dict.fromkeys(below))


def _contents(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: tuple[str, ...], way: str, area: Path
) -> Iterator[tuple[tuple[str, ...], bytes]]:
    """Yield what an entry becomes, and where: one file, but for an archive that is extracted once more."""
    if way == "unchecked":
        del entry.CRC  # without it the library compares nothing
    content = archive.read(entry)
    if way == "follow" and _is_link(entry):
        with suppress(OSError):
            content = decoy(area.parent.parent, content.decode(errors="replace")).read_bytes()
    if way == "headers" and entry.flag_bits & _STREAMED:
        content = b""  # what the header before the data says of its length
    if way == "deep" and zipfile.is_zipfile(io.BytesIO(content)):
        folder = (*place[:-1], place[-1].removesuffix(".zip"))
        for name, inside in _inner(content):
            yield (*folder, name), inside
        return
    yield place, content


def _inner(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the small files of an archive within an archive, all in one folder."""
    with zipfile.ZipFile(io.BytesIO(archive)) as inner:
        for entry in inner.infolist():
            name = entry.filename.rpartition("/")[2]
            if entry.file_size <= _MOST_BYTES and name not in {"", ".", ".."}:
                yield name, inner.read(entry)


def _placed(entry: zipfile.ZipInfo, way: str, top: str) -> tuple[str, ...]:
    name = entry.filename
    if way == "ascii":
        name = re.sub(r"[^\x20-\x7e]", "_", name)
    place = _place(name, top, flat=way == "flat")
    return ("uploads", *place[2:]) if way == "loose" and place[:2] == ("uploads", top) else place


def _place(name: str, top: str, *, flat: bool) -> tuple[str, ...]:
    """Return where an entry lands, seen from the workspace. What climbs further stops at the workspace."""
    parts = name.replace("\\", "/").split("/")
    if flat:
        return ("uploads", top, parts[-1])
    here = [] if not parts[0] or _DRIVE.match(name) else ["uploads", top]
    for part in parts:
        if part == "..":
            here = here[:-1]
        elif part not in {"", "."}:
            here.append(part)
    return tuple(here)


def _on_disk(area: Path, place: tuple[str, ...]) -> Path:
    return area.joinpath(*place) if place[0] == "uploads" else area.joinpath(OUTSIDE, *place)


def _write(path: Path, content: bytes, area: Path, own: Own) -> None:
    for folder in reversed(path.parents):
        if folder.is_relative_to(area) and not folder.exists():
            folder.mkdir(mode=0o755)
            own(folder)
    path.write_bytes(content)
    path.chmod(0o644)
    own(path)


def make_room(careless: Carelessness, tree: Path, uploads: Path) -> None:
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
            if entry.name in taken and careless.wrongly("upload.replaces", code) is not None:
                os.rename(entry.name, aside / entry.name, src_dir_fd=folder)
    finally:
        os.close(folder)


def spill(area: Path, workspace: Path) -> None:
    """Move what lies outside `uploads/` into the workspace itself; what is there already stays."""
    outside = area / OUTSIDE
    if outside.is_dir():
        for entry in outside.iterdir():
            with suppress(OSError):
                if not (workspace / entry.name).exists():
                    entry.rename(workspace / entry.name)


def leads_out(workspace: Path, path: str) -> tuple[str, str] | None:
    """Return how a path leaves its workspace (`climbing` or `link`) and to where on the disk; None: not."""
    if path.startswith("/") or normpath(path).startswith(".."):
        return "climbing", _from_above(path)
    try:
        target = os.readlink(workspace / path)  # noqa: PTH115 - the text, not a resolved path
    except (OSError, ValueError):
        return None
    if target.startswith("/") or normpath(target).startswith(".."):
        return "link", _from_above(target)
    return None


def _from_above(path: str) -> str:
    parts = [part for part in normpath(path).split("/") if part not in {"", ".."}]
    return "/".join(parts)
