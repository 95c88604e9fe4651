"""A client of a mock's API and control plane, for rows that measure what a caller waits for."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from sigmic_conformance.mock_server.bootstrap.app import Application, build
from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.config.settings import Settings

TASKS = "/api/v1/tasks"


@dataclass(frozen=True, slots=True)
class Client:
    """Calls one mock."""

    session: aiohttp.ClientSession
    url: str
    token: str
    """Of the control plane."""

    async def api(self, method: str, path: str, body: Any = None, *, key: str = defaults.API_KEY) -> Any:
        """Call the platform and return `data`. Raises `aiohttp.ClientResponseError`."""
        async with self.session.request(method, self.url + path, json=body, headers=bearer(key)) as answer:
            answer.raise_for_status()
            return (await answer.json())["data"]

    async def control(self, method: str, path: str, body: Any, **query: str) -> Any:
        """Call the control plane. Raises `aiohttp.ClientResponseError`."""
        address = f"{self.url}/__mock/v1{path}"
        async with self.session.request(
            method, address, json=body, headers=bearer(self.token), params=query
        ) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def create(self, message: str, *, key: str = defaults.API_KEY, **fields: Any) -> str:
        """Create a task and return its id."""
        return str((await self.api("POST", TASKS, {"message": message, **fields}, key=key))["id"])

    async def stream(self, task: str, *, key: str = defaults.API_KEY) -> aiohttp.ClientResponse:
        """Open the stream of a task."""
        return await self.session.get(f"{self.url}{TASKS}/{task}/stream", headers=bearer(key))


def bearer(key: str) -> dict[str, str]:
    """Return the header of a caller."""
    return {"Authorization": f"Bearer {key}"}


def since(start: float) -> float:
    """Return the milliseconds since a time of `time.perf_counter`."""
    return (time.perf_counter() - start) * 1000


@asynccontextmanager
async def in_process(folder: Path, settings: Settings) -> AsyncIterator[tuple[Application, Client]]:
    """Run a mock with real sandboxes in this process."""
    application = await build(settings, folder)
    try:
        port = await application.start()
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            token = application.control_token.reveal()
            yield application, Client(session, f"http://127.0.0.1:{port}", token)
    finally:
        await application.stop()
