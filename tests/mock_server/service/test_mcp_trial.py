"""Testing MCP servers: how many at the same time, for how long, and that nothing is left."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.mcp_servers import McpServer, Program
from sigmic_mock.service.mcp_trial import MOST_TRIALS, McpTrials, Trial
from tests.fakes.house import House
from tests.fakes.waiting import eventually

SILENT = McpServer(name="silent", where=Program(command="sleep", args=("600",)), connect_seconds=60)


@pytest.fixture
async def trials(house: House) -> AsyncIterator[McpTrials]:
    yield house.layer.mcp_trials
    assert house.background.names == ()
    assert [sandbox.alive for sandbox in house.backend.made] == [False] * len(house.backend.made)
    root = house.workspaces.root
    assert not root.exists() or list(root.iterdir()) == []


async def test_of_one_project_four_servers_are_tested_at_once(trials: McpTrials, house: House) -> None:
    async def start(project_id: str) -> asyncio.Task[Trial]:
        before = len(house.backend.made)
        task = asyncio.ensure_future(trials.run(project_id, SILENT, {}))
        await eventually(lambda: len(house.backend.made) > before)
        return task

    running = [await start("one") for _ in range(MOST_TRIALS)]
    with pytest.raises(ApiError, match="4 servers of this project are being tested") as refused:
        await trials.run("one", SILENT, {})
    other = await start("two")
    assert (refused.value.code, refused.value.headers) == (ErrorCode.RATE_LIMITED, {"Retry-After": "5"})

    running[0].cancel()
    await asyncio.wait(running[:1])
    running.append(await start("one"))

    for task in (*running, other):
        task.cancel()
    await asyncio.wait([*running, other])


async def test_a_trial_that_does_not_come_to_its_server_has_a_deadline(
    trials: McpTrials, house: House
) -> None:
    trials.start_seconds = 0.0
    house.backend.may_create.clear()
    server = McpServer(name="stuck", where=Program(command="x"), connect_seconds=0.2)

    trial = await trials.run("one", server, {})

    assert (trial.works, trial.messages) == (False, ("MCP server stuck was not started within 0.2 s",))
