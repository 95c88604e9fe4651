import os
import subprocess

import pytest

from sigmic_mock.sandbox import pid_scan
from sigmic_mock.sandbox.pid_scan import Member

FAMILY = {
    1: Member(parent=0, session=1, started=0),
    10: Member(parent=1, session=10, started=100),
    11: Member(parent=10, session=10, started=110),
    20: Member(parent=1, session=20, started=105),
    21: Member(parent=20, session=20, started=120),
}
"""Process 1 supervises; 10 is a command with child 11; 20 is another with child 21."""


def test_descendants_are_found_at_any_depth():
    assert pid_scan.descendants(FAMILY, 1) == {10, 11, 20, 21}
    assert pid_scan.descendants(FAMILY, 20) == {21}


@pytest.mark.parametrize(
    ("further", "left"),
    [
        ({}, {10, 11}),
        ({12: Member(parent=1, session=10, started=130)}, {10, 11, 12}),
        ({13: Member(parent=1, session=13, started=130)}, {10, 11, 13}),
        ({5: Member(parent=1, session=5, started=99)}, {10, 11}),
        ({22: Member(parent=1, session=20, started=130)}, {10, 11}),
        ({99: Member(parent=0, session=99, started=130)}, {10, 11}),
    ],
    ids=[
        "its own and not its neighbour's",
        "a background job of its session after adoption",
        "a daemon that left its session while it ran",
        "no daemon from before it",
        "no job that a neighbour left",
        "no process elsewhere",
    ],
)
def test_a_command_leaves_what_is_its_own(further, left):
    assert pid_scan.left_by(FAMILY | further, 10, 100, beneath=1, others={20}) == left


def test_a_hostile_process_name_does_not_shift_the_fields(tmp_path):
    program = tmp_path / "x) Z 1 1 ("
    program.write_text("#!/bin/sh\nread -r line\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as process:
        member = pid_scan.scan()[process.pid]

    assert member.parent == os.getpid()
    assert member.session == os.getsid(0)
    assert 0 < member.started <= pid_scan.ticks_now()


def test_a_zombie_is_not_counted():
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert process.pid not in pid_scan.scan()
    finally:
        process.wait()
