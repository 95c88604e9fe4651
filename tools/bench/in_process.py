"""How long until the mock answers: inside a test, and as a command, each against a bare aiohttp application.

`python -m tools.bench.in_process` prints the medians of 20 starts, taking turns, and their ratio. A bare
application is the least that aiohttp can do: one route, no state. Figures of one machine only compare there.
"""

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

import sigmic_conformance.mock_server.testing.thread as _server  # noqa: F401 - the import is not what is measured
from sigmic_conformance.mock_server.testing import mock_server

ROUNDS = 20
_BARE = """
import asyncio, pathlib, sys
from aiohttp import web

async def main():
    application = web.Application()
    application.router.add_get("/", lambda request: web.Response(text="ok"))
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pathlib.Path(sys.argv[1]).write_text("ready")
    await asyncio.Event().wait()

asyncio.run(main())
"""


def ours_in_process() -> float:
    """Return the seconds until a mock inside this process answers."""
    begun = time.perf_counter()
    with mock_server():
        return time.perf_counter() - begun


def bare_in_process() -> float:
    """Return the same of a bare application, on a thread and loop of its own too."""
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        application = web.Application()
        application.router.add_get("/", _answer)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.set()
        await stop.wait()
        await runner.cleanup()

    begun = time.perf_counter()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(30)
    seconds = time.perf_counter() - begun
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()
    return seconds


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def ours_as_command() -> float:
    """Return the seconds from starting `sigmic-mock` to its ready file."""
    flags = (
        "-m",
        "sigmic_conformance.mock_server",
        "serve",
        "--ephemeral",
        "--port=0",
        "--log-level=error",
        "--ready-file",
    )
    return _until_file(lambda file: [sys.executable, *flags, str(file)])


def bare_as_command() -> float:
    """Return the seconds from starting a bare application to the file it writes."""
    return _until_file(lambda file: [sys.executable, "-c", _BARE, str(file)])


def _until_file(command: Callable[[Path], list[str]]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready"
        begun = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - ourselves
            command(file), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while not file.exists():
                if process.poll() is not None or time.perf_counter() - begun > 60:  # noqa: PLR2004 - a minute
                    raise SystemExit("the server did not start")
                time.sleep(0.001)
            return time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait(30)


def compare(ours: Callable[[], float], bare: Callable[[], float], rounds: int) -> dict[str, float]:
    """Let both start by turns; return medians, extremes in milliseconds, and the ratio of the medians."""
    ours(), bare()  # the first start of a process loads what the others find
    pairs = [(ours(), bare()) for _ in range(rounds)]
    mine, theirs = ([pair[side] * 1000 for pair in pairs] for side in (0, 1))
    medians = statistics.median(mine), statistics.median(theirs)
    return {
        "ours_ms": round(medians[0], 1),
        "ours_worst_ms": round(max(mine), 1),
        "bare_ms": round(medians[1], 1),
        "ratio": round(medians[0] / medians[1], 2),
    }


def main() -> None:
    """Print one JSON object."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    figures = {
        "in_process": compare(ours_in_process, bare_in_process, rounds),
        "command": compare(ours_as_command, bare_as_command, rounds),
    }
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(figures, indent=2))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
