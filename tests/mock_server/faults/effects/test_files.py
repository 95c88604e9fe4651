"""Opened walls: what a faulty workspace shows is a decoy, and never a file of this machine."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_conformance.mock_server.faults.effects.files import _leads_out, copy_workspace, decoy
from sigmic_conformance.mock_server.storage.workspaces import Workspaces

PARTS = st.sampled_from(["..", ".", "", "a", "b.txt", "C:", "/", "etc", "passwd"])
PATHS = st.lists(PARTS, min_size=1, max_size=8).map("/".join).filter(bool)


def test_a_copied_workspace_has_the_files_of_the_other_and_keeps_its_own(tmp_path: Path):
    workspaces = Workspaces(tmp_path / "workspaces", lambda path: None)
    (workspaces.create("task") / ".hidden").write_text("hidden")
    (workspaces.create("other") / "own.txt").write_text("own")

    copy_workspace(workspaces, "task", "other")

    names = {str(path.relative_to(workspaces.path("other"))) for path in workspaces.path("other").rglob("*")}
    assert names == {".hidden", "own.txt"}


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

    assert _leads_out(tmp_path, path) == leading
