"""Which archives are accepted, decided by their directory alone (G-31)."""

import stat
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.domain.archive_rules import ArchiveLimits, is_package, plan
from sigmic_mock.domain.zip_format import BadArchive, Entry

LIMITS = ArchiveLimits()


def entry(
    name: str,
    *,
    size: int = 1,
    packed: int = 1,
    mode: int = 0,
    system: int = 3,
    flags: int = 0,
    method: int = 0,
):
    return Entry(
        raw_name=name.encode(errors="surrogatepass"), name=name, flags=flags, method=method, crc=0,
        packed=packed, size=0 if name.endswith("/") else size, system=system, mode=mode, offset=0,
    )  # fmt: skip


def paths(*names: str):
    made = plan([entry(name) for name in names], LIMITS)
    return made.folder, made.directories, tuple(file.path for file in made.files)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.txt"], (None, (), ("a.txt",))),
        (["a.txt", "d/b.txt"], (None, ("d",), ("a.txt", "d/b.txt"))),
        (["p/a.txt", "p/d/b.txt"], ("p", ("d",), ("a.txt", "d/b.txt"))),
        (["p/"], ("p", (), ())),
        (["p/", "p/e/"], ("p", ("e",), ())),
        (["p/a", "q/b"], (None, ("p", "q"), ("p/a", "q/b"))),
        (["./a.txt", "./d//b.txt"], (None, ("d",), ("a.txt", "d/b.txt"))),
        (["./", "./a.txt", ".//"], (None, (), ("a.txt",))),
        (["A.txt", "a.txt"], (None, (), ("A.txt", "a.txt"))),
        ([], (None, (), ())),
    ],
)
def test_entries_go_below_one_folder(names, expected):
    assert paths(*names) == expected


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["../x"], "named '..'"),
        (["a/../../x"], "named '..'"),
        (["a/../x"], "named '..'"),
        (["/x"], "absolute"),
        (["//server/x"], "absolute"),
        (["C:x"], "absolute"),
        (["c:/x"], "absolute"),
        (["a\\b"], "separator"),
        ([""], "no name"),
        (["."], "no name"),
        (["a", "a"], "two entries"),
        (["a", "./a"], "two entries"),
        (["a/", "a"], "two entries"),
        (["a", "a/b"], "both a file and a folder"),
        (["a/b/c", "a/b"], "both a file and a folder"),
        (["d/" * 64 + "f"], "too long"),
        (["/".join(["x" * 250] * 5)], "too long"),
    ],
)
def test_a_path_that_leaves_or_clashes_is_refused(names, reason):
    with pytest.raises(BadArchive, match=reason):
        paths(*names)


DEVICES = [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        *(
            (entry("x", mode=kind | 0o777, system=system), "link or a device")
            for kind in DEVICES
            for system in (0, 3, 19)  # whichever system wrote the archive
        ),
        (entry("d/", mode=stat.S_IFREG | 0o755), "both a file and a folder"),
        (entry("d", mode=stat.S_IFDIR | 0o755), "both a file and a folder"),
        (replace(entry("d/"), size=1), "has content"),
        *((entry("x", flags=flag), "encrypted") for flag in (1 << 0, 1 << 6, 1 << 13)),
    ],
)
def test_an_entry_that_is_no_plain_file_or_folder_is_refused(refused, reason):
    with pytest.raises(BadArchive, match=reason):
        plan([refused], LIMITS)


def test_backslashes_are_separators_only_from_windows_makers():
    assert plan([entry("d\\a.txt", system=0)], LIMITS).files[0].path == "a.txt"
    with pytest.raises(BadArchive):
        plan([entry("..\\a.txt", system=0)], LIMITS)


def test_ten_thousand_entries_are_taken_and_one_more_is_not():
    entries = [entry(f"d/{number}") for number in range(10_000)]
    assert len(plan(entries, LIMITS).files) == 10_000
    with pytest.raises(BadArchive, match="10,000 entries"):
        plan([*entries, entry("one-more")], LIMITS)


def test_folders_that_only_paths_name_are_bounded_too():
    with pytest.raises(BadArchive, match="10000 folders"):
        plan([entry("/".join(f"{number}-{depth}" for depth in range(20))) for number in range(600)], LIMITS)


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ([(500 << 20, 500 << 20), (1, 1)], "500 MiB"),
        ([(2**62, 1)], "500 MiB"),
        ([((10 << 20) + 1, 1000)], "200 to 1"),
        ([(11 << 20, 0)], "200 to 1"),
        ([(6 << 20, 1000), (6 << 20, 1000)], "200 to 1"),
    ],
)
def test_an_archive_is_refused_if_its_declared_sizes_exceed_a_limit(sizes, reason):
    with pytest.raises(BadArchive, match=reason):
        plan([entry(f"f{i}", size=size, packed=packed) for i, (size, packed) in enumerate(sizes)], LIMITS)


@pytest.mark.parametrize(
    "sizes", [[(500 << 20, 500 << 20)], [(10 << 20, 1)], [(200 * 60_000, 60_000)], [(0, 0)]]
)
def test_the_limits_themselves_are_allowed(sizes):
    assert plan([entry(f"f{i}", size=s, packed=p) for i, (s, p) in enumerate(sizes)], LIMITS).files


@pytest.mark.parametrize(
    ("name", "content_type", "package"),
    [
        ("a.docx", None, True),
        ("A.XLSX", None, True),
        ("a.jar", None, True),
        ("a.odt", None, True),
        ("a.ods", "application/zip", True),
        ("a.epub", None, True),
        ("upload", "application/vnd.oasis.opendocument.text", True),
        ("a.zip", "application/zip", False),
        ("a.zip", "application/octet-stream", False),
        ("docx", None, False),
        ("a.docx.zip", None, False),
        ("data.bin", None, False),
    ],
)
def test_office_documents_and_programs_stay_files(name, content_type, package):
    assert is_package(name, content_type) == package


NAMES = st.lists(
    st.sampled_from(["a", "b", "..", ".", "", "c:", "d\\e", "é", "e\u0301", "\0"]), max_size=5
).map("/".join)


@given(st.lists(NAMES, max_size=6), st.sampled_from([0, 3]))
def test_whatever_is_planned_stays_below_its_folder_and_never_clashes(names, system):
    try:
        made = plan([entry(name, system=system) for name in names], LIMITS)
    except BadArchive:
        return
    files = [file.path for file in made.files]
    assert len(set(files)) == len(files)
    assert not set(files) & set(made.directories)
    for path in map(PurePosixPath, (*files, *made.directories)):
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert all(str(parent) in made.directories for parent in path.parents if str(parent) != ".")
    order = list(made.directories)
    assert order == sorted(order, key=lambda path: path.split("/"))
