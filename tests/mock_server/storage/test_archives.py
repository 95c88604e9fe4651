"""Archives are extracted completely and safely, or refused completely (G-31)."""

import bz2
import lzma
import os
import shutil
import struct
import subprocess
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.archive_rules import ArchiveLimits
from sigmic_mock.domain.zip_format import BadArchive
from sigmic_mock.storage.archives import Archive
from sigmic_mock.storage.file_work import Stopped, StopSignal
from tests.fakes.archives import BZIP2, DEFLATED, GOOD, HELLO, HOSTILE, LZMA, Item, archive

REASONS = {
    "cut-start.zip": "not where its end record says",
    "crc.zip": "an entry is damaged",
    "lying-size.zip": "more than it says",
    "lying-small.zip": "an entry is damaged",
    "lying-header.zip": "contradict",
    "overlap.zip": "overlap",
    "two-names.zip": "contradict",
    "hidden-directory.zip": "truncated, or damaged at its end",
}
"""Refusals of archives whose directory is valid; tests/mock_server/domain has the others."""


def extract(content: bytes, tmp_path, *, own=lambda _: None, stop=None, limits=None):
    source = tmp_path / "source"
    source.write_bytes(content)
    target = tmp_path / "target"
    with source.open("rb") as file:
        opened = Archive(file.fileno(), limits or ArchiveLimits())
        opened.extract(target, own, stop or StopSignal())
    return opened.plan.folder, {
        str(path.relative_to(target)): None if path.is_dir() else path.read_bytes()
        for path in target.rglob("*")
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_nothing_of_it_is_outside(name, tmp_path):
    with pytest.raises(BadArchive, match=REASONS.get(name)):
        extract(HOSTILE[name](), tmp_path)
    outside = sorted(path.name for path in tmp_path.iterdir())
    assert outside in (["source"], ["source", "target"])


def test_modes_are_plain_and_a_program_stays_a_program(tmp_path):
    content = archive(
        Item(name="run.sh", mode=0o104777), Item(name="a.txt", mode=0o100600), Item(name="d/b.txt", mode=0)
    )
    before = os.umask(0o077)
    try:
        extract(content, tmp_path)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o7777 for path in (tmp_path / "target").rglob("*")}
    assert modes == {"run.sh": 0o755, "a.txt": 0o644, "d": 0o755, "b.txt": 0o644}


def test_everything_is_given_to_the_sandboxs_user(tmp_path):
    owned: list[str] = []
    extract(GOOD["folder.zip"](), tmp_path, own=lambda path: owned.append(str(path.relative_to(tmp_path))))
    everything = ["target", *(str(path.relative_to(tmp_path)) for path in (tmp_path / "target").rglob("*"))]
    assert sorted(owned) == sorted(everything)


def test_telling_it_to_stop_ends_the_extraction(tmp_path):
    stop = StopSignal()
    stop.set()
    with pytest.raises(Stopped):
        extract(GOOD["loose.zip"](), tmp_path, stop=stop)


def raw_lzma(data: bytes, dictionary: int = 1 << 16) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
    header = b"\x09\x04\x05\x00" + bytes([(2 * 5 + 0) * 9 + 3]) + dictionary.to_bytes(4, "little")
    return header + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKERS = [(DEFLATED, deflate), (BZIP2, bz2.compress), (LZMA, raw_lzma)]


@pytest.mark.parametrize(("method", "pack"), PACKERS)
def test_every_method_unpacks_what_it_packed(method, pack, tmp_path):
    data = os.urandom(300_000) + bytes(1_000_000) + b"end"
    content = archive(HELLO, Item(name="b", data=data, method=method, packed=pack(data)))
    assert extract(content, tmp_path)[1] == {"hello.txt": b"hello\n", "b": data}


@pytest.mark.parametrize(("method", "pack"), PACKERS)
def test_a_lying_size_costs_a_block_and_not_the_bomb(method, pack, tmp_path):
    """The library's own reader gives bz2 and lzma no output limit: one read would return the whole bomb."""
    data = bytes(60 << 20)
    content = archive(HELLO, Item(name="zeros", data=data, method=method, packed=pack(data), size=1000))
    del data
    blocks: list[int] = []
    source = tmp_path / "source"
    source.write_bytes(content)
    with source.open("rb") as file:
        opened = Archive(file.fileno(), ArchiveLimits())
        entry = next(planned.entry for planned in opened.plan.files if planned.path == "zeros")
        for block in opened._unpacked(entry):
            blocks.append(len(block))
            if len(blocks) == 10:
                break
    assert max(blocks) <= 256 * 1024
    with pytest.raises(BadArchive, match="more than it says"):
        extract(content, tmp_path)


