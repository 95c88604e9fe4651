"""The rules for file names, and the new name of a file whose name is in use (G-30).

Every name from outside that reaches the disk is checked by `component`: one path component, never a path.
"""

import unicodedata
from collections.abc import Container

MAX_NAME_BYTES = 255
"""The limit of one component in Linux file systems."""

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides, isolates: they show `exe.txt` for `txt.exe`. Joiners stay: scripts need them."""

_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates (bytes that were not UTF-8), line and paragraph separators."""

_MAX_SUFFIX_BYTES = 16
_MULTIPLE_SUFFIXES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")


class BadName(ValueError):
    """A name that is refused; the text says why and may be shown to the caller."""


def component(text: str) -> str:
    """Return `text` in NFC, as one path component; raise `BadName` when it cannot be one.

    A leading dot is allowed (`.gitignore`): such files reach the agent and are left out of listings (G-80).
    """
    name = unicodedata.normalize("NFC", text)
    if not name.strip():
        raise BadName("a file name is empty")
    if name in {".", ".."}:
        raise BadName(f"a file cannot be named '{name}'")
    if "/" in name or "\\" in name:
        raise BadName("a file name holds a path separator")
    if any(unicodedata.category(char) in _REFUSED_CATEGORIES or char in _BIDI_CONTROLS for char in name):
        raise BadName("a file name holds control characters or is not valid UTF-8")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise BadName(f"a file name is longer than {MAX_NAME_BYTES} bytes")
    return name


def upload_name(text: str) -> str:
    r"""Return the base name of a multipart `filename`; raise `BadName` if it has no usable one.

    Browsers and old clients send paths (`C:\fakepath\a.csv`, `folder/a.csv`): the last component counts. One
    that climbs (`../a.csv`) is an attack or a mistake, and is refused rather than repaired.
    """
    parts = text.replace("\\", "/").split("/")
    if ".." in parts:
        raise BadName("a file name climbs out of its folder")
    return component(parts[-1])


def free_name(name: str, taken: Container[str], *, folder: bool = False) -> str:
    """Return `name`, or `name (1).ext`, `name (2).ext` … : the first that is not in `taken`.

    Only files have an extension: `v1.2` as a folder becomes `v1.2 (1)`. At most `MAX_NAME_BYTES` long.
    """
    stem, suffix = (name, "") if folder else split_suffix(name)
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        mark = f" ({number})"
        room = MAX_NAME_BYTES - len((mark + suffix).encode())
        candidate = _cut(stem, room) + mark + suffix
    return candidate


def split_suffix(name: str) -> tuple[str, str]:
    """Split `report.pdf` into `report` and `.pdf`. A leading dot starts no suffix; `.tar.gz` is one suffix.

    A suffix that is too long or contains a space is part of the stem.
    """
    lowered = name.lower()
    for suffix in _MULTIPLE_SUFFIXES:
        if lowered.endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)], name[-len(suffix) :]
    dot = name.rfind(".")
    suffix = name[dot:]
    if dot <= 0 or not name[:dot].strip(".") or len(suffix.encode()) > _MAX_SUFFIX_BYTES or " " in suffix:
        return name, ""
    return name[:dot], suffix


def archive_folder(name: str) -> str:
    """Return the folder for an archive without a top folder: its name without `.zip`."""
    stem = name[:-4] if name.lower().endswith(".zip") else name
    return stem if stem.strip() and stem not in {".", ".."} else "archive"


def _cut(text: str, size: int) -> str:
    """Return the longest beginning of `text` that takes at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")
