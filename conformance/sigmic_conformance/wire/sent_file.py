"""A recorded file of a form: name, size, digest, and the entries of an archive. Pure."""

import hashlib
import io
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_ENTRIES = 500
MOST_BYTES = 1 << 22
"""The most unpacked bytes of all entries together, as many as are recorded of a download."""
_ENCRYPTED = 0x1
_ZIP64 = 45
"""The version that an entry in Zip64 form needs (APPNOTE §4.4.3)."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form. `sha256` is None for a large one.

    `entries` are the files of an archive; None if it is not an archive, empty if it is not simple to read:
    cut, encrypted, large, in Zip64 form, with a link in it, or with two entries of one name.
    """

    name: str
    size: int
    sha256: str | None = None
    entries: tuple["SentFile", ...] | None = None

    @property
    def is_named_archive(self) -> bool:
        """True for a readable archive named `.zip`; whether its bytes suffice is not documented (G-31)."""
        return bool(self.entries) and self.name.lower().endswith(".zip")

    @classmethod
    def of(cls, name: str, content: bytes) -> "SentFile":
        """The file of this content."""
        return cls(name, len(content), _digest(content), _entries(content))

    @classmethod
    def restored(cls, values: Mapping[str, Any]) -> "SentFile":
        """The file from the output of `members`."""
        entries = values.get("entries")
        inside = None if entries is None else tuple(cls.restored(each) for each in entries)
        return cls(values["name"], values["size"], values["sha256"], inside)

    def members(self) -> dict[str, Any]:
        """The file as JSON values."""
        inside = None if self.entries is None else [each.members() for each in self.entries]
        return {"name": self.name, "size": self.size, "sha256": self.sha256, "entries": inside}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_special(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is marked as a link, a device or anything else than a regular file."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return kind not in {0, stat.S_IFREG}


def _entries(content: bytes) -> tuple[SentFile, ...] | None:
    if not content.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            names = {each.filename for each in files}
            hidden = any(
                each.flag_bits & _ENCRYPTED or each.extract_version >= _ZIP64 or _is_special(each)
                for each in files
            )
            size = sum(each.file_size for each in files)
            if hidden or size > MOST_BYTES or len(names) < len(files) or len(files) > MOST_ENTRIES:
                return ()
            kept = [(each.filename, archive.read(each)) for each in files]
            return tuple(SentFile(name, len(data), _digest(data)) for name, data in kept)
    except Exception:  # noqa: BLE001  an archive may be broken in any way, and its decompressor with it
        return ()
