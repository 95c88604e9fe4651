"""Measure the sandbox against its floor, one of each per round: `python -m tools.bench.sandbox [--rounds N]`.

Floor: a plain `asyncio.create_subprocess_exec`. Every round checks the output, so that a broken path cannot
look fast.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from sigmic_conformance.mock_server.ports import Limits, Sandbox, SandboxBackend
from sigmic_conformance.mock_server.sandbox.backend import ZygoteBackend
from sigmic_conformance.mock_server.sandbox.detect import open_backend

ECHO = ["/bin/echo", "hello"]


async def plain() -> None:
    """Run `echo` unconfined, and capture what a sandbox captures: output, errors and exit code."""
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*ECHO, stdin=null, stdout=pipe, stderr=pipe, env={})
    output, errors = await process.communicate()
    if (output, errors, process.returncode) != (b"hello\n", b"", 0):
        raise AssertionError(output)


async def inside(sandbox: Sandbox) -> None:
    """Run `echo` in a living sandbox."""
    outcome = await sandbox.run(ECHO, env={})
    if outcome.stdout != b"hello\n":
        raise AssertionError(outcome)


async def timed(samples: list[float], work: Callable[[], Awaitable[object]]) -> None:
    """Add the milliseconds that `work` takes."""
    start = time.perf_counter()
    await work()
    samples.append((time.perf_counter() - start) * 1000)


async def measure(backend: ZygoteBackend, folder: Path, rounds: int) -> dict[str, list[float]]:
    """Interleave plain, exec, create, close and, where there are spares, create from the pool."""
    samples: dict[str, list[float]] = {name: [] for name in ("plain", "exec", "create", "close", "pool")}
    live = await backend.create("bench", _workspace(backend, folder, "bench"))
    for number in range(rounds):
        await timed(samples["plain"], plain)
        await timed(samples["exec"], lambda: inside(live))
        sandbox = await _created(samples["create"], backend, _workspace(backend, folder, f"round-{number}"))
        await timed(samples["close"], sandbox.close)
        backend.keep_spares(1)
        await backend.pool.fill()
        spares = list(backend.pool)
        backend.keep_spares(0)  # none is made beside what is measured
        if spares:
            await inside(live)
            sandbox = await _created(samples["pool"], backend, _workspace(backend, folder, f"pool-{number}"))
            await sandbox.close()
        if list(backend.pool):
            raise AssertionError("the spare was not used")
    await live.close()
    return {name: values for name, values in samples.items() if values}


async def _created(samples: list[float], backend: SandboxBackend, workspace: Path) -> Sandbox:
    """Add the milliseconds until a new sandbox can be used, and see that it can."""
    start = time.perf_counter()
    sandbox = await backend.create(workspace.name, workspace)
    samples.append((time.perf_counter() - start) * 1000)
    await inside(sandbox)
    return sandbox


async def throughput(backend: SandboxBackend, folder: Path, total: int) -> float:
    """Return executions per second with sixteen in flight over sixteen sandboxes."""
    places = [_workspace(backend, folder, f"wide-{number}") for number in range(16)]
    sandboxes = await asyncio.gather(*(backend.create(place.name, place) for place in places))

    async def worker(sandbox: Sandbox) -> None:
        for _ in range(total // 16):
            await inside(sandbox)

    start = time.perf_counter()
    await asyncio.gather(*map(worker, sandboxes))
    seconds = time.perf_counter() - start
    await asyncio.gather(*(sandbox.close() for sandbox in sandboxes))
    return total / seconds


async def flood(backend: SandboxBackend, folder: Path) -> int:
    """Return how many KiB our resident size grows while `yes` prints until it is killed."""
    workspace = _workspace(backend, folder, "flood")
    sandbox = await backend.create("flood", workspace)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = await sandbox.run(["yes"], env={}, limits=Limits(output_bytes=1 << 20))
    await sandbox.close()
    if not outcome.truncated or len(outcome.stdout) != 1 << 20:
        raise AssertionError("the flood was not cut")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def _workspace(backend: SandboxBackend, folder: Path, name: str) -> Path:
    workspace = folder / name
    workspace.mkdir()
    backend.own(workspace)
    return workspace


async def main(name: str, rounds: int) -> str:
    """Measure one backend and return the table."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        opened: list[float] = []
        for _ in range(5):
            start = time.perf_counter()
            backend = await open_backend(name, runtime_dir=folder)
            opened.append((time.perf_counter() - start) * 1000)
            await backend.close()
        backend = await open_backend(name, runtime_dir=folder)
        try:
            samples = await measure(backend, folder, rounds)
            rate = await throughput(backend, folder, 1600)
            growth = await flood(backend, folder)
        finally:
            await backend.close()
    lines = [f"backend {backend.report.backend} ({backend.report.level}), {rounds} rounds, milliseconds"]
    for what, values in {"open": opened, **samples}.items():
        cuts = statistics.quantiles(values, n=100, method="inclusive")
        lines.append(f"{what:8} p50 {cuts[49]:7.2f}  p90 {cuts[89]:7.2f}  p99 {cuts[98]:7.2f}")
    ratio = statistics.median(samples["exec"]) / statistics.median(samples["plain"])
    lines.append(
        f"exec / plain {ratio:.2f} (goal 1.20); {rate:.0f} exec/s, 16 in flight; flood +{growth} KiB"
    )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    sys.stdout.write(asyncio.run(main(arguments.backend, arguments.rounds)))
