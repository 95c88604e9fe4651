"""Rows of a start until the server answers: inside a test, and as a command.

Floor: a bare aiohttp application, the least that aiohttp can do: one route, no state.
"""

import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

import sigmic_mock.testing.thread as _server  # noqa: F401 - the import is not what is measured
from lab.bench.figures import Bound, Row
from lab.bench.plan import Size
from sigmic_mock.testing import mock_server

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
    """Return the same for a bare application, also on a separate thread and loop."""
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
        "sigmic_mock",
        "serve",
        "--ephemeral",
        "--port=0",
        "--log-level=error",
        "--ready-file",
    )
    return _until_file(lambda file: [sys.executable, *flags, str(file)])


def bare_as_command() -> float:
    """Return the seconds from starting a bare application to the file that it writes."""
    return _until_file(lambda file: [sys.executable, "-c", _BARE, str(file)])


def _until_file(command: Callable[[Path], list[str]]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready"
        begun = time.perf_counter()
        process = subprocess.Popen(command(file), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not file.exists():
                if process.poll() is not None or time.perf_counter() - begun > 60:
                    raise SystemExit("the server did not start")
                time.sleep(0.001)
            return time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait(30)


def _turns(size: Size) -> dict[str, tuple[list[float], list[float]]]:
    sides = {
        "start to ready, command": (bare_as_command, ours_as_command),
        "start to ready, in a test": (bare_in_process, ours_in_process),
    }
    taken: dict[str, tuple[list[float], list[float]]] = {}
    for name, (bare, ours) in sides.items():
        bare(), ours()
        pairs = [(bare() * 1000, ours() * 1000) for _ in range(size.rounds)]
        taken[name] = ([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return taken


async def start(size: Size) -> list[Row]:
    """Start both alternately."""
    taken = await asyncio.to_thread(_turns, size)
    return [
        Row(
            what=name,
            unit="ms",
            floor=bare,
            ours=ours,
            milestone=Bound(most=2.3) if "command" in name else None,
            goal=Bound(most=1.6) if "command" in name else None,
        )
        for name, (bare, ours) in taken.items()
    ]
