"""Run servers in separate processes, and measure the resources that each uses. For Linux: it reads /proc.

The mock and its floor start in the same way, print their address in one line of JSON, and are stopped
and reaped by their caller.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sigmic_mock.config import defaults

AUTHORIZED = f"Authorization: Bearer {defaults.API_KEY}\r\n"
QUIET = ("--port=0", "--json", "--log-level=warning", "--journal=0")
"""The complete platform, without its access log and the developer's journal."""
_START_SECONDS = 60
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Child:
    """A server on this machine."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Return the processor time of all its living threads, in seconds."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9

    def memory(self, kind: str = "VmRSS") -> float:
        """Return resident bytes; `VmHWM` for the maximum so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024.0 for line in lines if line.startswith(kind))

    def forget_peak(self) -> None:
        """Reset `VmHWM`."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@asynccontextmanager
async def mock(*flags: str, data: Path | None = None) -> AsyncIterator[Child]:
    """Run the mock, with or without a data folder."""
    place = ("--ephemeral",) if data is None else (f"--data-dir={data}",)
    async with _child("-m", "sigmic_mock", *QUIET, *place, *flags) as child:
        yield child


@asynccontextmanager
async def floor(kind: str, *arguments: str) -> AsyncIterator[Child]:
    """Run one of the floors of `bench.floors`."""
    async with _child("-m", "lab.bench.floors", kind, *arguments) as child:
        yield child


@asynccontextmanager
async def _child(*command: str) -> AsyncIterator[Child]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, limit=1 << 20
    )
    try:
        if process.stdout is None:
            raise AssertionError("no standard output")
        async with asyncio.timeout(_START_SECONDS):
            line = await process.stdout.readline()
        if not line:
            raise SystemExit(f"{' '.join(command[:2])} did not start")
        ready = json.loads(line)
        port = urlsplit(ready["base_url"]).port or 0
        yield Child(process.pid, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
