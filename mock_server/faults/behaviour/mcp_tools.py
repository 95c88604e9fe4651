"""MCP servers of sessions: any may let the platform down, and the platform them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sigmic_conformance.mock_server.agent.turn import ToolOutcome, TurnFailed
from sigmic_conformance.mock_server.domain.mcp_servers import McpServer
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.mcp_promises import misread, misunderstood
from sigmic_conformance.mock_server.faults.behaviour.sessions import FaultySessions
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.mcp.launch import Tools
from sigmic_conformance.mock_server.mcp.outbound import Outbound
from sigmic_conformance.mock_server.mcp.surroundings import Surroundings
from sigmic_conformance.mock_server.ports import Background
from sigmic_conformance.mock_server.service.mcp_tools import McpTools
from sigmic_conformance.mock_server.service.sessions import Session

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.mcp.servers import McpServers


class FaultyMcpTools(FaultInjectingPart, McpTools, always={"_servers"}):
    """Gives each session servers that meet what is armed for its project and task."""

    def __init__(
        self,
        sessions: FaultySessions,
        project_settings: Callable[[str], ProjectSettings],
        tools: Tools,
        outbound: Outbound,
        background: Background,
        *,
        faults: Faults,
    ) -> None:
        super().__init__(sessions, project_settings, tools, outbound, background)
        self._faults = faults
        self._faulty_sessions = sessions
        self._doomed: WeakSet[Session] = WeakSet()
        """Sessions whose task is to fail because a server did."""

    def _servers(self, session: Session, configured: Sequence[McpServer]) -> "McpServers":
        # Loaded by the first project that has any, like the honest ones.
        from sigmic_conformance.mock_server.faults.behaviour.mcp_servers import (  # noqa: PLC0415 - see above
            FaultyMcpServers,
        )

        asker = self._asker(session)
        servers = FaultyMcpServers(
            misread(configured, asker) if asker.may_act else configured,
            self._surroundings(session),
            asker=asker,
            session=session,
        )
        servers.configured = configured  # by which it is told whether the configuration has changed
        return servers

    def _surroundings(self, session: Session) -> Surroundings:
        exchanged = self._faulty_sessions.is_of_end_user(session)
        variables = misunderstood(session.variables, self._asker(session), exchanged=exchanged)
        return replace(super()._surroundings(session), variables=variables)

    def _asker(self, session: Session) -> Asker:
        return Asker(self._faults, session.project_id, task=session.task_id)

    def listen(self, session: Session, tell: Callable[[str], None]) -> None:
        """Say what is wrong with a server, say nothing, or let the task fail for it."""
        asker = self._asker(session)

        def say(message: str) -> None:
            if asker.wanted("mcp.failure-ends-task"):
                self._doomed.add(session)
            if not asker.wanted("mcp.silent"):
                tell(message)

        super().listen(session, say)

    async def run(self, session: Session, name: str, args: Mapping[str, Any]) -> ToolOutcome | None:
        outcome = await super().run(session, name, args)
        if session in self._doomed:
            raise TurnFailed("An MCP server of the project does not work", "MCP_FAILED")
        return outcome
