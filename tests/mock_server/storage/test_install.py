"""Uploads move into a workspace that an agent owns: never through a link, never over a file."""

import os
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.storage import install
from sigmic_conformance.mock_server.storage.file_work import Stopped, StopSignal
from sigmic_conformance.mock_server.storage.install import install_uploads, link_new, rename_new


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "staging" / "uploads"
    (tree / "v1.2").mkdir(parents=True)
    (tree / "v1.2" / "b.txt").write_text("b")
    (tree / "a.csv").write_text("new")
    return tree


@pytest.fixture
def workspace(tmp_path):
    workspace = tmp_path / "workspaces" / "task"
    workspace.mkdir(parents=True)
    return workspace


def contents(path: Path) -> dict[str, str]:
    return {
        str(p.relative_to(path)): p.read_text()
        for p in sorted(path.rglob("*"))
        if p.is_file() and not p.is_symlink()
    }


def test_a_new_workspace_gets_everything_in_one_rename(tree, workspace):
    inode = tree.stat().st_ino
    assert install_uploads(tree, workspace, StopSignal()) == {"a.csv": "a.csv", "v1.2": "v1.2"}
    assert contents(workspace) == {"uploads/a.csv": "new", "uploads/v1.2/b.txt": "b"}
    assert (workspace / "uploads").stat().st_ino == inode
    assert not tree.exists()


def test_a_follow_up_overwrites_nothing(tree, workspace):
    (workspace / "uploads" / "v1.2").mkdir(parents=True)
    (workspace / "uploads" / "a.csv").write_text("old")
    (workspace / "uploads" / "a (1).csv").symlink_to("/etc/passwd")
    assert install_uploads(tree, workspace, StopSignal()) == {"a.csv": "a (2).csv", "v1.2": "v1.2 (1)"}
    assert contents(workspace) == {
        "uploads/a.csv": "old",
        "uploads/a (2).csv": "new",
        "uploads/v1.2 (1)/b.txt": "b",
    }


@pytest.mark.parametrize("plant", ["link", "dangling", "file"])
def test_what_the_agent_put_in_place_of_the_folder_is_moved_aside(tree, workspace, tmp_path, plant):
    outside = tmp_path / "outside"
    outside.mkdir()
    if plant == "file":
        (workspace / "uploads").write_text("mine")
    else:
        (workspace / "uploads").symlink_to(outside if plant == "link" else "nowhere")
    assert install_uploads(tree, workspace, StopSignal()) == {"a.csv": "a.csv", "v1.2": "v1.2"}
    assert (workspace / "uploads" / "a.csv").read_text() == "new"
    assert list(outside.iterdir()) == []
    assert os.path.lexists(workspace / "uploads (1)")


def test_half_an_installation_is_taken_back(tree, workspace):
    (workspace / "uploads").mkdir()
    stop = StopSignal()
    stop.set()
    with pytest.raises(Stopped):
        install_uploads(tree, workspace, stop)
    assert contents(workspace) == {}
    assert contents(tree) == {"a.csv": "new", "v1.2/b.txt": "b"}


def test_an_agent_that_keeps_putting_things_in_the_way_is_a_conflict(tree, workspace, monkeypatch):
    (workspace / "uploads").mkdir()

    def taken(*_: object) -> None:
        raise FileExistsError

    monkeypatch.setattr(install, "rename_new", taken)
    with pytest.raises(ApiError) as raised:
        install_uploads(tree, workspace, StopSignal())
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
