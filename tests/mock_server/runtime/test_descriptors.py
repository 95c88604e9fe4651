"""The table of descriptors has room before it is needed."""

import resource
import subprocess
import sys

import pytest

SAY_ROOM = """
from pathlib import Path
from sigmic_conformance.mock_server.runtime.descriptors import make_room_for_descriptors
{before}
make_room_for_descriptors()
lines = Path("/proc/self/status").read_text().splitlines()
room = next(line.split()[1] for line in lines if line.startswith("FDSize"))
print(room, len(list(Path("/proc/self/fd").iterdir())))
"""
LIMIT = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def room(before: str = "") -> int:
    done = subprocess.run(
        [sys.executable, "-c", SAY_ROOM.format(before=before)], capture_output=True, text=True, check=True
    )
    room, used = map(int, done.stdout.split())
    assert used < 10
    return room


def test_the_table_is_as_large_as_a_crowd_needs():
    assert room() >= min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def test_a_low_limit_is_kept_to():
    assert 256 < room(LIMIT) <= 512
