"""Rows of sandboxes, on the strongest backend of this machine. Floor: a plain subprocess of asyncio.

Every round checks the output, so that a broken path cannot look fast.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sigmic_conformance.mock_server.ports import Sandbox, SandboxBackend
from sigmic_conformance.mock_server.sandbox.backend import ZygoteBackend
from sigmic_conformance.mock_server.sandbox.detect import open_backend
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size

ECHO = ["/bin/echo", "hello"]
_TURNS = 10


async def plain() -> None:
    """Run `echo` unconfined, and capture the same as a sandbox: output, errors and exit code."""
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*ECHO, stdin=null, stdout=pipe, stderr=pipe, env={})
    output, errors = await process.communicate()
    if (output, errors, process.returncode) != (b"hello\n", b"", 0):
        raise AssertionError(output)


async def inside(sandbox: Sandbox) -> None:
    """Run `echo` in a running sandbox."""
    outcome = await sandbox.run(ECHO, env={})
    if outcome.stdout != b"hello\n":
        raise AssertionError(outcome)


async def timed(samples: list[float], work: Callable[[], Awaitable[object]]) -> None:
    """Append the milliseconds that `work` takes."""
    start = time.perf_counter()
    await work()
    samples.append((time.perf_counter() - start) * 1000)


async def measure(backend: ZygoteBackend, folder: Path, rounds: int) -> dict[str, list[float]]:
    """Alternate between plain, exec, create and, if there are spares, create from the pool."""
    samples: dict[str, list[float]] = {name: [] for name in ("plain", "exec", "create", "pool")}
    live = await backend.create("bench", _workspace(backend, folder, "bench"))
    for number in range(rounds):
        await timed(samples["plain"], plain)
        await timed(samples["exec"], lambda: inside(live))
        sandbox = await _created(samples["create"], backend, _workspace(backend, folder, f"round-{number}"))
        await sandbox.close()
        backend.keep_spares(1)
        await backend.pool.fill()
        spares = list(backend.pool)
        backend.keep_spares(0)  # no spare is created during the measurement
        if spares:
            await inside(live)
            sandbox = await _created(samples["pool"], backend, _workspace(backend, folder, f"pool-{number}"))
            await sandbox.close()
        if list(backend.pool):
            raise AssertionError("the spare was not used")
    await live.close()
    return {name: values for name, values in samples.items() if values}


async def _created(samples: list[float], backend: SandboxBackend, workspace: Path) -> Sandbox:
    """Append the milliseconds until a new sandbox can be used, and check that it can."""
    start = time.perf_counter()
    sandbox = await backend.create(workspace.name, workspace)
    samples.append((time.perf_counter() - start) * 1000)
    await inside(sandbox)
    return sandbox


def _workspace(backend: SandboxBackend, folder: Path, name: str) -> Path:
    workspace = folder / name
    workspace.mkdir()
    backend.own(workspace)
    return workspace


async def sandboxes(size: Size) -> list[Row]:
    """Run a command outside and inside alternately."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backend = await open_backend("auto", runtime_dir=folder)
        try:
            samples = await measure(backend, folder, size.rounds * _TURNS)
        finally:
            await backend.close()
    call = Row(
        what="tool call in a live sandbox",
        unit="ms",
        floor=samples["plain"],
        ours=samples["exec"],
        milestone=Bound(most=1.2),
        goal=Bound(most=0.8),
        note=f"backend {backend.report.backend}; to the end of the output, not to its first byte",
    )
    own = (
        ("new sandbox", samples["create"], Bound(most=5), Bound(most=3)),
        ("sandbox from the pool", samples.get("pool", []), Bound(most=1), Bound(most=0.5)),
    )
    return [
        call,
        *(
            Row(what=what, unit="ms", ours=ours, milestone=milestone, goal=goal)
            for what, ours, milestone, goal in own
            if ours
        ),
    ]
