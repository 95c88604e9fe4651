"""Trying an MCP server out: whether it starts, how long that takes, and which tools it has.

It runs as for a session, in a sandbox of its own over an empty workspace that goes with the trial.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sigmic_conformance.mock_server.domain.mcp_servers import McpServer, McpTool, McpUnavailable
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.mcp.launch import Tools
from sigmic_conformance.mock_server.mcp.surroundings import Surroundings
from sigmic_conformance.mock_server.ports import Background, Ids, Sandbox, SandboxBackend
from sigmic_conformance.mock_server.storage.workspaces import Workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it: real `seconds`, the tools that would be offered, and what was said on the way."""

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
        tools: Tools,
        *,
        ids: Ids,
        background: Background,
    ) -> None:
        self._backend = backend
        self._workspaces = workspaces
        self._tools = tools
        self._ids = ids
        self._background = background

    async def run(self, server: McpServer, variables: Mapping[str, str]) -> Trial:
        """Connect to a server, also to one that is switched off, and end it. What goes wrong is told."""
        from sigmic_conformance.mock_server.mcp.connection import McpConnection  # noqa: PLC0415 - for who tries

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
                background=self._background,
            ),
            tell=messages.append,
        )
        tools: tuple[McpTool, ...] = ()
        works = True
        try:
            tools = tuple(redactor.event(tool) for tool in (await connection.offered()).values())
        except McpUnavailable:
            works = False
        finally:
            seconds = clock() - began
            await connection.close()
            await self._workspaces.remove(name)
        return Trial(works=works, seconds=seconds, tools=tools, messages=tuple(messages))
