"""The MCP servers of one session: all connect at the same time, and a call only waits for its server."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sigmic_mock.domain.mcp_servers import (
    McpResult,
    McpServer,
    McpTool,
    server_of,
)
from sigmic_mock.mcp.connection import McpConnection
from sigmic_mock.mcp.surroundings import Surroundings


class McpServers:
    """The enabled servers of one session, from its first turn to its end."""

    def __init__(
        self,
        configured: Sequence[McpServer],
        surroundings: Surroundings,
    ) -> None:
        self.configured = configured
        self._listener: Callable[[str], None] | None = None
        self._untold: list[str] = []
        self._connections = {
            server.name: McpConnection(server, surroundings, tell=self._tell)
            for server in configured
            if server.enabled
        }

    def listen(self, listener: Callable[[str], None] | None) -> None:
        """Set the receiver of messages about servers that failed; earlier messages are sent immediately."""
        self._listener = listener
        untold, self._untold = self._untold, []
        for message in untold:
            self._tell(message)

    def _tell(self, message: str) -> None:
        if self._listener is None:
            self._untold.append(message)
        else:
            self._listener(message)

    async def offered(self) -> tuple[McpTool, ...]:
        """Return the tools of every working server, after each has answered or failed."""
        found = await asyncio.gather(
            *(connection.offered() for connection in self._connections.values()), return_exceptions=True
        )
        return tuple(tool for tools in found if isinstance(tools, Mapping) for tool in tools.values())

    async def full_name(self, name: str) -> str | None:
        """Return the offered name of the only tool with this name; None if there is not exactly one."""
        fitting = [tool.name for tool in await self.offered() if name in {tool.name, tool.own_name}]
        return fitting[0] if len(fitting) == 1 else None

    async def call(self, name: str, args: Mapping[str, Any]) -> McpResult | None:
        """Call a tool by its offered name; None if there is no such tool. Raises `McpUnavailable`."""
        connection = self._connections.get(server_of(name) or "")
        if connection is None:
            return None
        tool = (await connection.offered()).get(name)
        return None if tool is None else await connection.call(tool.own_name, args)

    async def close(self) -> None:
        """End all of them; none of their processes is left when this returns."""
        self.listen(None)
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))
