"""Measures what a test pays for isolation: `python -m tools.bench.projects [--rounds N] [--json]`.

A real server with real sandboxes in this process. `mint` and `reset` are measured inside the server (what is
promised) and over the socket (what a client waits). A reset project has four tasks: one finished with a live
sandbox, one that waits, one that awaits an approval, one at work in a command. Exit code 1 when a promised
bound is missed.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from sigmic_conformance.mock_server.bootstrap.app import Application, build
from sigmic_conformance.mock_server.config.settings import Settings

BOUNDS_MS = {"mint": 1.0, "reset": 5.0}
"""Promised, for the median."""


@dataclass(frozen=True, slots=True)
class Bench:
    """The server, a client, and the samples in milliseconds."""

    application: Application
    session: aiohttp.ClientSession
    url: str
    samples: dict[str, list[float]] = field(default_factory=dict)

    async def control(self, method: str, path: str, body: dict[str, Any], **query: str) -> Any:
        """Call the control plane."""
        headers = {"Authorization": f"Bearer {self.application.control_token.reveal()}"}
        address = f"{self.url}/__mock/v1{path}"
        async with self.session.request(method, address, json=body, headers=headers, params=query) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def create(self, key: str, message: str, **fields: Any) -> str:
        """Create a task and hear its stream: to its end, or until it asks for an approval or waits."""
        headers = {"Authorization": f"Bearer {key}"}
        body = {"message": message, **fields}
        async with self.session.post(f"{self.url}/api/v1/tasks", json=body, headers=headers) as answer:
            answer.raise_for_status()
            task_id = str((await answer.json())["data"]["id"])
        heard = b""
        async with self.session.get(f"{self.url}/api/v1/tasks/{task_id}/stream", headers=headers) as stream:
            async for chunk in stream.content.iter_any():
                heard += chunk
                if (
                    b"awaiting_approval" in heard
                    or (b"Wait" in heard and b"event: thought" in heard)
                    or (b"sleep" in heard and b"executing" in heard)
                ):
                    break
        return task_id

    async def timed(self, name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Measure one call."""
        start = time.perf_counter()
        result = await work()
        self.samples.setdefault(name, []).append((time.perf_counter() - start) * 1000)
        return result


async def fill(bench: Bench, key: str) -> None:
    """Give a project the four tasks."""
    await bench.create(key, "Run exactly this shell command: echo hello > kept.txt")
    await bench.create(key, "Wait 20 hours. Then say: done")
    await bench.create(key, "Run exactly this shell command: echo no", autoExecute=False)
    await bench.create(key, "Run exactly this shell command: sleep 100")


async def one_round(bench: Bench) -> None:
    """Mint, fill, reset; twice, once inside and once over the socket."""
    minting, resetting = bench.application.platform.minting, bench.application.platform.resetting

    async def mint() -> Any:
        return minting.project("bench", frozenset())

    made = await bench.timed("mint", mint)
    await fill(bench, made.key.text.reveal())
    gone = await bench.timed("reset", lambda: resetting.reset(made.id))
    if gone != 4:  # noqa: PLR2004 - the four tasks of `fill`
        raise AssertionError(f"{gone} tasks were reset")
    made = await bench.timed("mint, by HTTP", lambda: bench.control("POST", "/projects", {}))
    await fill(bench, made["api_key"])
    await bench.timed("reset, by HTTP", lambda: bench.control("POST", "/reset", {}, project=made["project"]))


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[Bench]:
    """Run a server."""
    application = await build(Settings(port=0), folder)
    try:
        port = await application.start()
        async with aiohttp.ClientSession() as session:
            yield Bench(application, session, f"http://127.0.0.1:{port}")
    finally:
        await application.stop()


async def measure(rounds: int) -> dict[str, list[float]]:
    """Return the samples of every figure."""
    with tempfile.TemporaryDirectory() as folder:
        async with server(Path(folder)) as bench:
            for _ in range(rounds):
                await one_round(bench)
            return bench.samples


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {
        name: {"p50": statistics.median(it), "max": max(it), "n": len(it), "bound": BOUNDS_MS.get(name)}
        for name, it in asyncio.run(measure(given.rounds)).items()
    }
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, it in figures.items():
            bound = "" if it["bound"] is None else f"  bound {it['bound']:g} ms"
            sys.stdout.write(
                f"{name:24} p50 {it['p50']:8.2f} ms  max {it['max']:8.2f} ms  n {it['n']}{bound}\n"
            )
    raise SystemExit(any(it["bound"] is not None and it["p50"] > it["bound"] for it in figures.values()))


if __name__ == "__main__":
    main()
