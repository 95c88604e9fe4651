"""Each backend's handling of commands. Each test runs on both."""

import asyncio
import os
import resource
import shutil
import signal
from pathlib import Path

import pytest

from sigmic_mock.ports import Execution, Limits, SandboxGone, SandboxProcess
from sigmic_mock.sandbox.live import LiveSandbox
from tests.fakes.waiting import eventually
from tests.mock_server.sandbox.conftest import readable

"""Seconds: far above our own delays, far below the duration of commands that a test must not wait for."""


FEW_BYTES, SHORT = Limits(output_bytes=1000), Limits(wall_seconds=0.3)
KILLED = {"timed_out": True, "exit_code": None, "signal": signal.SIGKILL}


@pytest.fixture
async def sandbox(backend, workspace):
    sandbox = await backend.create("task-1", workspace(backend, "task-1"))
    yield sandbox
    await sandbox.close()


async def sh(sandbox: LiveSandbox, script: str, **options) -> Execution:
    return await sandbox.run(["sh", "-c", script], env=options.pop("env", {}), **options)


async def said(sandbox, script: str, **options) -> str:
    outcome = await sh(sandbox, script, **options)
    assert (outcome.exit_code, outcome.stderr) == (0, b"")
    return outcome.stdout.decode().strip()


@pytest.mark.parametrize(
    ("script", "options", "ended"),
    [
        ("kill -TERM $$", {}, {"exit_code": None, "signal": signal.SIGTERM}),
        ("ls /proc/self/fd", {}, {"stdout": b"0\n1\n2\n3\n"}),  # descriptor 3 is the folder that ls reads
        (
            "true",
            {"cwd": "no"},
            {"exit_code": 126, "stderr": b"cannot enter no: No such file or directory\n"},
        ),
        ('printf %s "$N"', {"env": {"N": "\udcfe"}}, {"stdout": b"\xfe"}),
        ("exec <&-; echo done", {"stdin": b"x" * 5_000_000}, {"stdout": b"done\n"}),
        ("cat; echo end", {}, {"stdout": b"end\n"}),
        (
            "echo o >/dev/stdout; echo e >/dev/stderr; cat /dev/stdin",
            {"stdin": b"i"},
            {"stdout": b"o\ni", "stderr": b"e\n"},
        ),
        ("head -c 300000 /dev/zero", {"limits": FEW_BYTES}, {"stdout": b"\0" * 1000, "truncated": True}),
        ("head -c 1000 /dev/zero", {"limits": FEW_BYTES}, {"stdout": b"\0" * 1000, "truncated": False}),
        ("echo before; sleep 600", {"limits": SHORT}, {"stdout": b"before\n", **KILLED}),
        ("kill -STOP $$", {"limits": SHORT}, KILLED),
    ],
    ids=[
        "a signal is told by its number",
        "only the standard streams are open",
        "a missing folder is an exit code",
        "undecodable names survive",
        "input that is not read does no harm",
        "without input the command reads an empty one",
        "standard streams can be reopened by path",
        "output beyond the limit is dropped",
        "output of exactly the limit is whole",
        "output before the time was up is kept",
        "stopped commands are killed too",
    ],
)
async def test_a_command_ends_as_it_must(sandbox, script, options, ended):
    outcome = await sh(sandbox, script, **options)

    whole = {"exit_code": 0, "signal": None, "stderr": b"", **ended}
    assert {name: getattr(outcome, name) for name in whole} == whole


async def test_the_environment_is_the_base_and_what_was_given(backend, workspace, monkeypatch):
    monkeypatch.setenv("PLATFORM_KEY", "do-not-leak")
    sandbox = await backend.create("later", workspace(backend, "later"))
    await sh(sandbox, "true", env={"ONCE": "1"})
    look = "env; tr '\\0' '\\n' </proc/self/environ"
    lines = (await said(sandbox, look, env={"CODEWORD": "é=\n"})).splitlines()

    names = {line.partition("=")[0] for line in lines}
    assert names - {"_", "SHLVL", "OLDPWD", ""} == {"PATH", "HOME", "LANG", "TERM", "PWD", "CODEWORD"}
    assert {"LANG=C.UTF-8", "TERM=dumb", f"PWD={sandbox.root}", "CODEWORD=é="} <= set(lines)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["no-such-command", "x"], 127),
        (["./missing"], 127),
        (["/etc/passwd/x"], 127),
        (["/"], 126),
        (["/etc/passwd"], 126),
        ([""], 127),
        ([], 127),
        (["echo", "nul\0byte"], 126),
        (["echo", "\ud800"], 126),
        (["echo", "x" * (3 << 20)], 126),
        (["echo", "x" * (40 << 20)], 126),  # larger than any frame
    ],
    ids=lambda value: f"{value!r:.20}",
)
async def test_what_cannot_be_started_is_an_exit_code_and_not_an_exception(sandbox, argv, code):
    outcome = await sandbox.run(argv, env={})

    assert (outcome.exit_code, outcome.stdout) == (code, b"")
    assert outcome.stderr.endswith(b": command not found\n" if argv[:1] == ["no-such-command"] else b"\n")
    assert await said(sandbox, "echo still here") == "still here"


