"""The rules for ZIP archives and the places of their entries (G-31). A hostile archive is refused whole.

Pure: `plan` sees only the directory. Whether the data match the directory is checked while extracting
(`sigmic_mock.storage.archives`).
"""

import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_mock.domain.filenames import BadName, component
from sigmic_mock.domain.zip_format import BadArchive, Entry
from sigmic_spec.plural import plural

MIB = 1024 * 1024
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
METHODS = frozenset({STORED, DEFLATED, BZIP2, LZMA})

_UNUSUAL_FLAGS = {1 << 0: "encrypted", 1 << 5: "a patch", 1 << 6: "encrypted", 1 << 13: "encrypted"}
_DRIVE = re.compile(r"^[A-Za-z]:")
_MAX_DEPTH = 64
_MAX_PATH_BYTES = 1024
_DOS = 0

_PACKAGE_SUFFIXES = re.compile(
    r"\.(do[ct][xm]|xl[st][xm]|xlsb|pp[ts][xm]|pot[xm]|vsdx|o[dt][tspg]|od[fb]|sx[wci]|pages|numbers|key"
    r"|epub|cbz|o?xps|[jwea]ar|apk|aab|ipa|whl|egg|nupkg|vsix|xpi|npz|keras|pth?|pbix|twbx|kmz|3mf|usdz"
    r"|sketch|mxl)$",
    re.IGNORECASE,
)
"""Office documents, books, programs and data formats that are ZIP archives inside."""

_PACKAGE_TYPES = (
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "application/vnd.ms-",
    "application/epub+zip",
    "application/java-archive",
    "application/vnd.android.package-archive",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """Bounds on the unpacked content of one archive (G-31)."""

    entries: int = 10_000
    unpacked_bytes: int = 500 * MIB
    ratio: int = 200
    ratio_above_bytes: int = 10 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file to extract: `path` is relative, safe and unique."""

    path: str
    entry: Entry
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The plan for extracting an archive. `folder` is its single top folder, or None without one.

    All paths are relative to that folder if there is one. In `directories`, parents come first.
    """

    folder: str | None
    directories: tuple[str, ...]
    files: tuple[PlannedFile, ...]


def is_package(name: str, content_type: str | None) -> bool:
    """Return whether a file is a document or program in ZIP form (.docx, .jar, .epub): it stays one file."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return bool(_PACKAGE_SUFFIXES.search(name)) or media_type.startswith(_PACKAGE_TYPES)


def plan(entries: Sequence[Entry], limits: ArchiveLimits) -> Extraction:
    """Check every entry and all of them together. Raises `BadArchive`."""
    if len(entries) > limits.entries:
        raise BadArchive(f"it has more than {plural(limits.entries, 'entry', 'entries')}")
    _check_sizes(entries, limits)
    files: dict[tuple[str, ...], Entry] = {}
    directories: set[tuple[str, ...]] = set()
    parents: set[tuple[str, ...]] = set()
    for entry in entries:
        path, is_directory = _checked(entry)
        if not path:
            continue  # "./", the top of the archive itself
        if path in files or path in directories:
            raise BadArchive(f"two entries are named {_shown(entry)}")
        if is_directory:
            directories.add(path)
        else:
            files[path] = entry
        parents.update(path[:depth] for depth in range(1, len(path)))
        if len(parents) > limits.entries:
            raise BadArchive(f"it has more than {limits.entries} folders")
    if clash := next((path for path in files if path in parents), None):
        raise BadArchive(f"{_shown(files[clash])} is both a file and a folder")
    return _arranged(files, directories | parents)


def _check_sizes(entries: Sequence[Entry], limits: ArchiveLimits) -> None:
    size = sum(entry.size for entry in entries)
    packed = sum(entry.packed for entry in entries)
    if size > limits.unpacked_bytes:
        raise BadArchive(f"it unpacks to more than {limits.unpacked_bytes // MIB} MiB")
    for unpacked, compressed in [(size, packed), *((entry.size, entry.packed) for entry in entries)]:
        if unpacked > limits.ratio_above_bytes and unpacked > limits.ratio * compressed:
            raise BadArchive(f"it is compressed more than {limits.ratio} to 1")


def _checked(entry: Entry) -> tuple[tuple[str, ...], bool]:
    """Return the path of one entry and whether it is a directory."""
    for flag, what in _UNUSUAL_FLAGS.items():
        if entry.flags & flag:
            raise BadArchive(f"{_shown(entry)} is {what}")
    path = _path(entry)
    is_directory = entry.name.endswith(("/", "\\"))
    kind = stat.S_IFMT(entry.mode)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BadArchive(f"{_shown(entry)} is a link or a device")
    if kind and is_directory != (kind == stat.S_IFDIR):
        raise BadArchive(f"{_shown(entry)} is both a file and a folder")
    if is_directory and entry.size:
        raise BadArchive(f"the folder {_shown(entry)} has content")
    if not is_directory and entry.method not in METHODS:
        raise BadArchive(f"{_shown(entry)} uses compression method {entry.method}, which is not supported")
    return path, is_directory


def _path(entry: Entry) -> tuple[str, ...]:
    name = entry.name
    if entry.system == _DOS:
        name = name.replace("\\", "/")  # written by PowerShell 5 and old .NET; the checks below still apply
    if name.startswith("/") or _DRIVE.match(name):
        raise BadArchive(f"{_shown(entry)} has an absolute path")
    try:
        # "./a" and "a//b" are odd but harmless; ".." is refused by `component`.
        path = tuple(component(part) for part in name.split("/") if part not in {"", "."})
    except BadName as bad:
        raise BadArchive(f"{bad} ({_shown(entry)})") from None
    if not path and not name.endswith("/"):
        raise BadArchive("an entry has no name")
    if len(path) > _MAX_DEPTH or len("/".join(path).encode()) > _MAX_PATH_BYTES:
        raise BadArchive(f"the path of {_shown(entry)} is too long")
    return path


def _arranged(files: dict[tuple[str, ...], Entry], directories: set[tuple[str, ...]]) -> Extraction:
    tops = {path[0] for path in (*files, *directories)}
    folder = tops.pop() if len(tops) == 1 and not any(len(path) == 1 for path in files) else None
    skip = 0 if folder is None else 1
    return Extraction(
        folder=folder,
        directories=tuple("/".join(path[skip:]) for path in sorted(directories) if path[skip:]),
        files=tuple(
            PlannedFile(
                path="/".join(path[skip:]), entry=files[path], executable=bool(files[path].mode & 0o111)
            )
            for path in sorted(files)
        ),
    )


def _shown(entry: Entry) -> str:
    """Quote an entry's name for a message: printable, and short."""
    text = entry.name.encode("ascii", "backslashreplace").decode()
    return ascii(text[:80])
