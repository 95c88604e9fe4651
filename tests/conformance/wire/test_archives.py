import io
import zipfile

import pytest

from sigmic_conformance.wire import archives as archive_forms

ENTRIES = {"a/one.txt": b"one\n" * 50, "b/größe.txt": b"two"}


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


@pytest.mark.parametrize("form", [archive_forms.streamed, archive_forms.zip64])
def test_each_form_holds_its_entries(form):
    assert read(form(ENTRIES)) == ENTRIES


def test_a_streamed_archive_has_its_sizes_after_the_data():
    content = archive_forms.streamed(ENTRIES)

    assert content[6] & 0x8
    assert content[18:26] == bytes(8)


def test_a_zip64_archive_has_no_other_count():
    content = archive_forms.zip64(ENTRIES)

    assert b"PK\x06\x06" in content
    assert content[-22:][8:12] == b"\xff" * 4


def test_two_entries_have_one_name():
    with zipfile.ZipFile(io.BytesIO(archive_forms.namesakes("x.txt"))) as archive:
        assert [info.filename for info in archive.infolist()] == ["x.txt", "x.txt"]
        assert [archive.read(info) for info in archive.infolist()] == [b"first", b"second"]


def test_entries_share_their_bytes():
    with zipfile.ZipFile(io.BytesIO(archive_forms.sharing("a", "b"))) as archive:
        assert {info.header_offset for info in archive.infolist()} == {0}


def test_an_encrypted_archive_asks_for_a_password():
    with (
        zipfile.ZipFile(io.BytesIO(archive_forms.encrypted(ENTRIES))) as archive,
        pytest.raises(RuntimeError, match="encrypted"),
    ):
        archive.read("a/one.txt")


def test_there_are_archives_without_files():
    assert read(archive_forms.nothing()) == {}
    assert set(read(archive_forms.directories("a", "a/b"))) == {"a/", "a/b/"}


@pytest.mark.parametrize("size", [5_000, 100_000, 100_050, 100_130, 3_000_001])
def test_a_large_archive_is_whole_and_exactly_as_long_as_it_says(size: int):
    part = archive_forms.LargeArchive("x.zip", size=size, each=50_000)

    content = b"".join(part.portions())

    assert len(content) == part.length == size
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert max(map(len, read(content).values())) <= 50_000
