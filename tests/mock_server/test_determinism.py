"""The same seed, clock and inputs give the same bytes: twice here, and on every version of Python.

A whole scenario with a real server and real sandboxes. `EXPECTED` changes only when the agent's words,
the events or the ids change on purpose: the failure shows the new hash.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from sigmic_mock.bootstrap.app import build
from sigmic_mock.config.settings import Settings
from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.served import TASKS, Served

EXPECTED = "10ec34e0b713d06303c0da14961018fb70419278e5668e80c008c1f5a2350b65"


@asynccontextmanager
async def server(folder: Path, seed: int | None) -> AsyncIterator[Served]:
    application = await build(Settings(port=0, clock=MANUAL, seed=seed, check_responses=True), folder)
    try:
        port = await application.start()
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            yield Served(application, port, session)
    finally:
        await application.stop()


class Scenario:
    """A client that records every byte of every stream it reads."""

    def __init__(self, mock: Served, project: str | None = None) -> None:
        self.mock = mock
        self.project = project
        self.heard: list[bytes] = []

    async def hear(self, *task_ids: str) -> None:
        """Read streams to their ends."""
        for task_id in task_ids:
            self.heard.append(await self.mock.stream(task_id))

    async def play(self) -> str:
        """Run the whole scenario once; return the hash of all received bytes."""
        mock = self.mock
        await mock.did("change_clock", self.project, now="2030-01-31T12:00:00Z")
        form = aiohttp.FormData()
        form.add_field("message", "Run exactly this shell command: sort -r uploads/data.csv | head -2")
        form.add_field("files", b"a,1\nb,2\nc,3\n", filename="data.csv")
        uploaded = str((await mock.call("POST", TASKS, data=form)).data["id"])
        await self.hear(uploaded)
        await mock.say(uploaded, "Create a file named out/report.txt containing: three rows")
        await self.hear(uploaded, uploaded)
        # Answer a request for an approval, with a second reader that joins while it is open.
        first = await mock.asking("Run exactly this shell command: echo approved")
        second = await mock.follow(first.task)
        await mock.approve(first.task)
        self.heard += [first.heard + await first.rest(), await second.rest()]
        told = await mock.create("Remember the codeword heron. Think about birds. Reply with exactly: noted")
        await self.hear(told)
        await mock.did("advance_clock", self.project, by="31m")
        await mock.say(told, "What is the codeword?")
        await self.hear(told, uploaded, first.task)
        artifacts = f"{TASKS}/{uploaded}/artifacts"
        artifact = await mock.call("GET", f"{artifacts}/download", params={"path": "out/report.txt"})
        assert artifact.status == 200
        self.heard.append(artifact.body)
        return hashlib.sha256(b"\0".join(self.heard)).hexdigest()


async def test_the_same_seed_gives_the_same_bytes_on_every_python(tmp_path: Path) -> None:
    hashes = []
    for folder in ("first", "second"):
        async with server(tmp_path / folder, seed=42) as mock:
            hashes.append(await Scenario(mock).play())

    assert hashes[0] == hashes[1]
    assert hashes[0] == EXPECTED, "if the agent's words or the events changed on purpose, commit the new hash"


async def test_on_one_server_a_minted_project_and_a_reset_one_give_the_same_bytes(tmp_path: Path) -> None:
    async with server(tmp_path, seed=None) as mock:
        made = [await mock.did("create_project", clock="manual", seed=42) for _ in range(2)]
        scenarios = [Scenario(mock.by(each["api_key"]), each["project"]) for each in made]
        hashes = [await scenario.play() for scenario in scenarios]
        for scenario in scenarios:
            await mock.did("reset", scenario.project)
            await mock.did("change_clock", scenario.project, mode="manual")
            scenario.heard.clear()
            hashes.append(await scenario.play())

    # The second project's tasks have their own ids; no stream shows that.
    assert hashes == [EXPECTED] * 4


@pytest.mark.parametrize("seed", [None, 43])
async def test_another_seed_or_none_gives_others(tmp_path: Path, seed: int | None) -> None:
    async with server(tmp_path, seed=seed) as mock:
        assert await Scenario(mock).play() != EXPECTED
