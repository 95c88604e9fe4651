"""Uploads move into a workspace that an agent owns: never through a link, never replacing a file."""

import os
import shutil
from pathlib import Path

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.storage import placing
from sigmic_mock.storage.file_work import Stopped, StopSignal
from sigmic_mock.storage.placing import link_new, place, rename_new, take_back
from tests.fakes.somebody_else import ran_by_somebody_else


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "staging" / "uploads"
    (tree / "v1.2").mkdir(parents=True)
    (tree / "v1.2" / "b.txt").write_text("b")
    (tree / "a.csv").write_text("new")
    return tree


def contents(path: Path) -> dict[str, str]:
    return {
        str(p.relative_to(path)): p.read_text()
        for p in sorted(path.rglob("*"))
        if p.is_file() and not p.is_symlink()
    }


def test_a_new_workspace_gets_everything_in_one_rename(tree, workspace):
    inode = tree.stat().st_ino
    assert place(tree, workspace, StopSignal()) == {"a.csv": "a.csv", "v1.2": "v1.2"}
    assert contents(workspace) == {"uploads/a.csv": "new", "uploads/v1.2/b.txt": "b"}
    assert (workspace / "uploads").stat().st_ino == inode
    assert not tree.exists()


@pytest.mark.parametrize("plant", ["link", "dangling", "file"])
def test_what_the_agent_put_in_place_of_the_folder_is_moved_aside(tree, workspace, tmp_path, plant):
    outside = tmp_path / "outside"
    outside.mkdir()
    if plant == "file":
        (workspace / "uploads").write_text("mine")
    else:
        (workspace / "uploads").symlink_to(outside if plant == "link" else "nowhere")
    assert place(tree, workspace, StopSignal()) == {"a.csv": "a.csv", "v1.2": "v1.2"}
    assert (workspace / "uploads" / "a.csv").read_text() == "new"
    assert list(outside.iterdir()) == []
    assert os.path.lexists(workspace / "uploads (1)")


def test_half_a_placing_is_taken_back(tree, workspace):
    (workspace / "uploads").mkdir()
    stop = StopSignal()
    stop.set()
    with pytest.raises(Stopped):
        place(tree, workspace, stop)
    assert contents(workspace) == {}
    assert contents(tree) == {"a.csv": "new", "v1.2/b.txt": "b"}


def test_an_agent_that_keeps_putting_things_in_the_way_is_a_conflict(tree, workspace, monkeypatch):
    (workspace / "uploads").mkdir()

    def taken(*_: object) -> None:
        raise FileExistsError

    monkeypatch.setattr(placing, "rename_new", taken)
    with pytest.raises(ApiError) as raised:
        place(tree, workspace, StopSignal())
    assert raised.value.code == ErrorCode.CONFLICT


@pytest.mark.parametrize("rename", [rename_new, link_new])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_exclusive_rename_replaces_nothing(tmp_path, rename, kind):
    here = os.open(tmp_path, os.O_RDONLY)
    try:
        (tmp_path / "old").write_text("old")
        if kind == "file":
            (tmp_path / "new").write_text("new")
        else:
            (tmp_path / "new").mkdir()
        with pytest.raises(FileExistsError):
            rename("new", here, "old", here)
        assert (tmp_path / "old").read_text() == "old"
        rename("new", here, "free", here)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["free", "old"]
    finally:
        os.close(here)


@pytest.mark.parametrize("rename", [rename_new, link_new])
@pytest.mark.parametrize("is_first", [True, False])
def test_what_was_placed_for_a_message_can_be_taken_back(
    tree, workspace, monkeypatch, rename, *, is_first: bool
):
    monkeypatch.setattr(placing, "rename_new", rename)
    if not is_first:
        (workspace / "uploads").mkdir()
        (workspace / "uploads" / "a.csv").write_text("old")
    before, sent = contents(workspace), contents(tree)
    place(tree, workspace, StopSignal(), number=3)
    assert contents(workspace) != before

    take_back(tree.parent, workspace)
    take_back(tree.parent, workspace)

    assert contents(workspace) == before
    assert contents(tree) == sent
    assert [path.name for path in workspace.iterdir()] == ([] if is_first else ["uploads"])


def test_what_was_placed_for_no_message_stays(tree, workspace):
    place(tree, workspace, StopSignal())
    take_back(tree.parent, workspace)
    assert contents(workspace) == {"uploads/a.csv": "new", "uploads/v1.2/b.txt": "b"}


def test_a_file_that_was_moved_by_half_is_taken_back(tree, workspace):
    """Without an exclusive rename, a file has both names for a moment."""
    (workspace / "uploads").mkdir()
    place(tree, workspace, StopSignal(), number=3)
    os.link(workspace / "uploads" / "a.csv", tree / "a.csv")

    take_back(tree.parent, workspace)

    assert contents(workspace) == {}
    assert contents(tree) == {"a.csv": "new", "v1.2/b.txt": "b"}


def test_what_the_agent_has_changed_meanwhile_is_left_to_it(tree, workspace, tmp_path):
    (workspace / "uploads").mkdir()
    place(tree, workspace, StopSignal(), number=3)
    (workspace / "uploads" / "a.csv").unlink()
    (workspace / "uploads" / "mine.csv").write_text("mine")
    (workspace / "uploads" / "v1.2").rename(workspace / "v1.2")

    take_back(tree.parent, workspace)

    assert contents(workspace) == {"uploads/mine.csv": "mine", "v1.2/b.txt": "b"}


def test_nothing_is_taken_back_through_a_link(tree, workspace, tmp_path):
    (workspace / "uploads").mkdir()
    place(tree, workspace, StopSignal(), number=3)
    (workspace / "uploads").rename(tmp_path / "elsewhere")
    (workspace / "uploads").symlink_to(tmp_path / "elsewhere")

    take_back(tree.parent, workspace)

    assert contents(tmp_path / "elsewhere") == {"a.csv": "new", "v1.2/b.txt": "b"}


def test_a_workspace_that_is_gone_has_nothing_to_be_taken_back(tree, workspace):
    place(tree, workspace, StopSignal(), number=3)
    shutil.rmtree(workspace)
    take_back(tree.parent, workspace)
    assert not workspace.exists()


def test_a_record_that_a_power_cut_emptied_is_none(tree, workspace):
    place(tree, workspace, StopSignal(), number=3)
    (tree.parent / "placing.json").write_bytes(b"")
    take_back(tree.parent, workspace)
    assert contents(workspace) == {"uploads/a.csv": "new", "uploads/v1.2/b.txt": "b"}


WITHOUT_RIGHTS = """
import sys
from pathlib import Path
from sigmic_mock.storage.file_work import StopSignal
from sigmic_mock.storage.placing import place, take_back
become_somebody_else()
area, workspace = Path(sys.argv[1], "staging", "area"), Path(sys.argv[1], "workspaces", "task")
(area / "uploads" / "folder").mkdir(parents=True)
(workspace / "uploads").mkdir(parents=True)
place(area / "uploads", workspace, StopSignal(), number=3)
for path in (workspace / "uploads" / "folder", workspace / "uploads", workspace):
    path.chmod(0)
take_back(area, workspace)
print(sorted(path.name for path in workspace.rglob("*")))
"""


def test_rights_that_the_agent_took_away_keep_nothing_from_being_taken_back(tmp_path):
    assert ran_by_somebody_else(WITHOUT_RIGHTS, tmp_path) == ("['uploads']\n", "")