@pytest.mark.parametrize("env", [{"A=B": "x"}, {"": "x"}, {"A": "nul\0"}, {"A": "\ud800"}])
async def test_an_impossible_variable_is_an_exit_code_and_not_an_exception(sandbox, env):
    assert (await sh(sandbox, "true", env=env)).exit_code == 126


async def test_an_environment_as_large_as_a_task_may_have_goes_through(sandbox):
    env = {f"V{number:03}": "x" * 32 * 1024 for number in range(100)}

    assert await said(sandbox, "sh -c 'echo ${#V099}'", env=env) == str(32 * 1024)


async def test_a_larger_environment_is_refused_in_words(sandbox):
    outcome = await sh(sandbox, "true", env={f"V{number:03}": "x" * 32 * 1024 for number in range(200)})

    assert outcome.exit_code == 126
    assert b"larger than a process can be given" in outcome.stderr


@pytest.mark.parametrize("size", [1, 65536, 65537, 5_000_000])
async def test_input_of_any_size_goes_through(sandbox, size):
    data = os.urandom(size)

    assert (await sandbox.run(["cat"], env={}, stdin=data, limits=Limits(output_bytes=size))).stdout == data


async def test_a_flood_is_cut_off_in_constant_memory(sandbox):
    await sh(sandbox, "head -c 2000000 /dev/zero")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = await sandbox.run(["yes"], env={})
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert (outcome.signal, outcome.truncated, len(outcome.stdout)) == (signal.SIGKILL, True, 1 << 20)
    assert grown < 8 << 10  # KiB


async def test_a_background_job_may_print_on_and_lives_until_the_sandbox_ends(
    sandbox, backend, pulse, folder
):
    beat = pulse(backend, folder / "task-1")
    await sh(sandbox, "(while :; do echo x; sleep 0.01; done) & (sleep 600 >pulse) &")

    assert await said(sandbox, "sleep 0.2; echo next") == "next"
    assert beat.beats()
    await sandbox.close()
    assert not beat.beats()


async def test_a_job_that_floods_after_the_answer_is_stopped(sandbox):
    assert (await sh(sandbox, "(yes; echo $? >stopped) & echo first")).stdout.startswith((b"first", b"y"))

    for _ in range(500):
        if (await sh(sandbox, "test -e stopped")).exit_code == 0:
            break
    assert await said(sandbox, "cat stopped") != ""


async def test_when_time_is_up_the_command_and_its_strays_are_gone(sandbox, backend, pulse, folder):
    beat = pulse(backend, folder / "task-1")
    outcome = await sh(
        sandbox,
        f"trap '' TERM; setsid sh -c '{beat.COMMAND}' & sleep 600",
        limits=Limits(wall_seconds=0.3),
    )

    assert (outcome.timed_out, outcome.exit_code, outcome.signal) == (True, None, signal.SIGKILL)
    assert not beat.beats()
    assert sandbox.alive


async def test_cancelling_kills_what_was_started(sandbox, backend, pulse, folder):
    beat = pulse(backend, folder / "task-1")
    waiting = asyncio.create_task(
        sh(sandbox, f"setsid sh -c 'echo up >&3; {beat.COMMAND}' 3>pulse & sleep 600")
    )
    await readable(beat.fd)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    os.read(beat.fd, 16)
    assert not beat.beats()
    assert await said(sandbox, "echo still here") == "still here"


async def test_killing_one_command_leaves_its_neighbours(sandbox, backend, pulse, folder):
    beat = pulse(backend, folder / "task-1")
    await sh(sandbox, "(exec sleep 600 >pulse) & true")
    neighbour = asyncio.create_task(sh(sandbox, "sleep 0.6; echo finished"))
    victim = await sh(sandbox, "sleep 600", limits=Limits(wall_seconds=0.2))

    assert victim.timed_out
    assert (await neighbour).stdout == b"finished\n"
    assert beat.beats()


async def test_a_closed_sandbox_refuses_and_closing_again_is_harmless(sandbox):
    await asyncio.gather(sandbox.close(), sandbox.close())
    await sandbox.close()

    assert not sandbox.alive
    with pytest.raises(SandboxGone):
        await sh(sandbox, "true")


