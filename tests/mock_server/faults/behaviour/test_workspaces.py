"""Opened walls: what a faulty workspace shows is a decoy, and never a file of this machine."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.faults.behaviour.workspaces import (
    DECOYS,
    FaultyWorkspaces,
    decoy,
    leads_out,
)

PARTS = st.sampled_from(["..", ".", "", "a", "b.txt", "C:", "/", "etc", "passwd"])
PATHS = st.lists(PARTS, min_size=1, max_size=8).map("/".join).filter(bool)


@pytest.fixture
def workspaces(tmp_path: Path) -> FaultyWorkspaces:
    workspaces = FaultyWorkspaces(tmp_path / "data" / "workspaces", lambda path: None)
    (workspaces.create("task") / ".hidden").write_text("hidden")
    (workspaces.path("task") / "shown.txt").write_text("shown")
    (workspaces.path("task") / "node_modules").mkdir()
    (workspaces.path("task") / "node_modules" / "a.js").write_text("module")
    return workspaces


async def listed(workspaces: FaultyWorkspaces, *, everything: bool) -> list[str]:
    shown = await (workspaces.list_everything("task") if everything else workspaces.list("task"))
    return [each.path for each in shown]


async def test_what_is_hidden_is_listed_when_everything_is_asked_for_and_else_not(
    workspaces: FaultyWorkspaces,
):
    assert await listed(workspaces, everything=False) == ["shown.txt"]
    assert await listed(workspaces, everything=True) == [".hidden", "node_modules/a.js", "shown.txt"]


async def test_the_disk_is_a_folder_of_decoys(workspaces: FaultyWorkspaces):
    with (await workspaces.open_outside("etc/passwd")).file as file:
        assert file.read().decode() == DECOYS["etc/passwd"]
    with pytest.raises(ApiError) as refused:
        await workspaces.open_outside("etc/hostname")
    assert refused.value.code == ErrorCode.NOT_FOUND


def test_a_copied_workspace_has_the_files_of_the_other_and_keeps_its_own(workspaces: FaultyWorkspaces):
    (workspaces.create("other") / "own.txt").write_text("own")

    workspaces.copy("task", "other")

    names = {str(path.relative_to(workspaces.path("other"))) for path in workspaces.path("other").rglob("*")}
    assert names == {".hidden", "shown.txt", "node_modules", "node_modules/a.js", "own.txt"}


@given(path=PATHS)
def test_a_decoy_lies_in_its_folder(tmp_path_factory: Any, path: str):
    data = tmp_path_factory.getbasetemp()

    assert decoy(data, path).is_relative_to(data / "decoy")


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
