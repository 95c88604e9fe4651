"""Build ZIP archives byte by byte, including ones that no ZIP library writes; and load fixtures/uploads/."""

import stat
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
UTF8, DESCRIPTOR = 1 << 11, 1 << 3
REGULAR = stat.S_IFREG | 0o644
SAMPLES = Path(__file__).parents[2] / "fixtures" / "uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry of an archive. Fields without a value are computed; all others are written unchecked."""

    name: str | bytes
    data: bytes = b""
    method: int = STORED
    packed: bytes | None = None
    mode: int = REGULAR
    system: int = 3
    flags: int = 0
    size: int | None = None
    offset: int | None = None
    zip64: bool = False
    extra: bytes = b""

    @property
    def raw_name(self) -> bytes:
        return self.name if isinstance(self.name, bytes) else self.name.encode()

    @property
    def all_flags(self) -> int:
        utf8 = UTF8 if isinstance(self.name, str) and not self.name.isascii() else 0
        return self.flags | utf8

    @property
    def content(self) -> bytes:
        return self.data if self.packed is None else self.packed

    @property
    def true_or_said_size(self) -> int:
        return len(self.data) if self.size is None else self.size


def archive(
    *items: Item, comment: bytes = b"", count: int | None = None, disk: int = 0, zip64: bool = False
) -> bytes:
    """Return an archive; `count` and `disk` are written into its end record."""
    body = bytearray()
    directory = bytearray()
    for item in items:
        offset = len(body) if item.offset is None else item.offset
        body += _local(item)
        directory += _central(item, offset)
    start, total = len(body), len(items) if count is None else count
    body += directory
    if zip64:
        end = len(body)
        body += struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, disk, disk, total, total, len(directory), start
        )
        body += struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
        return bytes(body) + _end(disk, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, comment)
    return bytes(body) + _end(disk, total, len(directory), start, comment)


def _end(disk: int, total: int, length: int, start: int, comment: bytes) -> bytes:
    fields = (b"PK\5\6", disk, disk, total, total, length, start, len(comment))
    return struct.pack("<4s4H2LH", *fields) + comment


def _local(item: Item) -> bytes:
    name, crc = item.raw_name, zlib.crc32(item.data)
    packed, size = len(item.content), item.true_or_said_size
    extra, tail = b"", b""
    if item.flags & DESCRIPTOR:
        tail = struct.pack("<4s3L", b"PK\7\x08", crc, packed, size)
        crc = packed = size = 0
    elif item.zip64:
        extra = struct.pack("<2H2Q", 1, 16, size, packed)
        packed = size = 0xFFFFFFFF
    fields = (
        b"PK\3\4",
        20,
        0,
        item.all_flags,
        item.method,
        0,
        0x21,
        crc,
        packed,
        size,
        len(name),
        len(extra),
    )
    return struct.pack("<4s2B4HL2L2H", *fields) + name + extra + item.content + tail


def _central(item: Item, offset: int) -> bytes:
    name, packed, size = item.raw_name, len(item.content), item.true_or_said_size
    extra = item.extra
    if item.zip64:
        extra += struct.pack("<2H3Q", 1, 24, size, packed, offset)
        packed = size = offset = 0xFFFFFFFF
    needed = 45 if item.zip64 else 20
    versions = (needed, item.system, needed, 0)
    sums = (zlib.crc32(item.data), packed, size)
    lengths = (len(name), len(extra), 0, 0, 0)
    fields = (item.all_flags, item.method, 0, 0x21, *sums, *lengths, item.mode << 16, offset)
    return struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *versions, *fields) + name + extra


HELLO = Item(name="hello.txt", data=b"hello\n")


def _samples(folder: Path) -> Mapping[str, Callable[[], bytes]]:
    return {path.name: path.read_bytes for path in sorted(folder.iterdir()) if path.suffix not in {"", ".md"}}


GOOD, HOSTILE = _samples(SAMPLES), _samples(SAMPLES / "hostile")
"""The committed samples by name; fixtures/uploads/README.md describes each one."""