@pytest.mark.parametrize(("method", "pack"), PACKERS)
@pytest.mark.parametrize(
    "damage",
    [
        lambda p: p[:-20],
        lambda p: p + b"x",
        lambda p: p[:9] + b"\xff\xff\xff" + p[12:],
        lambda p: p[:5],
        lambda p: b"",
    ],
)
def test_damaged_data_is_refused_by_every_method(method, pack, damage, tmp_path):
    data = os.urandom(2000)
    content = archive(HELLO, Item(name="b", data=data, method=method, packed=damage(pack(data))))
    with pytest.raises(BadArchive, match=r"damaged|cut off|longer"):
        extract(content, tmp_path)


def into_the_directory() -> bytes:
    """Return an archive whose entry's data run into the directory."""
    content = bytearray(archive(HELLO))
    directory = content.index(b"PK\1\2")
    for at in (18, 22, directory + 20, directory + 24):  # packed and unpacked size, in both places
        struct.pack_into("<L", content, at, 20)
    return bytes(content)


INNER = archive(Item(name="b.txt", data=b"b"))[:36] + bytes(20)
LIES = {
    "too much memory": archive(
        HELLO, Item(name="b", data=b"x", method=LZMA, packed=raw_lzma(b"x", 0xFFFFFFFF))
    ),
    "overlap": into_the_directory(),
    "(?=overlap)": archive(Item(name="a.txt", data=INNER), Item(name="b.txt", data=b"b", offset=35)),
    "not where": archive(HELLO, Item(name="b.txt", data=b"b", zip64=True, offset=2**63)),
}


@pytest.mark.parametrize(("reason", "content"), LIES.items(), ids=LIES)
def test_an_archive_that_lies_about_its_data_is_refused(reason, content, tmp_path):
    with pytest.raises(BadArchive, match=reason):
        extract(content, tmp_path)


@given(data=st.data())
def test_random_damage_is_refused_or_extracted_and_nothing_else(data, tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("damaged")
    content = bytearray(
        archive(
            Item(name="a", data=b"a" * 50, method=DEFLATED, packed=deflate(b"a" * 50)),
            Item(name="d/b", data=b"b" * 50, method=LZMA, packed=raw_lzma(b"b" * 50)),
            Item(name="d/c", data=b"c" * 50, method=BZIP2, packed=bz2.compress(b"c" * 50), zip64=True),
            zip64=True,
        )
    )
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(BadArchive):  # the only permitted exception: any other fails this test
        extract(bytes(content), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"source", "target"}
    shutil.rmtree(tmp_path)


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs Info-ZIP's zip")
@pytest.mark.parametrize("options", [[], ["-0"], ["-9"], ["-Z", "bzip2"], ["-fd"], ["-fz"], ["-D"]])
def test_what_info_zip_packs_comes_out_as_it_went_in(options, tmp_path):
    tree = tmp_path / "tree"
    (tree / "sub" / "empty").mkdir(parents=True)
    (tree / "sub" / "größe 資料.txt").write_text("unicode\n" * 500)
    (tree / "run.sh").write_text("#!/bin/sh\n")
    (tree / "run.sh").chmod(0o755)
    (tree / "zero").touch()
    subprocess.run(
        ["zip", "-qr", *options, "../made.zip", "."],
        cwd=tree,
        check=True,
        timeout=30,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    _, found = extract((tmp_path / "made.zip").read_bytes(), tmp_path)
    expected = {
        str(path.relative_to(tree)): None if path.is_dir() else path.read_bytes() for path in tree.rglob("*")
    }
    if "-D" in options:
        del expected["sub/empty"]
    assert found == expected
    assert os.access(tmp_path / "target" / "run.sh", os.X_OK)


@pytest.mark.skipif(shutil.which("zip") is None, reason="needs Info-ZIP's zip")
def test_a_link_or_a_password_from_info_zip_is_refused(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "l").symlink_to("a")
    for options, reason in ((["-y"], "link"), (["-P", "pw"], "encrypted")):
        subprocess.run(
            ["zip", "-q", *options, f"{reason}.zip", "a", "l"], cwd=tmp_path, check=True, timeout=30
        )
        with pytest.raises(BadArchive, match=reason):
            extract((tmp_path / f"{reason}.zip").read_bytes(), tmp_path)
