"""MCP servers of sessions, any of which may let the platform down."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.domain.mcp_servers import McpServer
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.mcp.launch import Tools
from sigmic_conformance.mock_server.ports import Background
from sigmic_conformance.mock_server.service.mcp_tools import McpTools
from sigmic_conformance.mock_server.service.sessions import Session, Sessions

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.mcp.servers import McpServers


class FaultyMcpTools(McpTools):
    """Gives each session servers that meet what is armed for its project and task."""

    def __init__(
        self,
        sessions: Sessions,
        project_settings: Callable[[str], ProjectSettings],
        tools: Tools,
        background: Background,
        *,
        faults: Faults,
    ) -> None:
        super().__init__(sessions, project_settings, tools, background)
        self._faults = faults

    def _servers(self, session: Session, configured: Sequence[McpServer]) -> "McpServers":
        # Loaded by the first project that has any, like the honest ones.
        from sigmic_conformance.mock_server.faults.behaviour.mcp_servers import (  # noqa: PLC0415 - see above
            FaultyMcpServers,
        )

        asker = Asker(self._faults, session.project_id, task=session.task_id)
        return FaultyMcpServers(configured, self._surroundings(session), asker=asker, session=session)
