"""ZIP archives made byte by byte: good ones, and what no ZIP library would write.

`tox -e fix` writes the samples to fixtures/uploads/. They hold no compressed data whose
bytes depend on a zlib version, so that a test can compare them with what this module makes.
"""

import bz2
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

STORED, DEFLATED, DEFLATE64, BZIP2, LZMA = 0, 8, 9, 12, 14
UTF8, ENCRYPTED, DESCRIPTOR = 1 << 11, 1 << 0, 1 << 3
REGULAR, FOLDER = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755
SAMPLES = Path(__file__).parents[2] / "fixtures" / "uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry. What is None is computed; everything else is written as it is, true or not."""

    name: str | bytes
    data: bytes = b""
    method: int = STORED
    packed: bytes | None = None
    mode: int = REGULAR
    system: int = 3
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    local_name: bytes | None = None
    local_size: int | None = None
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

    @property
    def true_or_said_crc(self) -> int:
        return zlib.crc32(self.data) if self.crc is None else self.crc


def archive(
    *items: Item, comment: bytes = b"", count: int | None = None, disk: int = 0, zip64: bool = False
) -> bytes:
    """Write an archive; `count` and `disk` are what the end record says."""
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
    name = item.raw_name if item.local_name is None else item.local_name
    crc, packed = item.true_or_said_crc, len(item.content)
    size = item.true_or_said_size if item.local_size is None else item.local_size
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
    sums = (item.true_or_said_crc, packed, size)
    lengths = (len(name), len(extra), 0, 0, 0)
    fields = (item.all_flags, item.method, 0, 0x21, *sums, *lengths, item.mode << 16, offset)
    return struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", *versions, *fields) + name + extra


def uncompressed_deflate(data: bytes) -> bytes:
    """Return a valid deflate stream whose bytes do not depend on a library (one stored block)."""
    return b"\x01" + struct.pack("<2H", len(data), len(data) ^ 0xFFFF) + data


CSV = b"city,population\nParis,2102650\nLyon,522250\n"
HELLO = Item(name="hello.txt", data=b"hello\n")
BOMB_BYTES = 11 * 1024 * 1024


def _overlap() -> bytes:
    return archive(Item(name="a.txt", data=b"aaaa"), Item(name="a.txt2", data=b"bbbb", offset=0))


def _hidden_directory() -> bytes:
    """Two end records that both reach the end of the file: readers disagree about which one counts."""
    return archive(HELLO, comment=archive(Item(name="other.txt", data=b"other\n")))


GOOD: Mapping[str, Callable[[], bytes]] = {
    "data.csv": lambda: CSV,
    "empty.txt": lambda: b"",
    "loose.zip": lambda: archive(Item(name="a.csv", data=CSV), Item(name="docs/b.txt", data=b"b\n")),
    "folder.zip": lambda: archive(
        Item(name="project/", mode=FOLDER),
        Item(name="project/empty/", mode=FOLDER),
        Item(name="project/run.sh", data=b"#!/bin/sh\necho ran\n", mode=stat.S_IFREG | 0o755),
        Item(name="project/src/main.py", data=b"print('main')\n"),
    ),
    "nested.zip": lambda: archive(Item(name="inner.zip", data=archive(HELLO)), HELLO),
    "unicode.zip": lambda: archive(
        Item(name=unicodedata.normalize("NFD", "caf\u00e9.txt"), data=b"NFD\n"),
        Item(name="\u8cc7\u6599/\U0001f600.txt", data=b"emoji\n"),
    ),
    "cp437.zip": lambda: archive(Item(name=b"gr\x81n.txt", data=b"green\n", mode=0, system=0), HELLO),
    "windows.zip": lambda: archive(Item(name="sub\\deep.txt", data=b"deep\n", mode=0, system=0), HELLO),
    "zip64.zip": lambda: archive(Item(name="big.txt", data=b"not really\n", zip64=True), HELLO, zip64=True),
    "descriptor.zip": lambda: archive(Item(name="streamed.txt", data=b"streamed\n", flags=DESCRIPTOR), HELLO),
    "deflated.zip": lambda: archive(
        Item(name="d.csv", data=CSV, method=DEFLATED, packed=uncompressed_deflate(CSV)), HELLO
    ),
    "bzip2.zip": lambda: archive(Item(name="b.csv", data=CSV, method=BZIP2, packed=bz2.compress(CSV)), HELLO),
    "comment.zip": lambda: archive(HELLO, Item(name="b.txt"), comment=b"made by hand"),
    "empty.zip": archive,
    "report.docx": lambda: archive(
        Item(name="[Content_Types].xml", data=b"<Types/>"),
        Item(name="word/document.xml", data=b"<document/>"),
    ),
}

HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "slip.zip": lambda: archive(HELLO, Item(name="../../evil.txt", data=b"evil\n")),
    "slip-inside.zip": lambda: archive(HELLO, Item(name="a/../../evil.txt", data=b"evil\n")),
    "absolute.zip": lambda: archive(HELLO, Item(name="/tmp/evil.txt", data=b"evil\n")),
    "drive.zip": lambda: archive(HELLO, Item(name="C:/evil.txt", data=b"evil\n")),
    "backslash.zip": lambda: archive(HELLO, Item(name="..\\..\\evil.txt", data=b"evil\n")),
    "backslash-windows.zip": lambda: archive(
        HELLO, Item(name="..\\..\\evil.txt", data=b"evil\n", mode=0, system=0)
    ),
    "symlink.zip": lambda: archive(HELLO, Item(name="link", data=b"/etc/passwd", mode=stat.S_IFLNK | 0o777)),
    "symlink-folder.zip": lambda: archive(
        Item(name="link", data=b"../..", mode=stat.S_IFLNK | 0o777),
        Item(name="link/evil.txt", data=b"evil\n"),
    ),
    "device.zip": lambda: archive(HELLO, Item(name="null", mode=stat.S_IFCHR | 0o666)),
    "fifo.zip": lambda: archive(HELLO, Item(name="pipe", mode=stat.S_IFIFO | 0o666)),
    "encrypted.zip": lambda: archive(HELLO, Item(name="secret.txt", data=b"x" * 24, flags=ENCRYPTED)),
    "truncated.zip": lambda: archive(HELLO, Item(name="b.txt", data=b"b" * 100))[:-30],
    "cut-start.zip": lambda: b"PK\3\4" + archive(HELLO)[20:],
    "trailing.zip": lambda: archive(HELLO) + b"more",
    "crc.zip": lambda: archive(HELLO, Item(name="b.txt", data=b"damaged\n", crc=0x12345678)),
    "bomb.zip": lambda: archive(
        HELLO,
        Item(name="zeros", data=bytes(BOMB_BYTES), method=BZIP2, packed=bz2.compress(bytes(BOMB_BYTES))),
    ),
    "lying-size.zip": lambda: archive(
        HELLO,
        Item(
            name="zeros", data=bytes(BOMB_BYTES), method=BZIP2, packed=bz2.compress(bytes(BOMB_BYTES)), size=9
        ),
    ),
    "lying-small.zip": lambda: archive(HELLO, Item(name="b.txt", data=b"short\n", size=600)),
    "lying-header.zip": lambda: archive(HELLO, Item(name="b.txt", data=b"short\n", local_size=5)),
    "huge.zip": lambda: archive(HELLO, Item(name="b.bin", data=b"x", size=2**40, zip64=True)),
    "lying-count.zip": lambda: archive(HELLO, count=2),
    "huge-count.zip": lambda: archive(HELLO, count=60_000),
    "overlap.zip": _overlap,
    "two-names.zip": lambda: archive(HELLO, Item(name="b.txt", data=b"b\n", local_name=b"c.txt")),
    "duplicate.zip": lambda: archive(HELLO, Item(name="hello.txt", data=b"other\n")),
    "duplicate-unicode.zip": lambda: archive(
        Item(name="caf\u00e9.txt", data=b"1"), Item(name="cafe\u0301.txt", data=b"2")
    ),
    "file-and-folder.zip": lambda: archive(Item(name="a", data=b"a"), Item(name="a/b.txt", data=b"b")),
    "deep.zip": lambda: archive(HELLO, Item(name="d/" * 100 + "f.txt", data=b"f")),
    "long-name.zip": lambda: archive(HELLO, Item(name="n" * 256, data=b"n")),
    "control.zip": lambda: archive(HELLO, Item(name="a\nb.txt", data=b"n")),
    "nul.zip": lambda: archive(HELLO, Item(name="a.txt\0.exe", data=b"n")),
    "bad-utf8.zip": lambda: archive(HELLO, Item(name=b"\xff\xfe.txt", data=b"n", flags=UTF8)),
    "unsupported.zip": lambda: archive(
        HELLO, Item(name="b.txt", data=b"b\n", method=DEFLATE64, packed=b"xx")
    ),
    "split.zip": lambda: archive(HELLO, disk=1),
    "hidden-directory.zip": _hidden_directory,
}
