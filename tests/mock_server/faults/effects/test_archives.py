"""Naive extraction does what a fault requests, and never leaves the data folder."""

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.faults.effects.archives import extract_naively, traits
from sigmic_mock.faults.effects.files import DECOYS, decoy

PARTS = st.sampled_from(["..", ".", "", "a", "b.txt", "C:", "/", "etc", "passwd"])
NAMES = st.lists(PARTS, min_size=1, max_size=8).map("/".join).filter(bool)


def archive(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in entries:
            packed.writestr(name, content)
    path.write_bytes(buffer.getvalue())
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """A staging area as for an upload, two folders below the data folder."""
    area = tmp_path / "data" / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    return area


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_nothing_is_remarkable_about_an_ordinary_archive_or_none(tmp_path: Path):
    honest = archive(tmp_path / "a.zip", ("a/x", b"1"), ("y", b"2"))
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and nothing more")

    assert traits(honest) == []
    assert traits(tmp_path / "b.zip") == []


@given(name=NAMES)
def test_whatever_an_entry_is_called_it_stays_in_the_staging_area(tmp_path_factory: Any, name: str):
    root = tmp_path_factory.mktemp("root")
    area = root / "data" / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    packed = archive(root / "a.zip", (name, b"x"))

    extract_naively(packed, "outside", area, "top", lambda path: None)

    assert all(path.startswith("data/staging/one/") for path in tree(root) - {"a.zip"})


@given(path=NAMES)
def test_a_decoy_lies_in_its_folder(tmp_path_factory: Any, path: str):
    data = tmp_path_factory.getbasetemp()

    assert decoy(data, path).is_relative_to(data / "decoy")


def test_a_followed_link_shows_a_decoy_and_no_file_of_this_machine(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", (link("p"), b"/etc/passwd"), (link("h"), b"/etc/hostname"))

    extract_naively(packed, "follow", area, "top", lambda path: None)

    assert (area / "uploads/top/p").read_text() == DECOYS["etc/passwd"]
    assert (area / "uploads/top/h").read_text() == "/etc/hostname"


def test_a_bomb_becomes_files_without_blocks(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", ("a.bin", bytes(5_000_000)))

    extract_naively(packed, "sparse", area, "top", lambda path: None)

    found = (area / "uploads/top/a.bin").stat()
    assert found.st_size == 5_000_000
    assert found.st_blocks * 512 < 100_000
