"""Rows of what a test pays for isolation: minting and resetting a project.

A real server with real sandboxes in this process. Both are measured inside the server (what is promised) and
over the socket (what a client waits for). A reset project has four tasks: one finished with a live sandbox,
one that waits, one that awaits an approval, one at work in a command.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.bootstrap.app import Application
from sigmic_conformance.mock_server.config.settings import Settings
from tools.bench.client import Client, in_process, since
from tools.bench.figures import Bound, Row
from tools.bench.plan import Size

_GOALS = {"mint": Bound(most=1), "mint, by HTTP": None, "reset": Bound(most=5), "reset, by HTTP": None}
_COMMAND = "Run exactly this shell command:"
_TASKS = 4
_ENOUGH = ((b"awaiting_approval",), (b"Wait", b"event: thought"), (b"sleep", b"executing"))
"""Words of a stream, all of which say that its task does not end by itself."""


async def _begun(client: Client, key: str, message: str, **fields: Any) -> None:
    """Create a task and hear its stream: to its end, or until it awaits an approval or waits."""
    heard = b""
    async with await client.stream(await client.create(message, key=key, **fields), key=key) as stream:
        async for chunk in stream.content.iter_any():
            heard += chunk
            if any(all(word in heard for word in words) for words in _ENOUGH):
                return


async def fill(client: Client, key: str) -> None:
    """Give a project the four tasks."""
    await _begun(client, key, f"{_COMMAND} echo hello > kept.txt")
    await _begun(client, key, "Wait 20 hours. Then say: done")
    await _begun(client, key, f"{_COMMAND} echo no", autoExecute=False)
    await _begun(client, key, f"{_COMMAND} sleep 100")


async def one_round(application: Application, client: Client, samples: dict[str, list[float]]) -> None:
    """Mint, fill, reset; twice, once inside and once over the socket."""
    minting, resetting = application.platform.minting, application.platform.resetting

    async def timed(name: str, work: Callable[[], Awaitable[Any]]) -> Any:
        start = time.perf_counter()
        result = await work()
        samples[name].append(since(start))
        return result

    async def mint() -> Any:
        return minting.project("bench", frozenset())

    project, (_, text), _ = await timed("mint", mint)
    await fill(client, text.reveal())
    gone = await timed("reset", lambda: resetting.reset(project.id))
    if gone != _TASKS:
        raise AssertionError(f"{gone} tasks were reset")
    made = await timed("mint, by HTTP", lambda: client.control("POST", "/projects", {}))
    await fill(client, made["api_key"])
    await timed("reset, by HTTP", lambda: client.control("POST", "/reset", {}, project=made["project"]))


async def projects(size: Size) -> list[Row]:
    """Mint and reset."""
    samples: dict[str, list[float]] = {name: [] for name in _GOALS}
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder), Settings(port=0)) as (application, client):
            for _ in range(size.rounds):
                await one_round(application, client, samples)
    return [
        Row(what=f"project: {name}", unit="ms", ours=samples[name], goal=goal)
        for name, goal in _GOALS.items()
    ]
