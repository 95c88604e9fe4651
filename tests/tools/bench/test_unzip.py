"""The unpacked archives contain the files that the measurement counts."""

import zipfile

import pytest

from tools.bench.unzip import pack


@pytest.mark.parametrize(("files", "size"), [(3, 4096), (1, 3 << 20)], ids=["small", "large"])
def test_every_file_is_as_large_as_was_asked(tmp_path, files, size):
    pack(tmp_path / "packed.zip", files, size)

    with zipfile.ZipFile(tmp_path / "packed.zip") as archive:
        assert [entry.file_size for entry in archive.infolist()] == [size] * files
        assert all(entry.compress_size < size / 2 for entry in archive.infolist())
