"""Measures the developer's journal: `python -m tools.bench.journal [--requests N] [--rounds N] [--json]`.

For Linux. Two servers in processes of their own, one with a journal and one without, are asked the same by
turns. The cost of a request is the processor time of the server's event loop, which other programs on the
machine disturb less than wall time. Memory is what the server's process holds once the journal is full, and
at the end. Every answer is checked and entries are counted, so that a journal that notes nothing cannot look
cheap. Exit code 1 when a promise is broken.
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sigmic_conformance.mock_server.config import defaults

ENTRIES = 5000
CONNECTIONS = 8
GROWTH_MIB = 16.0
"""Promised: so much at most from a full journal to the last request."""
COST = 1.15
"""Promised: how many times the processor time of a request without a journal one with it may take."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server in a process of its own."""

    pid: int
    url: str
    control: str
    token: str
    session: aiohttp.ClientSession
    task: str

    async def ask(self, count: int) -> float:
        """Ask `count` times over some connections; return the seconds."""
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}

        async def some(share: int) -> None:
            for _ in range(share):
                address = f"{self.url}/api/v1/tasks/{self.task}"
                async with self.session.get(address, headers=headers) as answer:
                    if answer.status != 200 or not await answer.read():  # noqa: PLR2004 - the answer wanted
                        raise AssertionError(f"answered {answer.status}")

        start = time.perf_counter()
        await asyncio.gather(*(some(count // CONNECTIONS) for _ in range(CONNECTIONS)))
        return time.perf_counter() - start

    async def journal(self) -> Any:
        """Return what the journal holds and has dropped."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.session.get(f"{self.control}/journal/count", headers=headers) as answer:
            return await answer.json()

    def processor_seconds(self) -> float:
        """Return what the event loop's thread has used."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[0]) / 1e9

    def resident_mib(self) -> float:
        """Return the process's resident memory."""
        line = next(
            line
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines()
            if line.startswith("VmRSS")
        )
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def server(session: aiohttp.ClientSession, entries: int) -> AsyncIterator[Server]:
    """Run a server with a journal of so many entries, and one finished task on it."""
    flags = ["--port", "0", "--ephemeral", "--json", "--log-level", "error", "--journal", str(entries)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sigmic_conformance.mock_server", *flags, stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise AssertionError("no standard output")
        async with asyncio.timeout(60):
            ready = json.loads(await process.stdout.readline())
        headers = {"Authorization": f"Bearer {defaults.API_KEY}"}
        tasks = f"{ready['base_url']}/api/v1/tasks"
        async with session.post(tasks, headers=headers, json={"message": "What is 2+2?"}) as answer:
            task = (await answer.json())["data"]["id"]
        async with session.get(f"{tasks}/{task}/stream", headers=headers) as stream:
            await stream.read()
        yield Server(
            process.pid, ready["base_url"], ready["control_url"], ready["control_token"], session, task
        )
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def memory(session: aiohttp.ClientSession, requests: int) -> dict[str, float]:
    """Return memory and counts over `requests` requests at the journal's bound."""
    async with server(session, ENTRIES) as one:
        fresh = one.resident_mib()
        await one.ask(2 * ENTRIES)
        full, before = one.resident_mib(), await one.journal()
        seconds = await one.ask(requests)
        end, after = one.resident_mib(), await one.journal()
    dropped = after["dropped"] - before["dropped"]
    if after["held"] != ENTRIES or dropped != requests:
        raise AssertionError(f"held {after['held']} and dropped {dropped} of {requests}")
    return {
        "requests": requests,
        "requests_per_second": requests / seconds,
        "resident_mib_fresh": fresh,
        "resident_mib_full": full,
        "resident_mib_end": end,
        "growth_mib": end - full,
        "held": after["held"],
        "held_mib": after["held_bytes"] / 1024 / 1024,
        "dropped": after["dropped"],
    }


async def cost(session: aiohttp.ClientSession, rounds: int, size: int) -> dict[str, float]:
    """Return processor microseconds a request, without and with a journal, by turns."""
    async with server(session, 0) as off, server(session, ENTRIES) as on:
        for each in (off, on):
            await each.ask(2 * ENTRIES if each is on else size)
        used: dict[Server, list[float]] = {off: [], on: []}
        for number in range(rounds):
            for each in (off, on) if number % 2 else (on, off):
                before = each.processor_seconds()
                await each.ask(size)
                used[each].append((each.processor_seconds() - before) / size * 1e6)
    pairs = [with_it / without for without, with_it in zip(used[off], used[on], strict=True)]
    return {
        "off_us": statistics.median(used[off]),
        "on_us": statistics.median(used[on]),
        "ratio": statistics.median(pairs),
        "ratio_least": min(pairs),
        "ratio_most": max(pairs),
        "rounds": rounds,
    }


async def measure(requests: int, rounds: int) -> dict[str, dict[str, float]]:
    """Return all figures."""
    async with aiohttp.ClientSession() as session:
        return {"cost": await cost(session, rounds, 800), "memory": await memory(session, requests)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    figures = asyncio.run(measure(given.requests // CONNECTIONS * CONNECTIONS, given.rounds))
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for about, values in figures.items():
            for name, value in values.items():
                sys.stdout.write(f"{about:7} {name:22} {value:12.2f}\n")
    broken = figures["memory"]["growth_mib"] > GROWTH_MIB or figures["cost"]["ratio"] > COST
    raise SystemExit(broken)


if __name__ == "__main__":
    main()
