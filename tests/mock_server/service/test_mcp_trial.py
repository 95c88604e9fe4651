"""Testing MCP servers: how many at once, for how long, and what is left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.mcp_servers import McpServer, Program
from sigmic_conformance.mock_server.mcp.outbound import Outbound
from sigmic_conformance.mock_server.mcp.tools_folder import ToolsFolder
from sigmic_conformance.mock_server.runtime.background import BackgroundWork
from sigmic_conformance.mock_server.runtime.ids import RandomIds
from sigmic_conformance.mock_server.service import mcp_trial
from sigmic_conformance.mock_server.service.mcp_trial import MOST_TRIALS, McpTrials, Trial
from sigmic_conformance.mock_server.storage.workspaces import Workspaces
from tests.fakes.sandbox import ScriptedBackend, ScriptedSandbox
from tests.fakes.waiting import eventually

SILENT = McpServer(name="silent", where=Program(command="sleep", args=("600",)), connect_seconds=60)


class Backend(ScriptedBackend):
    """Opens no sandbox while `is_stuck`."""

    is_stuck = False

    async def create(self, id: str, workspace: Path, **limits: object) -> ScriptedSandbox:
        if self.is_stuck:
            await asyncio.Event().wait()
        return await super().create(id, workspace)


async def no_program(*_: object) -> bytes:
    return b""


@pytest.fixture
def backend() -> Backend:
    return Backend(no_program)


@pytest.fixture
async def trials(backend: Backend, tmp_path: Path) -> AsyncIterator[McpTrials]:
    background = BackgroundWork()
    yield McpTrials(
        backend,
        Workspaces(tmp_path, backend.own),
        ToolsFolder(None),
        Outbound(is_shared=False),
        ids=RandomIds(),
        background=background,
    )
    assert background.names == ()
    assert [sandbox.alive for sandbox in backend.made] == [False] * len(backend.made)
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - a fixture may block


async def test_of_one_project_four_servers_are_tested_at_once(trials: McpTrials, backend: Backend) -> None:
    async def start(project_id: str) -> asyncio.Task[Trial]:
        before = len(backend.made)
        task = asyncio.ensure_future(trials.run(project_id, SILENT, {}))
        await eventually(lambda: len(backend.made) > before)
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
    trials: McpTrials, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_trial, "_START_SECONDS", 0.0)
    backend.is_stuck = True
    server = McpServer(name="stuck", where=Program(command="x"), connect_seconds=0.2)

    trial = await trials.run("one", server, {})

    assert (trial.works, trial.messages) == (False, ("MCP server stuck was not started within 0.2 s",))
