"""The same seed, clock and inputs give the same bytes: twice here, and on every version of Python.

A whole scenario against a real server with real sandboxes. `EXPECTED` changes only when the agent's words,
the events or the ids change on purpose: the failure shows the new hash.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sigmic_conformance.mock_server.bootstrap.app import build
from sigmic_conformance.mock_server.config.settings import Settings
from sigmic_conformance.mock_server.runtime.clock.mode import MANUAL
from tests.fakes.served import Served

EXPECTED = "c18d24db91934ed342664d6138029f4708a6b2ecb2c90625554d6243d6c99615"
CONTROL = "/__mock/v1"


@asynccontextmanager
async def server(folder: Path, seed: int | None) -> AsyncIterator[Served]:
    application = await build(Settings(port=0, clock=MANUAL, seed=seed, check_responses=True), folder)
    try:
        port = await application.start()
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            yield Served(application, port, session)
    finally:
        await application.stop()


async def control(mock: Served, method: str, path: str, project: str | None = None, **body: Any) -> Any:
    query = {} if project is None else {"project": project}
    reply = await mock.call(method, CONTROL + path, headers=mock.control, json=body, params=query)
    assert reply.status == 200, reply.body
    return reply.json


class Scenario:
    """A client that keeps every byte of every stream it reads."""

    def __init__(self, mock: Served, key: dict[str, str], project: str | None = None) -> None:
        self.mock = mock
        self.key = key
        self.project = project
        self.heard: list[bytes] = []

    async def create(self, message: str, **fields: Any) -> str:
        sent = {"message": message, **fields}
        return await self._created(json=sent)

    async def upload(self, message: str, name: str, content: bytes) -> str:
        form = aiohttp.FormData()
        form.add_field("message", message)
        form.add_field("files", content, filename=name)
        return await self._created(data=form)

    async def _created(self, **sent: Any) -> str:
        reply = await self.mock.call("POST", "/api/v1/tasks", headers=self.key, **sent)
        return str(reply.data["id"])

    async def follow_up(self, task_id: str, message: str) -> None:
        path = f"/api/v1/tasks/{task_id}/messages"
        reply = await self.mock.call("POST", path, headers=self.key, json={"message": message})
        assert reply.status < 300, reply.body

    async def open(self, task_id: str) -> aiohttp.ClientResponse:
        return await self.mock.session.get(f"{self.mock.url}/api/v1/tasks/{task_id}/stream", headers=self.key)

    async def hear(self, *task_ids: str) -> None:
        """Read streams to their ends."""
        for task_id in task_ids:
            self.heard.append(await (await self.open(task_id)).read())

    async def play(self) -> str:
        """Do everything once; return the hash of all that was heard."""
        await control(self.mock, "PUT", "/clock", self.project, now="2030-01-31T12:00:00Z")
        uploaded = await self.upload(
            "Run exactly this shell command: sort -r uploads/data.csv | head -2",
            "data.csv",
            b"a,1\nb,2\nc,3\n",
        )
        await self.hear(uploaded)
        await self.follow_up(uploaded, "Create a file named out/report.txt containing: three rows")
        await self.hear(uploaded, uploaded)
        asking = await self.create("Run exactly this shell command: echo approved", autoExecute=False)
        await self.approved(asking)
        told = await self.create("Remember the codeword heron. Think about birds. Reply with exactly: noted")
        await self.hear(told)
        await control(self.mock, "POST", "/clock/advance", self.project, by="31m")
        await self.follow_up(told, "What is the codeword?")
        await self.hear(told, uploaded, asking)
        artifact = await self.mock.call(
            "GET",
            f"/api/v1/tasks/{uploaded}/artifacts/download",
            headers=self.key,
            params={"path": "out/report.txt"},
        )
        assert artifact.status == 200
        self.heard.append(artifact.body)
        return hashlib.sha256(b"\0".join(self.heard)).hexdigest()

    async def approved(self, task_id: str) -> None:
        """Answer a request for an approval, with a second reader that comes while it is open."""
        first = await self.open(task_id)
        heard = b""
        async with asyncio.timeout(30):
            while b"awaiting_approval" not in heard:
                heard += await first.content.readany()
        second = await self.open(task_id)
        task = (await self.mock.call("GET", f"/api/v1/tasks/{task_id}", headers=self.key)).data
        call_id = task["pendingApprovals"][0]["callId"]
        reply = await self.mock.call(
            "POST",
            f"/api/v1/tasks/{task_id}/tools/{call_id}/approve",
            headers=self.key,
            json={"outcome": "proceed_once"},
        )
        assert reply.status == 200, reply.body
        self.heard += [heard + await first.read(), await second.read()]


async def test_the_same_seed_gives_the_same_bytes_on_every_python(tmp_path: Path) -> None:
    hashes = []
    for folder in ("first", "second"):
        async with server(tmp_path / folder, seed=42) as mock:
            hashes.append(await Scenario(mock, mock.key).play())

    assert hashes[0] == hashes[1]
    assert hashes[0] == EXPECTED, "if the agent's words or the events changed on purpose, commit the new hash"


async def test_on_one_server_a_minted_project_and_a_reset_one_give_the_same_bytes(tmp_path: Path) -> None:
    async with server(tmp_path, seed=None) as mock:
        made = [await control(mock, "POST", "/projects", clock="manual", seed=42) for _ in range(2)]
        scenarios = [
            Scenario(mock, {"Authorization": f"Bearer {each['api_key']}"}, each["project"]) for each in made
        ]
        hashes = [await scenario.play() for scenario in scenarios]
        for scenario in scenarios:
            await control(mock, "POST", "/reset", scenario.project)
            await control(mock, "PUT", "/clock", scenario.project, mode="manual")
            scenario.heard.clear()
            hashes.append(await scenario.play())

    # The second project's tasks have ids of their own; nothing of a stream tells them.
    assert hashes == [EXPECTED] * 4


@pytest.mark.parametrize("seed", [None, 43])
async def test_another_seed_or_none_gives_others(tmp_path: Path, seed: int | None) -> None:
    async with server(tmp_path, seed=seed) as mock:
        assert await Scenario(mock, mock.key).play() != EXPECTED