async def test_closing_ends_running_commands_and_tells_them_so(sandbox):
    waiting = asyncio.create_task(sh(sandbox, "echo up; sleep 600"))
    await said(sandbox, "true")
    await sandbox.close()

    with pytest.raises(SandboxGone):
        await waiting


async def test_closing_ends_a_daemon_that_left_its_session(sandbox, backend, pulse, folder):
    beat = pulse(backend, folder / "task-1")
    daemon = f"""if True:
        import os
        if os.fork(): os._exit(0)
        os.setsid()
        if os.fork(): os._exit(0)
        os.execl("/bin/sh", "sh", "-c", {beat.COMMAND!r})
    """
    await sandbox.run(["python3", "-c", daemon], env={})
    await said(sandbox, "sleep 0.1")

    assert beat.beats()
    await sandbox.close()
    assert not beat.beats()


@pytest.mark.parametrize("tool", ["git", "node"])
async def test_developers_tools_of_this_machine_work_inside(sandbox, tool):
    if shutil.which(tool, path="/usr/bin") is None:
        pytest.skip(f"no /usr/bin/{tool} here")
    script = {
        "git": "git init -q . && git status -s",
        "node": "node -e 'console.log(process.version)' | head -c 1",
    }

    assert await said(sandbox, script[tool]) == {"git": "", "node": "v"}[tool]


async def test_no_zombie_and_no_descriptor_is_left(backend, workspace):
    async def round_trip(number: int) -> None:
        sandbox = await backend.create(f"r{number}", workspace(backend, f"r{number}"))
        await asyncio.gather(*(sh(sandbox, "sleep 0.01 & cat", stdin=b"x") for _ in range(3)))
        await sandbox.close()

    await round_trip(0)
    open_before = descriptors()
    await asyncio.gather(*(round_trip(number) for number in range(1, 40)))

    assert descriptors() == open_before
    zygote = backend._zygote._process.pid
    assert children_of(zygote) == ""


def descriptors() -> list[str]:
    return sorted(fd.name for fd in Path("/proc/self/fd").iterdir())


def children_of(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()


async def lines(process: SandboxProcess, number: int) -> list[str]:
    """Read until `number` lines have arrived."""
    said = b""
    async with asyncio.timeout(10):
        while said.count(b"\n") < number:
            said += await process.read() or pytest.fail(f"it ended after {said!r}")
    return said.decode().splitlines()


async def test_a_command_is_talked_with_in_both_directions_for_as_long_as_it_lives(sandbox):
    process = await sandbox.open(
        ["sh", "-c", 'while read line; do echo "$MARK $line"; done'], env={"MARK": "*"}
    )

    for word in ("one", "two"):
        await process.write(f"{word}\n".encode())
        assert await lines(process, 1) == [f"* {word}"]
    assert await said(sandbox, "echo beside") == "beside"


async def test_more_than_a_pipe_holds_goes_through_it(sandbox):
    process = await sandbox.open(["cat"], env={})
    sent = b"x" * (1 << 20)

    writing = asyncio.create_task(process.write(sent))
    received = 0
    async with asyncio.timeout(20):
        while received < len(sent):
            received += len(await process.read())
        await writing


async def test_the_end_of_an_interactive_command_is_reported_with_its_last_errors(sandbox):
    process = await sandbox.open(["sh", "-c", "seq 5000 >&2; echo why >&2; exit 3"], env={})

    assert await process.wait() == "exit code 3"
    assert await process.read() == b""
    await eventually(lambda: process.last_errors.endswith(b"why\n"))  # it may arrive later
    assert len(process.last_errors) <= 8 << 10
    with pytest.raises(BrokenPipeError):
        await process.write(b"x")


async def test_a_command_that_is_not_there_says_so(sandbox):
    process = await sandbox.open(["nonesuch"], env={})

    assert await process.wait() == "exit code 127"
    assert b"command not found" in process.last_errors


async def test_a_flood_of_errors_ends_the_command(sandbox):
    process = await sandbox.open(["sh", "-c", "yes >&2"], env={})

    assert await process.wait() == "signal 9"


async def test_who_waits_for_a_command_hears_the_end_of_its_sandbox(sandbox):
    process = await sandbox.open(["sleep", "600"], env={})
    reading = asyncio.create_task(process.read())
    ending = asyncio.create_task(process.wait())
    await asyncio.sleep(0)

    await sandbox.close()

    assert await reading == b""
    with pytest.raises(SandboxGone):
        await ending
    with pytest.raises(SandboxGone):
        await sandbox.open(["true"], env={})
