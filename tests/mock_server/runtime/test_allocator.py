"""Memory pieces of an upload's size are reused, not requested from the kernel again."""

import platform
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource
from sigmic_mock.runtime.allocator import keep_freed_pieces

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def read_pieces():
    before = faults()
    for _ in range(200):
        pieces = [bytes(range(256)) * 1024 for _ in range(6)]
    return faults() - before

keep_freed_pieces()
read_pieces()
print(read_pieces())
"""
PAGES = 200 * 6 * 64
"""Memory pages of all pieces."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told")
def test_pieces_are_used_again():
    done = subprocess.run([sys.executable, "-c", COUNT_FAULTS], capture_output=True, text=True, check=True)

    assert int(done.stdout) < PAGES // 50
