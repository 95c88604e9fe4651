import os
import subprocess
import sys

import pytest

from sigmic_conformance.mock_server.sandbox import pid_scan
from sigmic_conformance.mock_server.sandbox.pid_scan import Member

HERE = 1


def family(**changes: Member) -> dict[int, Member]:
    """1 supervises; 10 is a command with child 11; 20 another with child 21."""
    members = {
        1: Member(parent=0, session=1, started=0),
        10: Member(parent=1, session=10, started=100),
        11: Member(parent=10, session=10, started=110),
        20: Member(parent=1, session=20, started=105),
        21: Member(parent=20, session=20, started=120),
    }
    members.update({int(pid.removeprefix("p")): member for pid, member in changes.items()})
    return members


def left_by_10(members: dict[int, Member]) -> set[int]:
    return pid_scan.left_by(members, 10, 100, beneath=HERE, others={20})


def test_descendants_are_found_at_any_depth():
    assert pid_scan.descendants(family(), 1) == {10, 11, 20, 21}
    assert pid_scan.descendants(family(), 20) == {21}


def test_a_command_leaves_its_own_and_not_its_neighbours():
    assert left_by_10(family()) == {10, 11}


def test_a_background_job_of_its_session_is_its_own_after_adoption():
    assert left_by_10(family(p12=Member(parent=1, session=10, started=130))) == {10, 11, 12}


def test_a_daemon_that_left_its_session_while_it_ran_is_its_own():
    assert left_by_10(family(p13=Member(parent=1, session=13, started=130))) == {10, 11, 13}


def test_a_daemon_from_before_it_is_not_its_own():
    assert left_by_10(family(p5=Member(parent=1, session=5, started=99))) == {10, 11}


def test_a_job_that_a_neighbour_left_is_not_its_own():
    assert left_by_10(family(p22=Member(parent=1, session=20, started=130))) == {10, 11}


def test_processes_elsewhere_are_nobodys():
    assert left_by_10(family(p99=Member(parent=0, session=99, started=130))) == {10, 11}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_hostile_process_name_does_not_shift_the_fields(tmp_path):
    program = tmp_path / "x) Z 1 1 ("
    program.write_text("#!/bin/sh\nread -r line\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE) as process:
        member = pid_scan.scan()[process.pid]

    assert member.parent == os.getpid()
    assert member.session == os.getsid(0)
    assert 0 < member.started <= pid_scan.ticks_now()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_zombie_is_not_counted():
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert process.pid not in pid_scan.scan()
    finally:
        process.wait()
