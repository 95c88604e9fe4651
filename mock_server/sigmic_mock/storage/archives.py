"""Extract a ZIP archive, possibly from an attacker (G-31): all of it, or nothing and a `BadArchive`.

The directory is checked before a byte is written (`sigmic_mock.domain.archive_rules`). Here the data is
compared with the directory: its position, its length, its checksum. Output is bounded block by block, so a
wrong size costs one block, not the memory of the server.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from sigmic_mock.domain.archive_rules import (
    BZIP2,
    DEFLATED,
    LZMA,
    STORED,
    ArchiveLimits,
    Extraction,
    PlannedFile,
    plan,
)
from sigmic_mock.domain.zip_format import BadArchive, Entry, data_range, read_directory
from sigmic_mock.storage.file_work import StopSignal

try:
    import bz2
    import lzma
except ImportError:  # a Python built without these libraries supports the other methods
    BZ2_AND_LZMA = False
else:
    BZ2_AND_LZMA = True

BLOCK = 256 * 1024
_LZMA_HEADER = 9
_MAX_DICTIONARY = 64 * 1024 * 1024
"""Bytes that an LZMA entry may make the decoder allocate."""

Own = Callable[[Path], None]


class Archive:
    """An archive on disk that has been checked as far as possible without extracting it."""

    def __init__(self, source: int, limits: ArchiveLimits) -> None:
        """Read and check the directory of the file open at `source`. Raises `BadArchive`."""
        self._source = source
        self._size = os.fstat(source).st_size
        entries, end = read_directory(self._read, self._size, limits.entries)
        self.plan: Extraction = plan(entries, limits)
        self._begins = _data_begins(self._read, entries, end)

    def extract(self, target: Path, own: Own, stop: StopSignal) -> None:
        """Write everything below `target`, a new directory. If it raises `BadArchive`, remove `target`."""
        _make_directory(target, own)
        for path in self.plan.directories:
            _make_directory(target / path, own)
        for planned in self.plan.files:
            stop.check()
            path_on_disk = target / planned.path
            self._write(planned, path_on_disk, stop)
            own(path_on_disk)

    def _write(self, planned: PlannedFile, path: Path, stop: StopSignal) -> None:
        entry, size, crc = planned.entry, 0, 0
        with path.open("xb") as file:
            os.fchmod(file.fileno(), 0o755 if planned.executable else 0o644)
            for block in self._unpacked(entry):
                stop.check()
                size += len(block)
                if size > entry.size:
                    raise BadArchive("an entry unpacks to more than it says")
                crc = zlib.crc32(block, crc)
                file.write(block)
        if size != entry.size or crc != entry.crc:
            raise BadArchive("an entry is damaged")

    def _unpacked(self, entry: Entry) -> Iterator[bytes]:
        begin = self._begins[entry.offset]
        end = begin + entry.packed
        if entry.method == STORED:
            while begin < end:
                block = self._read(begin, min(BLOCK, end - begin))
                if not block:
                    raise BadArchive("an entry is cut off")
                begin += len(block)
                yield block
            return
        decoder: _Decoder
        if entry.method == LZMA:
            decoder = _lzma(self._read(begin, _LZMA_HEADER))
            begin += _LZMA_HEADER
        else:
            decoder = _decoder(entry.method)
        yield from _decoded(
            decoder, lambda at: self._read(at, min(BLOCK, end - at)), begin, end, entry.method
        )

    def _read(self, offset: int, length: int) -> bytes:
        if not 0 <= offset < self._size:  # a false 64-bit offset would overflow the system call
            return b""
        return os.pread(self._source, length, offset)


class _Decoder(Protocol):
    """The common interface of bz2 and lzma decompressors; `_Inflate` adds zlib's."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Inflate:
    """Raw deflate with the interface of the other decompressors."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        block = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(block) < max_length
        return block


def _decoded(
    decoder: _Decoder, read: Callable[[int], bytes], at: int, end: int, method: int
) -> Iterator[bytes]:
    """Yield blocks of at most `BLOCK` bytes from the packed data between `at` and `end`, all of it used."""
    while not decoder.eof:
        data = b""
        if decoder.needs_input:
            if at >= end:
                if method == LZMA:  # has no end mark; size and checksum are compared
                    return
                raise BadArchive("an entry is cut off")
            data = read(at)
            at += len(data)
        yield _step(decoder, data)
    if at != end or decoder.unused_data:
        raise BadArchive("an entry is longer than its data")


def _step(decoder: _Decoder, data: bytes) -> bytes:
    try:
        return decoder.decompress(data, BLOCK)
    # bz2 raises OSError and ValueError for bad data, lzma its own error. Nothing else happens in this call.
    except Exception as error:
        raise BadArchive("an entry is damaged") from error


def _decoder(method: int) -> _Decoder:
    if method == DEFLATED:
        return _Inflate()
    if method == BZIP2 and BZ2_AND_LZMA:
        return bz2.BZ2Decompressor()
    raise BadArchive(f"compression method {method} is not supported")


def _lzma(header: bytes) -> _Decoder:
    """Return a decoder from version (2 bytes), properties' length (2) and properties (5) before the data."""
    if not BZ2_AND_LZMA:
        raise BadArchive(f"compression method {LZMA} is not supported")
    if len(header) < _LZMA_HEADER or header[2:4] != b"\x05\x00":
        raise BadArchive("an entry is damaged")
    bits, literal_context = divmod(header[4], 9)
    position, literal_position = divmod(bits, 5)
    dictionary = int.from_bytes(header[5:9], "little")
    if dictionary > _MAX_DICTIONARY:
        raise BadArchive("an entry needs too much memory")
    filters = [
        {
            "id": lzma.FILTER_LZMA1,
            "dict_size": dictionary,
            "lc": literal_context,
            "lp": literal_position,
            "pb": position,
        }
    ]
    try:
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    except lzma.LZMAError:
        raise BadArchive("an entry is damaged") from None


def _data_begins(read: Callable[[int, int], bytes], entries: Sequence[Entry], end: int) -> dict[int, int]:
    """Return where the data of the entry at each offset starts. No two entries share a byte."""
    begins = {}
    free_from = 0
    for entry in sorted(entries, key=lambda entry: entry.offset):
        if entry.offset < free_from:
            raise BadArchive("its entries overlap")
        begins[entry.offset], free_from = data_range(read, entry)
    if free_from > end:
        raise BadArchive("its entries overlap")
    return begins


def _make_directory(path: Path, own: Own) -> None:
    path.mkdir()
    path.chmod(0o755)
    own(path)
