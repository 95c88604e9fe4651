"""Tests an MCP server: whether it starts, how long that takes, and which tools it has.

It runs as for a session, in a separate sandbox with an empty workspace that is removed after the test.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.mcp_servers import McpServer, McpTool, McpUnavailable
from sigmic_mock.domain.redaction import Redactor
from sigmic_mock.domain.secret import Secret
from sigmic_mock.mcp.outbound import Outbound
from sigmic_mock.mcp.surroundings import Surroundings
from sigmic_mock.mcp.tools_folder import ToolsFolder
from sigmic_mock.ports import Sandbox, SandboxBackend
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.ids import Ids
from sigmic_mock.storage.workspaces import Workspaces

MOST_TRIALS = 4
"""Per project at the same time: each is a sandbox."""
_RETRY_SECONDS = 5
_START_SECONDS = 30.0
"""Time for the start of a sandbox and a package, added to the server's own time to connect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The result: real `seconds`, the tools for the agent, and the messages on the way."""

    works: bool
    seconds: float
    tools: tuple[McpTool, ...]
    messages: tuple[str, ...]


class McpTrials:
    """Tries servers out."""

    def __init__(
        self,
        backend: SandboxBackend,
        workspaces: Workspaces,
        tools: ToolsFolder,
        outbound: Outbound,
        *,
        ids: Ids,
        background: BackgroundWork,
    ) -> None:
        self.start_seconds = _START_SECONDS
        self._backend = backend
        self._workspaces = workspaces
        self._tools = tools
        self._outbound = outbound
        self._ids = ids
        self._background = background
        self._running: Counter[str] = Counter()
        """Trials by project."""

    async def run(self, project_id: str, server: McpServer, variables: Mapping[str, str]) -> Trial:
        """Connect to a server, even one that is switched off, and end it. Errors are reported, not raised.

        Raises RATE_LIMITED when the project has the maximum of trials running.
        """
        if self._running[project_id] >= MOST_TRIALS:
            message = (
                f"{MOST_TRIALS} servers of this project are being tested; try again when one has answered"
            )
            raise ApiError(ErrorCode.RATE_LIMITED, message, headers={"Retry-After": f"{_RETRY_SECONDS}"})
        self._running[project_id] += 1
        try:
            return await self._run(server, variables)
        finally:
            self._running[project_id] -= 1
            self._running += Counter()  # projects without a trial are dropped

    async def _run(self, server: McpServer, variables: Mapping[str, str]) -> Trial:
        from sigmic_mock.mcp.connection import McpConnection

        name, messages = f"mcp-trial-{self._ids.uuid()}", list[str]()

        async def open_sandbox() -> Sandbox:
            return await self._backend.create(name, await asyncio.to_thread(self._workspaces.create, name))

        redactor = Redactor({key: Secret(value) for key, value in variables.items()})
        clock = asyncio.get_running_loop().time
        began = clock()
        connection = McpConnection(
            replace(server, enabled=True),
            Surroundings(
                variables=variables,
                redactor=redactor,
                open_sandbox=open_sandbox,
                tools=self._tools,
                outbound=self._outbound,
                background=self._background,
            ),
            tell=messages.append,
        )
        tools: tuple[McpTool, ...] = ()
        works = True
        seconds = server.connect_seconds + self.start_seconds
        try:
            async with asyncio.timeout(seconds):
                tools = tuple(redactor.event(tool) for tool in (await connection.offered()).values())
        except McpUnavailable:
            works = False
        except TimeoutError:
            works = False
            messages.append(f"MCP server {server.name} was not started within {seconds:g} s")
        finally:
            took = clock() - began
            await connection.close()
            await self._workspaces.remove(name)
        return Trial(works=works, seconds=took, tools=tools, messages=tuple(messages))
