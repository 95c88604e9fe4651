"""A server whose disk is full says so, serves what it has, and goes on by itself once there is room."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.served import serving

TASKS = "/api/v1/tasks"
FULL = "The disk of the server is full"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(path: Path) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(file, b"x" * 4096)
    except OSError:
        os.close(file)


async def test_a_full_disk_is_named_and_nothing_acknowledged_is_lost(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(small_disk / "data") as mock:
        first, _ = await mock.run("What is 2+2?")
        fill(small_disk / "other")
        refused = await mock.call("POST", TASKS, json={"message": "x" * 50_000})
        listed = await mock.call("GET", TASKS)
        history = await mock.call("GET", f"{TASKS}/{first}/history")
        (small_disk / "other").unlink()
        second, _ = await mock.run("What is 2+2?")
    async with serving(small_disk / "data") as mock:
        kept = await mock.call("GET", TASKS)

    assert (refused.status, refused.code, refused.json["error"]["message"]) == (500, "INTERNAL_ERROR", FULL)
    assert [each["id"] for each in listed.data] == [first]
    assert history.status == 200
    assert [(each["id"], each["status"]) for each in kept.data] == [
        (second, "completed"),
        (first, "completed"),
    ]
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.exc_info for record in errors] == [None]
