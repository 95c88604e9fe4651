"""Careless extraction does what faults accuse it of, and never leaves the data folder."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_conformance.mock_server.storage import careless
from sigmic_conformance.mock_server.storage.careless import (
    decoy,
    extract_carelessly,
    leads_out,
    make_room,
    spill,
    way_of,
)

PARTS = st.sampled_from(["..", ".", "", "a", "b.txt", "C:", "/", "etc", "passwd"])
NAMES = st.lists(PARTS, min_size=1, max_size=8).map("/".join).filter(bool)


class Armed:
    """Wants one way for one occasion."""

    def __init__(self, code: str, way: str = "outside") -> None:
        self.code = code
        self.way = way

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        assert decision == "zip.extraction"
        return {"as": self.way} if code == self.code else None

    async def salvage(self, _code: str, _finish: Any) -> bool:
        return False


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
    """A staging area as an upload has one, two folders below the data folder."""
    area = tmp_path / "data" / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    return area


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([("../x", b"")], "climbing"),
        ([("/x", b"")], "absolute"),
        ([("C:\\x", b"")], "absolute"),
        ([("a\\x", b"")], "absolute"),
        ([(link("x"), b"/etc/passwd")], "link"),
        ([("a/x", b"1"), ("b/x", b"2")], "namesakes"),
        ([], "empty"),
        ([("a/", b"")], "empty"),
        ([("a.zip", b"")], "nested"),
    ],
)
def test_an_archive_gives_occasion_for_one_way(tmp_path: Path, entries: list[Any], code: str):
    packed = archive(tmp_path / "a.zip", *entries)

    assert way_of(Armed(code), packed) == "outside"
    others = {"climbing", "absolute", "link", "clash", "empty", "namesakes", "nested"} - {code}
    assert [way_of(Armed(other), packed) for other in others] == [None] * len(others)


def test_an_honest_archive_and_no_archive_give_none(tmp_path: Path):
    honest = archive(tmp_path / "a.zip", ("a/x", b"1"), ("y", b"2"))
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and nothing more")

    for code in ("climbing", "absolute", "link", "clash", "empty", "namesakes"):
        assert way_of(Armed(code), honest) is None
        assert way_of(Armed(code), tmp_path / "b.zip") is None


@given(name=NAMES)
def test_whatever_an_entry_is_called_it_stays_in_the_staging_area(tmp_path_factory: Any, name: str):
    root = tmp_path_factory.mktemp("root")
    area = root / "data" / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    packed = archive(root / "a.zip", (name, b"x"))

    extract_carelessly(packed, "outside", area, "top", lambda path: None)

    assert all(path.startswith("data/staging/one/") for path in tree(root) - {"a.zip"})


def test_a_followed_link_shows_a_decoy_and_no_file_of_this_machine(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", (link("p"), b"/etc/passwd"), (link("h"), b"/etc/hostname"))

    extract_carelessly(packed, "follow", area, "top", lambda path: None)

    assert (area / "uploads/top/p").read_text() == careless.DECOYS["etc/passwd"]
    assert (area / "uploads/top/h").read_text() == "/etc/hostname"


@given(name=NAMES)
def test_what_an_inner_archive_holds_stays_there_too(tmp_path_factory: Any, name: str):
    root = tmp_path_factory.mktemp("root")
    area = root / "data" / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    inner = archive(root / "in.zip", (name, b"x"))
    packed = archive(root / "a.zip", ("in.zip", inner.read_bytes()))

    extract_carelessly(packed, "deep", area, "top", lambda path: None)

    found = tree(root) - {"a.zip", "in.zip"}
    assert all(path.startswith("data/staging/one/uploads/top/in/") for path in found)


def test_what_is_no_archive_inside_remains_a_file(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", ("in.zip", b"no archive"))

    assert extract_carelessly(packed, "deep", area, "top", lambda path: None) == ("in.zip",)


def test_a_bomb_becomes_files_without_blocks(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", ("a.bin", bytes(5_000_000)))

    extract_carelessly(packed, "sparse", area, "top", lambda path: None)

    found = (area / "uploads/top/a.bin").stat()
    assert found.st_size == 5_000_000
    assert found.st_blocks * 512 < 100_000


def test_a_damaged_entry_is_written_as_it_is(area: Path, tmp_path: Path):
    packed = archive(tmp_path / "a.zip", ("a.txt", b"a" * 100))
    packed.write_bytes(packed.read_bytes().replace(b"a" * 100, b"X" * 100))

    assert way_of(Armed("damaged", "unchecked"), packed) == "unchecked"
    extract_carelessly(packed, "unchecked", area, "top", lambda path: None)

    assert (area / "uploads/top/a.txt").read_bytes() == b"X" * 100


class Replacing(Armed):
    """Wants what stands in the way taken away."""

    def wrongly(self, decision: str, code: str) -> Mapping[str, Any] | None:
        assert decision == "upload.replaces"
        return {} if code == self.code else None


def test_only_what_stands_in_the_way_and_is_of_the_kind_is_taken_away(area: Path, tmp_path: Path):
    uploads = tmp_path / "workspace" / "uploads"
    for folder in (area / "uploads", uploads):
        (folder / "pack").mkdir(parents=True)
        (folder / "a.txt").write_text("a")
    (uploads / "other.txt").write_text("b")

    make_room(Replacing("file"), area / "uploads", uploads)

    assert {path.name for path in uploads.iterdir()} == {"pack", "other.txt"}
    assert (area / "replaced" / "a.txt").read_text() == "a"


def test_no_room_is_made_behind_a_link(area: Path, tmp_path: Path):
    (area / "uploads" / "a.txt").write_text("new")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("mine")
    (tmp_path / "uploads").symlink_to(elsewhere)

    make_room(Replacing("file"), area / "uploads", tmp_path / "uploads")

    assert (elsewhere / "a.txt").read_text() == "mine"


@given(path=NAMES)
def test_a_decoy_lies_in_its_folder(tmp_path_factory: Any, path: str):
    data = tmp_path_factory.getbasetemp()

    assert decoy(data, path).is_relative_to(data / "decoy")


def test_what_is_spilled_replaces_nothing(area: Path, tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "kept.txt").write_text("mine")
    (area / careless.OUTSIDE).mkdir()
    for name in ("kept.txt", "new.txt"):
        (area / careless.OUTSIDE / name).write_text("theirs")

    spill(area, workspace)

    assert (workspace / "kept.txt").read_text() == "mine"
    assert (workspace / "new.txt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("path", "leading"),
    [
        ("../../etc/passwd", ("climbing", "etc/passwd")),
        ("/etc/passwd", ("climbing", "etc/passwd")),
        ("a/../../x", ("climbing", "x")),
        ("link", ("link", "etc/passwd")),
        ("inside", None),
        ("a/../b", None),
        ("nul\0", None),
    ],
)
def test_a_path_that_leaves_is_told_from_one_that_does_not(
    tmp_path: Path, path: str, leading: tuple[str, str] | None
):
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "inside").symlink_to("elsewhere")

    assert leads_out(tmp_path, path) == leading
