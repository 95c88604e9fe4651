"""A process may open many files, and its table of descriptors has room before it is needed."""

import resource
import subprocess
import sys

SAY_ROOM = """
import resource
from pathlib import Path
from sigmic_mock.runtime.descriptors import make_room_for_descriptors
{before}
make_room_for_descriptors()
lines = Path("/proc/self/status").read_text().splitlines()
room = next(line.split()[1] for line in lines if line.startswith("FDSize"))
print(room, len(list(Path("/proc/self/fd").iterdir())), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""
LIMIT = "resource.setrlimit(resource.RLIMIT_NOFILE, ({}, {}))"


def room(before: str = "") -> tuple[int, int]:
    """Return the room of the table, and the limit of open files, of a process that made room."""
    done = subprocess.run(
        [sys.executable, "-c", SAY_ROOM.format(before=before)], capture_output=True, text=True, check=True
    )
    room, used, limit = map(int, done.stdout.split())
    assert used < 10
    return room, limit


def test_the_table_is_as_large_as_a_crowd_needs():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert room()[0] >= (4096 if most == resource.RLIM_INFINITY else min(4096, most))


def test_a_low_limit_is_kept_to():
    table, limit = room(LIMIT.format(300, 300))

    assert 256 < table <= 512
    assert limit == 300


def test_the_limit_of_a_shell_is_raised_as_far_as_the_system_allows():
    table, limit = room(LIMIT.format(300, 2000))

    assert limit == 2000
    assert table > 1024
