"""A backend with many sandboxes, with invalid orders, and when processes die."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sigmic_mock.ports import SandboxGone, SandboxUnavailable
from sigmic_mock.sandbox.backend import ZygoteBackend
from sigmic_mock.sandbox.recipe import Recipe
from tests.fakes.command import ended
from tests.mock_server.sandbox.conftest import opened, readable

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("id", ["", "a b", "../x", "a/b", "ä", "x" * 129, "a\n"])
async def test_an_id_that_could_mean_something_else_is_refused(backend, workspace, id):
    with pytest.raises(ValueError, match="not a sandbox id"):
        await backend.create(id, workspace(backend, "place"))


async def test_a_missing_workspace_is_an_error(backend, folder):
    with pytest.raises(FileNotFoundError):
        await backend.create("task", folder / "missing")


@pytest.mark.parametrize(
    "place", ["../elsewhere", "link", "."], ids=["elsewhere", "a link", "the root of all"]
)
async def test_a_workspace_that_lies_elsewhere_is_refused(ns, folder, tmp_path, place):
    (tmp_path / "elsewhere").mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ValueError, match="must lie beneath"):
        await ns.create("task", folder / place)


async def test_a_workspace_may_lie_deep_and_behind_closed_folders(ns, folder):
    place = folder / "project one" / "task-1"
    place.mkdir(parents=True)
    ns.own(place)
    for closed in (folder, place.parent):
        closed.chmod(0o700)
    sandbox = await ns.create("deep", place)

    assert (await sandbox.run(["sh", "-c", "echo here >x; cat x"], env={})).stdout == b"here\n"
    assert stat.S_IMODE(place.parent.stat().st_mode) & 0o044 == 0


async def test_owning_gives_the_thing_itself_and_never_what_a_link_points_to(ns, folder, tmp_path):
    target = tmp_path / "target"
    target.touch()
    before = target.stat().st_uid
    link = folder / "link"
    link.symlink_to(target)
    ns.own(link)

    assert target.stat().st_uid == before
    if ns.recipe.owner is not None:
        assert link.lstat().st_uid == ns.recipe.owner[0]


async def test_many_sandboxes_at_once_are_apart(backend, workspace):
    async def one(number: int) -> bytes:
        sandbox = await backend.create(f"task-{number}", workspace(backend, f"task-{number}"))
        await sandbox.run(["sh", "-c", f"echo {number} >mine"], env={})
        outcome = await sandbox.run(["sh", "-c", "cat mine; ls"], env={})
        await sandbox.close()
        return bytes(outcome.stdout)

    assert await asyncio.gather(*map(one, range(30))) == [b"%d\nmine\n" % number for number in range(30)]


async def test_two_backends_on_one_machine_do_not_meet(backend, workspace, tmp_path, pulse):
    name = backend.report.backend
    place = workspace(backend, "ours")
    beat = pulse(backend, place)
    ours = await backend.create("same-name", place)
    await ours.run(["sh", "-c", "(exec sleep 600 >pulse) &"], env={})
    async with opened(name, tmp_path / "other") as other:
        (tmp_path / "other" / "theirs").mkdir()
        other.own(tmp_path / "other" / "theirs")
        theirs = await other.create("same-name", tmp_path / "other" / "theirs")
        await theirs.close()

    assert beat.beats()
    assert (await ours.run(["echo", "here"], env={})).stdout == b"here\n"


async def test_closing_the_backend_ends_every_sandbox(backend, workspace, pulse):
    beats = []
    for number in range(3):
        place = workspace(backend, f"task-{number}")
        beats.append(pulse(backend, place))
        sandbox = await backend.create(f"task-{number}", place)
        await sandbox.run(["sh", "-c", "setsid sh -c 'exec sleep 600 >pulse' &"], env={})
        await sandbox.run(["sleep", "0.1"], env={})
    assert [beat.beats() for beat in beats] == [True] * 3
    zygote = backend._zygote._process
    await backend.close()

    assert [beat.beats() for beat in beats] == [False] * 3
    assert zygote.returncode is not None
    with pytest.raises(SandboxUnavailable, match="closed"):
        await backend.create("late", workspace(backend, "late"))


async def test_a_sandbox_whose_first_process_dies_says_so_and_takes_all_with_it(backend, workspace, pulse):
    place = workspace(backend, "task")
    beat = pulse(backend, place)
    sandbox = await backend.create("task", place)
    waiting = asyncio.create_task(
        sandbox.run(["sh", "-c", "setsid sh -c 'exec sleep 600 >pulse' & sleep 600"], env={})
    )
    await sandbox.run(["sleep", "0.1"], env={})
    signal.pidfd_send_signal(sandbox._first._pidfd, signal.SIGKILL)

    with pytest.raises(SandboxGone):
        await waiting
    await sandbox.close()
    assert not sandbox.alive
    assert not beat.beats()


async def test_a_dead_zygote_takes_its_sandboxes_along_and_is_replaced(backend, workspace, pulse):
    place = workspace(backend, "task")
    beat = pulse(backend, place)
    sandbox = await backend.create("task", place)
    await sandbox.run(["sh", "-c", "(exec sleep 600 >pulse) &"], env={})
    backend._zygote._process.kill()
    if backend.report.backend == "ns":
        with pytest.raises(SandboxGone):
            await sandbox.run(["sleep", "600"], env={})
    await sandbox.close()

    assert not beat.beats()
    again = await backend.create("again", workspace(backend, "again"))
    assert (await again.run(["echo", "back"], env={})).stdout == b"back\n"


async def test_a_sandbox_that_cannot_be_built_is_a_clear_refusal(folder):
    broken = ZygoteBackend(Recipe(name="ns", level="confined", config={"backend": "ns"}))

    with pytest.raises(SandboxUnavailable):
        await broken.start()
    await broken.close()


SERVER = """
import asyncio, os, sys
from pathlib import Path
from sigmic_mock.sandbox.detect import open_backend

