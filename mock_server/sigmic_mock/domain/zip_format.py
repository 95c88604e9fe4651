"""Reads the structure of a ZIP archive (APPNOTE 6.3.10): end record, central directory, local headers.

Strict on purpose: an archive that two readers could interpret differently (a comment that hides a second end
record, a local header with another name) is refused, so that exactly what was checked is extracted. Nothing
allocates by a number that the archive claims: it is compared with a limit first.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sigmic_spec.plural import plural

ReadAt = Callable[[int, int], bytes]
"""Returns up to (offset, length) bytes of the archive; fewer at its end."""

_END = struct.Struct("<4s4H2LH")
_END64_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_LOCAL = struct.Struct("<4s2B4HL2L2H")

_MAX_COMMENT = 0xFFFF
_MAX_DIRECTORY_BYTES = 32 * 1024 * 1024
_U16, _U32 = 0xFFFF, 0xFFFFFFFF
_END_MAGIC = re.compile(rb"PK\x05\x06")
_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MAGIC_BYTES = 4

FLAG_ENCRYPTED = 1 << 0
FLAG_DESCRIPTOR = 1 << 3
FLAG_UTF8 = 1 << 11
_UNIX_SYSTEMS = frozenset({3, 19})


class BadArchive(ValueError):
    """The archive is refused; the text says why and may be shown to the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the central directory. Sizes in bytes; `mode` is the Unix mode, 0 when there is none."""

    raw_name: bytes
    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    system: int
    mode: int
    offset: int
    """Where its local header is."""


def is_zip(start: bytes) -> bool:
    """Return whether these first four bytes are those of a ZIP archive; the name is ignored (G-31)."""
    return start.startswith(_MAGICS)


def read_directory(read: ReadAt, size: int, max_entries: int) -> tuple[list[Entry], int]:
    """Return all entries of the archive of `size` bytes, and where its central directory starts."""
    count, length, offset = _find_end(read, size)
    if count > max_entries:
        raise BadArchive(f"it has more than {plural(max_entries, 'entry', 'entries')}")
    if length > _MAX_DIRECTORY_BYTES:
        raise BadArchive("its directory is too large")
    entries = list(_entries(read(offset, length), count))
    return entries, offset


def data_range(read: ReadAt, entry: Entry) -> tuple[int, int]:
    """Return where the packed data of `entry` begins and ends, after checking its local header."""
    header = read(entry.offset, _LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\x03\x04"):
        raise BadArchive("an entry is not where the directory says")
    _, _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    name = read(entry.offset + _LOCAL.size, name_length)
    if name != entry.raw_name or method != entry.method or (flags ^ entry.flags) & FLAG_ENCRYPTED:
        raise BadArchive("an entry and the directory contradict each other")
    if not flags & FLAG_DESCRIPTOR and (
        crc != entry.crc or packed not in {entry.packed, _U32} or size not in {entry.size, _U32}
    ):
        raise BadArchive("an entry and the directory contradict each other")
    begin = entry.offset + _LOCAL.size + name_length + extra_length
    return begin, begin + entry.packed


def _find_end(read: ReadAt, size: int) -> tuple[int, int, int]:
    """Return (entries, directory length, directory offset) from the end record, ZIP64 or not."""
    start = max(0, size - _MAX_COMMENT - _END.size)
    tail = read(start, size - start)
    found = [match.start() for match in _END_MAGIC.finditer(tail) if _ends_exactly(tail, match.start())]
    if len(found) != 1:
        raise BadArchive("it is truncated, or damaged at its end")
    _, disk, first_disk, here, count, length, offset, _ = _END.unpack_from(tail, found[0])
    end = start + found[0]
    locator = read(end - _END64_LOCATOR.size, _END64_LOCATOR.size) if end >= _END64_LOCATOR.size else b""
    if locator.startswith(b"PK\x06\x07"):
        narrow = (count, length, offset)
        end, disk, first_disk, here, count, length, offset = _find_end64(read, locator, end)
        for short, wide, most in zip(narrow, (count, length, offset), (_U16, _U32, _U32), strict=True):
            if short not in {wide, most}:
                raise BadArchive("its end records are inconsistent")
    if disk or first_disk or here != count:
        raise BadArchive("it is split over several files")
    if offset + length != end:
        raise BadArchive("its directory is not where its end record says")
    return count, length, offset


def _ends_exactly(tail: bytes, at: int) -> bool:
    """Return whether the end record at `at`, with its comment, ends exactly at the end of the file."""
    if at + _END.size > len(tail):
        return False
    comment: int = _END.unpack_from(tail, at)[7]
    return at + _END.size + comment == len(tail)


def _find_end64(read: ReadAt, locator: bytes, end: int) -> tuple[int, int, int, int, int, int, int]:
    """Return (its position, disk, first disk, entries here, entries, directory length, offset)."""
    _, _, position, _ = _END64_LOCATOR.unpack(locator)
    record = read(position, _END64.size) if position < end else b""
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        raise BadArchive("its ZIP64 end record is missing")
    _, length64, _, _, disk, first_disk, here, count, length, offset = _END64.unpack(record)
    if position + 12 + length64 != end - _END64_LOCATOR.size:
        raise BadArchive("its ZIP64 end record is damaged")
    return position, disk, first_disk, here, count, length, offset


def _entries(directory: bytes, count: int) -> Iterator[Entry]:
    at = 0
    for _ in range(count):
        if len(directory) - at < _CENTRAL.size or directory[at : at + 4] != b"PK\x01\x02":
            raise BadArchive("its directory is damaged")
        fields = _CENTRAL.unpack_from(directory, at)
        name_end = at + _CENTRAL.size + fields[12]
        extra_end = name_end + fields[13]
        at, begin = extra_end + fields[14], at + _CENTRAL.size
        if at > len(directory):
            raise BadArchive("its directory is damaged")
        yield _entry(fields, directory[begin:name_end], directory[name_end:extra_end])
    if at != len(directory):
        raise BadArchive("its directory holds more than it says")


def _entry(fields: tuple[int, ...], raw_name: bytes, extra: bytes) -> Entry:
    _, _, system, _, _, flags, method, _, _, crc, packed, size, _, _, _, _, _, attributes, offset = fields
    extras = dict(_extras(extra))
    size, packed, offset = _wide(extras.get(0x0001, b""), size, packed, offset)
    return Entry(
        raw_name=raw_name,
        name=_name(raw_name, flags, system, extras.get(0x7075, b"")),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        system=system,
        mode=attributes >> 16,
        offset=offset,
    )


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (id, data) of each extra field; padding that is not one is passed over, as other readers do."""
    at = 0
    while len(extra) - at >= 4:  # noqa: PLR2004 - id and length
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


def _wide(extra: bytes, *values: int) -> list[int]:
    """Return the sizes and the offset; those of 0xFFFFFFFF come from the ZIP64 extra field, in its order."""
    wide = []
    for value in values:
        if value == _U32:
            if len(extra) < 8:  # noqa: PLR2004 - a 64-bit number
                raise BadArchive("its ZIP64 sizes are missing")
            value, extra = int.from_bytes(extra[:8], "little"), extra[8:]  # noqa: PLW2901 - what is left of it
        wide.append(value)
    return wide


def _name(raw: bytes, flags: int, system: int, unicode_path: bytes) -> str:
    """Decode: UTF-8 when flagged, Info-ZIP's Unicode field, UTF-8 from Unix makers, else code page 437."""
    if flags & FLAG_UTF8:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise BadArchive("an entry's name is not valid UTF-8") from None
    if unicode_path[:1] == b"\x01" and int.from_bytes(unicode_path[1:5], "little") == zlib.crc32(raw):
        raw = unicode_path[5:]
        system = 3
    if system in _UNIX_SYSTEMS:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            pass
    return raw.decode("cp437")
