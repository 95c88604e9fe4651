"""Run a command with a deadline, without leaving processes behind."""

import os
import sys
from pathlib import Path

import pytest

from sigmic_mock.gauntlet.child import run_child

STRAY = """
import os, sys, time
child = os.fork()
if child == 0:
    os.setsid()
    time.sleep(600)
open(sys.argv[1], "w").write(str(child))
time.sleep(600 if sys.argv[2] == "wait" else 0)
"""

ADOPTING = """
import asyncio, os, sys
from pathlib import Path
from sigmic_mock.gauntlet.child import adopt_orphans, run_child

adopt_orphans()
orphan = "import os, time; os.fork() or time.sleep(600)"
asyncio.run(run_child([sys.executable, "-c", orphan], os.environ, Path(sys.argv[1]), 60))
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no child is left")
"""


def python(*words: str) -> list[str]:
    return [sys.executable, "-c", *words]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


async def test_the_exit_code_and_the_last_output_are_recorded(tmp_path):
    script = "print('first'); print('last'); raise SystemExit(7)"

    ended = await run_child(python(script), os.environ, tmp_path / "out", 60)

    assert (ended.code, ended.last) == (7, "first\nlast")


@pytest.mark.parametrize("line", ["not ok 2 - b", "FAILED b.py::b", "FAIL  b.js > b", "--- FAIL: B", "✖ b"])
async def test_the_line_that_names_the_first_failed_test_is_found(tmp_path, line):
    written = f"ok 1 - creates\n\x1b[31m  {line}\x1b[39m\nnot ok 9 - later\n" + 30 * "# pass\n"

    ended = await run_child(python(f"print({written!r})"), os.environ, tmp_path / "out", 60)

    assert ended.failed == line


@pytest.mark.parametrize("how", ["wait", "leave"])
async def test_a_process_that_left_the_process_group_is_ended_too(tmp_path, how):
    pid_file = tmp_path / "pid"

    ended = await run_child(
        python(STRAY, str(pid_file), how), os.environ, tmp_path / "out", 3 if how == "wait" else 60
    )

    assert ended.code == (None if how == "wait" else 0)
    assert not is_running(int(pid_file.read_text()))


async def test_an_orphan_of_its_process_group_is_reaped(tmp_path):
    words = python(ADOPTING, str(tmp_path / "inner"))

    assert (await run_child(words, os.environ, tmp_path / "out", 60)).last == "no child is left"


async def test_a_command_that_ignores_sigterm_is_killed(tmp_path):
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

    assert (await run_child(python(script), os.environ, tmp_path / "out", 1)).code is None


async def test_a_command_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        await run_child(["no-such-command-anywhere"], os.environ, tmp_path / "out", 60)
