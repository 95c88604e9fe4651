"""Listing and opening the files of an agent that may still be running (G-77..G-85)."""

import os
import threading
from pathlib import Path

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.storage.workspaces import Workspaces


@pytest.fixture
def owned():
    return []


@pytest.fixture
def workspaces(tmp_path, owned):
    return Workspaces(tmp_path / "workspaces", owned.append)


@pytest.fixture
def workspace(workspaces):
    return workspaces.create("task")


def write(workspace: Path, *paths: str, content: str = "x") -> None:
    for path in paths:
        (workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (workspace / path).write_text(content)


async def listed(workspaces: Workspaces) -> list[str]:
    return [artifact.path for artifact in await workspaces.list("task")]


async def read(workspaces: Workspaces, path: str) -> bytes:
    artifact = await workspaces.open("task", path)
    with artifact.file as file:
        return file.read()


async def refused(workspaces: Workspaces, path: str) -> bool:
    with pytest.raises(ApiError) as raised:
        await workspaces.open("task", path)
    return raised.value.code == ErrorCode.NOT_FOUND


def test_a_workspace_is_made_once_for_the_sandboxs_user_alone(workspaces, owned):
    path = workspaces.create("task")
    assert path.stat().st_mode & 0o777 == 0o700
    assert owned == [path]
    assert workspaces.create("task") == path


def test_a_workspace_in_the_making_is_the_sandboxs_when_it_is_returned(workspaces, owned):
    path = workspaces.path("task")
    path.mkdir(parents=True)  # created but not yet owned by the sandbox: by another thread, or before a crash

    assert workspaces.create("task") == path
    assert owned == [path]


@pytest.mark.parametrize("task_id", ["", "..", "a/b", ".", "a\0", "a\n", "x" * 200])
def test_what_is_no_task_id_has_no_path(workspaces, task_id):
    with pytest.raises(ApiError) as raised:
        workspaces.path(task_id)
    assert raised.value.code == ErrorCode.NOT_FOUND


async def test_only_regular_files_are_listed(workspaces, workspace, tmp_path):
    write(workspace, "a.txt")
    (workspace / "link").symlink_to("a.txt")
    (workspace / "out").symlink_to(tmp_path)
    (workspace / "empty").mkdir()
    os.mkfifo(workspace / "pipe")
    assert await listed(workspaces) == ["a.txt"]


async def test_names_that_are_not_utf8_are_left_out_with_what_is_below(workspaces, workspace):
    write(workspace, os.fsdecode(b"\xff/a.txt"), os.fsdecode(b"\xfe.txt"), "new\nline.txt")
    assert await listed(workspaces) == ["new\nline.txt"]


async def test_only_so_many_files_are_listed_the_first_ones(workspaces, workspace):
    (workspace / "d").mkdir()
    for number in range(25):
        (workspace / "d" / f"{number:02}").touch()
    write(workspace, "a.txt", "z.txt")

    # Creating ten thousand takes seconds.
    found = await listed(Workspaces(workspaces.root, workspaces.own, most_listed=20))

    assert (len(found), found[:2], found[-1]) == (20, ["a.txt", "d/00"], "d/18")


async def test_a_tree_deeper_than_a_path_may_be_is_listed_as_far_as_it_can_be_opened(workspaces, workspace):
    here = os.open(workspace, os.O_RDONLY)
    for _ in range(2200):
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    found = await listed(workspaces)
    assert len(found) > 2000
    assert await read(workspaces, max(found, key=len)) == b""
    await workspaces.remove("task")
    assert not workspace.exists()


async def test_listing_survives_an_agent_at_work(workspaces, workspace):
    write(workspace, "kept.txt")
    done = threading.Event()

    def agent() -> None:
        while not done.is_set():
            (workspace / "d").mkdir()
            (workspace / "d" / "f").touch()
            (workspace / "d").rename(workspace / "e")
            (workspace / "d").symlink_to("/etc")
            (workspace / "e" / "f").unlink()
            (workspace / "e").rmdir()
            (workspace / "d").unlink()

    working = threading.Thread(target=agent)
    working.start()
    try:
        for _ in range(300):
            found = await listed(workspaces)
            assert found[-1] == "kept.txt"
            assert set(found) <= {"kept.txt", "d/f", "e/f"}
    finally:
        done.set()
        working.join()


async def test_a_changed_file_has_another_etag_even_with_its_old_time(workspaces, workspace):
    write(workspace, "a.txt", content="one")
    first = await workspaces.open("task", "a.txt")
    first.file.close()
    same = await workspaces.open("task", "a.txt")
    same.file.close()
    before = (workspace / "a.txt").stat()
    (workspace / "a.txt").unlink()
    write(workspace, "a.txt", content="two")
    os.utime(workspace / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    second = await workspaces.open("task", "a.txt")
    second.file.close()
    assert same.etag == first.etag
    assert second.etag != first.etag
    assert first.etag.startswith('"')
    assert first.etag.endswith('"')


async def test_a_hidden_file_and_a_link_that_stays_inside_can_be_downloaded(workspaces, workspace):
    write(workspace, "uploads/.env", "a.txt")
    (workspace / "link").symlink_to("uploads/.env")
    assert await read(workspaces, "uploads/.env") == b"x"
    assert await read(workspaces, "link") == b"x"


@pytest.mark.parametrize(
    "path",
    [
        "", ".", "/", "..", "../other/secret.txt", "d/../../other/secret.txt", "/etc/passwd", "//etc/passwd",
        "d", "d/", "d/..", "d/../a.txt", "a.txt/", "a.txt/.", "a.txt/x", "missing", "a.txt\0", "\ud800",
        "pipe",
        "out", "out-dir/secret.txt", "absolute", "loop", "..%2fother%2fsecret.txt", "..\\other\\secret.txt",
        "x" * 300, "x/" * 3000,
    ],
)  # fmt: skip
async def test_everything_else_is_not_found(workspaces, workspace, path):
    other = workspaces.create("other")
    write(other, "secret.txt", content="secret")
    write(workspace, "a.txt", "d/b.txt")
    os.mkfifo(workspace / "pipe")
    (workspace / "out").symlink_to("../other/secret.txt")
    (workspace / "out-dir").symlink_to("../other")
    (workspace / "absolute").symlink_to(other / "secret.txt")
    (workspace / "loop").symlink_to("loop")
    assert await refused(workspaces, path)


async def test_a_workspace_that_is_gone_has_nothing_to_open(workspaces):
    assert await refused(workspaces, "a.txt")


async def test_there_may_be_nothing_to_clean(workspaces):
    await workspaces.remove_orphans(set())
    await workspaces.remove("task")
    assert not workspaces.root.exists()
