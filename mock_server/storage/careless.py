"""What a careless server does with an upload: extract a hostile archive as it asks, keep what climbs out.

Only faults come here. Rule: a deed stays inside the data folder. What "leaves" the upload directory lands in
the same workspace, above `uploads/`; the "rest of the disk" is a folder of decoys beside the workspaces.
"""

import os
import re
import stat
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from posixpath import normpath
from typing import Any, Protocol

from mock_server.core.errors import ApiError

DECOYS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000::/home/agent:/bin/sh\n"}
OUTSIDE = "outside"
"""The folder of a staging area whose content goes to the workspace itself."""

_DRIVE = re.compile(r"^[A-Za-z]:")
_MOST_BYTES = 1 << 20
"""Of one entry that is extracted carelessly: a deed is small."""

Own = Callable[[Path], None]


class Carelessness(Protocol):
    """Whether one upload is to be treated wrongly; may be asked from any thread. A yes counts as fired."""

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        """Return the parameters of a fault that is armed for this, or None."""

    async def salvage(self, refusal: ApiError, finish: Callable[[], Awaitable[Any]]) -> bool:
        """Take over what a refused request brought, `finish` returns it; False when no fault wants it."""


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
            occasions = list(_occasions(opened.infolist()))
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
    if len({name.rpartition("/")[2] for name in files}) < len(set(files)):
        yield "namesakes"
    yield "any"


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
            if entry.file_size > _MOST_BYTES or (way == "stored" and entry.compress_type):
                continue
            content = opened.read(entry)
            if way == "follow" and _is_link(entry):
                with suppress(OSError):
                    content = decoy(area.parent.parent, content.decode(errors="replace")).read_bytes()
            _write(_on_disk(area, place), content, area, own)
            if place[:2] == ("uploads", top):
                below.append("/".join(place[2:]))
    if way == "kept":
        _write(area / "uploads" / f"{top}.zip", archive.read_bytes(), area, own)
    return tuple(dict.fromkeys(below))


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