async def main(name, folder):
    backend = await open_backend(name, runtime_dir=folder)
    for task in ("one", "two"):
        place = folder / task
        place.mkdir()
        backend.own(place)
        os.mkfifo(place / "pulse")
        backend.own(place / "pulse")
        sandbox = await backend.create(task, place)
        print(task, flush=True)
        sys.stdin.readline()  # the test now listens to the FIFO
        daemon = "setsid sh -c 'trap : TERM HUP; echo up; exec sleep 600' >pulse &"
        await sandbox.run(["sh", "-c", daemon], env={})
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""


async def test_when_the_platform_is_killed_nothing_survives_it(backend, tmp_path):
    name = backend.report.backend
    folder = tmp_path / "server"
    server = subprocess.Popen(  # noqa: ASYNC220 - the platform, to be killed
        [sys.executable, "-c", textwrap.dedent(SERVER), name, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={},
    )
    say, hear = server.stdout, server.stdin
    assert say is not None
    assert hear is not None
    fifos = []
    try:
        for _task in range(2):
            task = say.readline().decode().strip()
            fifos.append(os.open(folder / task / "pulse", os.O_RDONLY | os.O_NONBLOCK))
            hear.write(b"\n")
            hear.flush()
        assert say.readline() == b"ready\n"
        for fifo in fifos:
            await heard(fifo, b"up\n")
        server.kill()
        for fifo in fifos:
            await heard(fifo, b"")
    finally:
        server.kill()
        server.communicate()
        for fifo in fifos:
            os.close(fifo)


async def heard(fifo: int, wanted: bytes) -> None:
    """Return when the FIFO yields `wanted`: b"" means that its last writer closed it."""
    while True:
        await readable(fifo)
        with contextlib.suppress(BlockingIOError):
            if os.read(fifo, 64) == wanted:
                return


def test_it_can_be_imported_where_nothing_of_linux_is():
    """Other systems have neither the libc symbols nor the constants; importing must still succeed."""
    program = """
    import sys
    sys.platform = "darwin"
    import os, signal, socket, platform
    del os.pidfd_open, os.pipe2, signal.pidfd_send_signal, socket.MSG_CMSG_CLOEXEC
    platform.machine = lambda: "arm64"
    import sigmic_mock.sandbox.detect, sigmic_mock.sandbox.zygote
    from sigmic_mock.ports import SandboxUnavailable
    try:
        sigmic_mock.sandbox.detect.CANDIDATES["ns"](__import__("pathlib").Path("/nowhere"))
    except SandboxUnavailable as error:
        print(error)
    """
    outcome = ended([sys.executable, "-c", textwrap.dedent(program)], seconds=30, cwd=ROOT)

    assert outcome.stderr == ""
    assert outcome.stdout.startswith("needs Linux on x86_64 or aarch64, this is darwin arm64")
