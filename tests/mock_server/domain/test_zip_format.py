"""The structure of a ZIP is read strictly, and its numbers are not trusted."""

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.zip_format import BadArchive, data_range, is_zip, read_directory
from tests.fakes.archives import DESCRIPTOR, GOOD, HELLO, Item, archive


def directory(content: bytes):
    return read_directory(reader(content), len(content), 10_000)[0]


def reader(content: bytes):
    return lambda offset, length: content[max(0, offset) : max(0, offset) + length]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"PK\3\4", True), (b"PK\5\6", True), (b"PK\7\x08", True),
        (b"PK\1\2", False), (b"PK", False), (b"", False), (b"MZ\3\4", False),
    ],
)  # fmt: skip
def test_a_zip_is_known_by_its_first_bytes(start, expected):
    assert is_zip(start) == expected


@pytest.mark.parametrize("name", sorted(name for name in GOOD if name.endswith((".zip", ".docx"))))
def test_the_standard_librarys_reader_sees_the_same_entries(name):
    content = GOOD[name]()
    ours = [(entry.size, entry.packed, entry.crc, entry.offset, entry.method) for entry in directory(content)]
    with zipfile.ZipFile(io.BytesIO(content)) as theirs:
        expected = [
            (info.file_size, info.compress_size, info.CRC, info.header_offset, info.compress_type)
            for info in theirs.infolist()
        ]
    assert ours == expected


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_characters="\0\\/"), min_size=1, max_size=20),
        st.binary(max_size=50),
        max_size=8,
    )
)
def test_an_archive_written_by_the_standard_library_is_read(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in files.items():
            written.writestr(name, data)
    entries = directory(content.getvalue())
    assert {entry.name: (entry.size, entry.crc) for entry in entries} == {
        name: (len(data), zlib.crc32(data)) for name, data in files.items()
    }
    for entry in entries:
        begin, end = data_range(reader(content.getvalue()), entry)
        assert zlib.decompress(content.getvalue()[begin:end], -15) == files[entry.name]


@given(st.data())
def test_damage_anywhere_is_either_refused_or_harmless_to_the_reader(data):
    content = bytearray(archive(HELLO, Item(name="d/b.txt", data=b"b", zip64=True), zip64=True))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        for entry in directory(bytes(content)):
            data_range(reader(bytes(content)), entry)
    except BadArchive:
        pass  # the only permitted exception: any other fails this test


def test_entry_names_are_decoded_in_the_encoding_of_their_writer():
    unicode_field = b"\x01" + zlib.crc32(b"gr?n").to_bytes(4, "little") + "grün".encode()
    extra = b"\x75\x70" + len(unicode_field).to_bytes(2, "little") + unicode_field
    content = archive(
        Item(name=b"gr\x81n", system=0),
        Item(name="grün".encode(), system=3),
        Item(name="gr\u00fcn2"),
        Item(name=b"gr?n", system=0, extra=extra),
        Item(name=b"other", system=0, extra=extra),
        Item(name=b"gr\x81n", system=3),
    )
    assert [entry.name for entry in directory(content)] == ["grün", "grün", "grün2", "grün", "other", "grün"]


def test_a_directory_larger_than_allowed_is_refused_before_it_is_read():
    content = archive(HELLO, count=10_001)
    with pytest.raises(BadArchive, match="10,000 entries"):
        directory(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "truncated"),
        (b"PK\5\6", "truncated"),
        (archive(HELLO)[:-1], "truncated"),
        (archive(HELLO) + b"\n", "truncated"),
        (archive(HELLO, comment=archive()), "truncated"),
        (archive(HELLO, disk=1), "split"),
        (archive(HELLO, count=2), "damaged"),
        (archive(HELLO, HELLO, count=1), "more than it says"),
        (b"x" + archive(HELLO), "not where"),
    ],
)
def test_an_end_that_does_not_fit_is_refused(content, reason):
    with pytest.raises(BadArchive, match=reason):
        directory(content)


def test_sizes_after_the_data_need_not_be_in_the_local_header():
    content = archive(Item(name="a", data=b"abc", flags=DESCRIPTOR))
    assert content[slice(*data_range(reader(content), directory(content)[0]))] == b"abc"


def test_a_long_directory_is_refused_before_it_is_read():
    length = 33 << 20
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, length, 0, 0)
    asked: list[int] = []

    def read(offset: int, wanted: int) -> bytes:
        asked.append(wanted)
        return (bytes(wanted) + end)[-wanted:] if offset + wanted == length + len(end) else bytes(wanted)

    with pytest.raises(BadArchive, match="too large"):
        read_directory(read, length + len(end), 10_000)
    assert max(asked) < 70_000


def patched(content: bytes, *, at: int, field: str, value: int) -> bytes:
    """Overwrite one number of an archive with a wrong one."""
    changed = bytearray(content)
    struct.pack_into(field, changed, at, value)
    return bytes(changed)


ZIP64 = archive(HELLO, zip64=True)
RECORD, END = len(ZIP64) - 22 - 20 - 56, len(ZIP64) - 22


@pytest.mark.parametrize(
    ("at", "field", "value", "reason"),
    [
        (END + 10, "<H", 2, "its end records are inconsistent"),
        (END + 12, "<L", 1, "its end records are inconsistent"),
        (END + 16, "<L", 1, "its end records are inconsistent"),
        (RECORD + 4, "<Q", 45, "damaged"),
        (RECORD, "<L", 0, "missing"),
        (RECORD + 56 + 8, "<Q", 2**63, "missing"),
    ],
)
def test_zip64_records_that_do_not_fit_are_refused(at, field, value, reason):
    with pytest.raises(BadArchive, match=reason):
        directory(patched(ZIP64, at=at, field=field, value=value))


@pytest.mark.parametrize(("at", "value"), [(8, 8), (6, 1), (14, 1), (18, 1), (22, 1)])
def test_a_local_header_that_says_otherwise_is_refused(at, value):
    content = patched(archive(HELLO), at=at, field="<H", value=value)
    with pytest.raises(BadArchive, match="contradict"):
        data_range(reader(content), directory(content)[0])
