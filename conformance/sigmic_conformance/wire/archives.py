"""ZIP archives in legal forms that the standard library does not write."""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sigmic_conformance.wire.bodies import FilePart

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_JANUARY_1980 = 0x21
_UTF8, _ENCRYPTED = 0x800, 0x1
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


def streamed(entries: Mapping[str, bytes]) -> bytes:
    """An archive as written to a pipe: sizes and checksums follow the data (APPNOTE §4.3.9)."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return bytes(pipe.written)


class _Pipe:
    """Accepts bytes and cannot seek."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes, /) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: no data is buffered."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def zip64(entries: Mapping[str, bytes]) -> bytes:
    """An archive with all sizes, offsets and counts in Zip64 records (APPNOTE §4.3.14)."""
    out, directory = bytearray(), bytearray()
    for name, content in entries.items():
        raw, crc, offset = name.encode(), zlib.crc32(content), len(out)
        sizes = struct.pack("<2H2Q", 1, 16, len(content), len(content))
        out += _LOCAL.pack(
            b"PK\x03\x04", 45, _UTF8, 0, 0, _JANUARY_1980, crc, _FULL32, _FULL32, len(raw), len(sizes)
        )
        out += raw + sizes + content
        extra = struct.pack("<2H3Q", 1, 24, len(content), len(content), offset)
        directory += _CENTRAL.pack(
            *(b"PK\x01\x02", 45, 45, _UTF8, 0, 0, _JANUARY_1980, crc, _FULL32, _FULL32),
            *(len(raw), len(extra), 0, 0, 0, 0, _FULL32),
        )
        directory += raw + extra
    start, count = len(out), len(entries)
    out += directory
    at = len(out)
    out += _END64.pack(b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(directory), start)
    out += _LOCATOR.pack(b"PK\x06\x07", 0, at, 1)
    return bytes(out + _END.pack(b"PK\x05\x06", 0, 0, _FULL16, _FULL16, _FULL32, _FULL32, 0))


def stored(entries: "list[tuple[str, bytes]]", *, flags: int = _UTF8, shared: bool = False) -> bytes:
    """An archive of stored entries; names may occur twice. With `shared` all use the first one's data."""
    out, directory = bytearray(), bytearray()
    for number, (name, content) in enumerate(entries):
        raw, size = name.encode(), len(content)
        offset = 0 if shared else len(out)
        core = (flags, 0, 0, _JANUARY_1980, zlib.crc32(content), size, size, len(raw))
        if number == 0 or not shared:
            out += _LOCAL.pack(b"PK\x03\x04", 20, *core, 0) + raw + content
        directory += _CENTRAL.pack(b"PK\x01\x02", 20, 20, *core, 0, 0, 0, 0, 0, offset) + raw
    return bytes(out) + _tail(bytes(directory), len(entries), len(out))


def encrypted(entries: Mapping[str, bytes]) -> bytes:
    """An archive whose entries are marked as encrypted, each after a header of 12 bytes."""
    return stored([(name, bytes(12) + content) for name, content in entries.items()], flags=_ENCRYPTED)


def namesakes(name: str) -> bytes:
    """An archive with two entries of one name."""
    return stored([(name, b"first"), (name, b"second")])


def sharing(*names: str) -> bytes:
    """An archive whose entries all share the same bytes of the file."""
    return stored([(name, b"shared bytes") for name in names], shared=True)


def nothing() -> bytes:
    """An archive without entries: only its end record."""
    return _tail(b"", 0, 0)


def directories(*names: str) -> bytes:
    """An archive of directories without a file."""
    return stored([(f"{name}/", b"") for name in names])


def _tail(directory: bytes, count: int, start: int) -> bytes:
    return directory + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)


@dataclass(frozen=True, slots=True)
class LargeArchive(FilePart):
    """A ZIP archive of exactly `size` bytes, generated while it is sent: stored entries of at most `each`."""

    each: int = 1 << 24

    def portions(self) -> Iterator[bytes]:
        """The archive's bytes; no entry is completely in memory."""
        directory, at, left = bytearray(), 0, self.size - _END.size
        block = bytes(range(256)) * 1024
        number = 0
        while left > 0:
            name = b"%04d.bin" % number
            overhead = _LOCAL.size + _CENTRAL.size + 2 * len(name)
            size = min(self.each, left - overhead)
            # A rest that is too small for another entry's headers goes into the last entry's comment.
            spare = left - overhead - size
            spare = spare if spare <= overhead else 0
            pieces = [block[: min(len(block), size - done)] for done in range(0, size, len(block))]
            crc = 0
            for piece in pieces:
                crc = zlib.crc32(piece, crc)
            core = (0, 0, 0, _JANUARY_1980, crc, size, size, len(name))
            yield _LOCAL.pack(b"PK\x03\x04", 20, *core, 0) + name
            yield from pieces
            directory += (
                _CENTRAL.pack(b"PK\x01\x02", 20, 20, *core, 0, spare, 0, 0, 0, at) + name + bytes(spare)
            )
            at += _LOCAL.size + len(name) + size
            left -= overhead + size + spare
            number += 1
        yield _tail(bytes(directory), number, at)
