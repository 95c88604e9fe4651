"""Whole directories are copied and deleted, even if their content is hostile."""

import os
from pathlib import Path

import pytest

from sigmic_mock.storage.file_work import Stopped, StopSignal
from sigmic_mock.storage.trees import NotCopied, copy_tree, remove_tree
from tests.fakes.somebody_else import ran_by_somebody_else

DEPTH = 3000


def dig(path: Path, depth: int) -> None:
    """Create `depth` nested directories; their path is longer than any system call accepts."""
    here = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_a_tree_goes_and_what_its_links_point_to_stays(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "file").write_text("x")
    (tree / "link").symlink_to(kept)
    (tree / "a" / "link").symlink_to(kept)
    os.mkfifo(tree / "pipe")
    remove_tree(tree)
    assert not tree.exists()
    assert (kept / "file").read_text() == "kept"


def test_removing_twice_is_the_same(tmp_path):
    remove_tree(tmp_path / "missing")
    remove_tree(tmp_path / "missing" / "below")
    assert list(tmp_path.iterdir()) == []


def test_three_thousand_levels_go(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    dig(tree, DEPTH)
    remove_tree(tree)
    assert not tree.exists()


def test_three_thousand_files_go(tmp_path):
    tree = tmp_path / "tree"
    (tree / "d").mkdir(parents=True)
    for number in range(1500):
        (tree / f"{number}").touch()
        (tree / "d" / f"{number}").touch()
    remove_tree(tree)
    assert not tree.exists()


def test_a_link_in_place_of_the_tree_is_not_followed(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "link").symlink_to("kept")
    with pytest.raises(NotADirectoryError):
        remove_tree(tmp_path / "link")
    assert (tmp_path / "kept" / "file").exists()


WITHOUT_RIGHTS = """
import sys
from pathlib import Path
from sigmic_mock.storage.trees import remove_tree
become_somebody_else()
tree = Path(sys.argv[1], "tree")
(tree / "a" / "b" / "c").mkdir(parents=True)
(tree / "a" / "b" / "f").touch()
for path in (tree / "a" / "b" / "c", tree / "a" / "b", tree / "a", tree):
    path.chmod(0)
remove_tree(tree)
assert not tree.exists()
print("gone")
"""


def test_directories_without_rights_go(tmp_path):
    assert ran_by_somebody_else(WITHOUT_RIGHTS, tmp_path) == ("gone\n", "")


def copied(source: Path, target: Path) -> tuple[int, list[str]]:
    """Copy a tree; return its bytes, and the paths that now belong to the sandbox's user."""
    owned: list[Path] = []
    size = copy_tree(source, target, owned.append, StopSignal())
    return size, sorted(str(path.relative_to(target)) for path in owned)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "folder").mkdir(parents=True)
    (source / "folder" / "a.txt").write_text("abc")
    (source / "run.sh").write_text("echo")
    (source / "run.sh").chmod(0o755)
    (source / "link").symlink_to("/etc/passwd")
    os.mkfifo(source / "pipe")
    return source


def test_a_copy_has_folders_files_and_links_as_they_are_and_nothing_else(source: Path, tmp_path: Path):
    target = tmp_path / "target"

    assert copied(source, target) == (7, [".", "folder", "folder/a.txt", "run.sh"])
    assert {path.name for path in target.iterdir()} == {"folder", "run.sh", "link"}
    assert (target / "folder" / "a.txt").read_text() == "abc"
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "link").readlink() == Path("/etc/passwd")


def test_writing_into_the_original_leaves_the_copy_as_it_was(source: Path, tmp_path: Path):
    copied(source, tmp_path / "target")

    with (source / "folder" / "a.txt").open("r+") as file:
        file.write("xyz")

    assert (tmp_path / "target" / "folder" / "a.txt").read_text() == "abc"


def test_a_workspace_that_is_not_there_is_copied_to_nothing(tmp_path: Path):
    assert copied(tmp_path / "none", tmp_path / "target") == (0, [])
    assert not (tmp_path / "target").exists()


def test_a_copy_stops_when_asked(source: Path, tmp_path: Path):
    stop = StopSignal()
    stop.set()

    with pytest.raises(Stopped):
        copy_tree(source, tmp_path / "target", lambda path: None, stop)


def test_too_many_files_are_not_copied(source: Path, tmp_path: Path):
    with pytest.raises(NotCopied, match="more than 2 files"):
        copy_tree(source, tmp_path / "target", lambda path: None, StopSignal(), most_entries=2)
