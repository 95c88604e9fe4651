"""The tools of MCP servers for the agent: started with a turn, called by name, reported when they fail."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sigmic_mock.agent.tools.output import bounded, failed
from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.mcp_servers import (
    PREFIX,
    McpFile,
    McpResult,
    McpServer,
    McpTool,
    McpUnavailable,
)
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.mcp.outbound import Outbound
from sigmic_mock.mcp.surroundings import Surroundings
from sigmic_mock.mcp.tools_folder import ToolsFolder
from sigmic_mock.ports import SandboxGone, SandboxUnavailable
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.service.sessions import Session, Sessions

if TYPE_CHECKING:
    from sigmic_mock.mcp.servers import McpServers

log = logging.getLogger(__name__)

_WRITE = 'mkdir -p downloads/mcp && cat > "$1"'


class McpTools:
    """The MCP servers of sessions, by the settings of their projects."""

    def __init__(
        self,
        sessions: Sessions,
        project_settings: Callable[[str], ProjectSettings],
        tools: ToolsFolder,
        outbound: Outbound,
        background: BackgroundWork,
    ) -> None:
        self._sessions = sessions
        self._project_settings = project_settings
        self._tools = tools
        self._outbound = outbound
        self._background = background

    async def begin(self, session: Session) -> None:
        """Let the servers connect while a turn starts.

        A session keeps its servers, unless the project's servers were changed: then they are started again.
        """
        configured = self._project_settings(session.project_id).mcp_servers
        if session.servers is not None and session.servers.configured != configured:
            servers, session.servers = session.servers, None
            await servers.close()
        if session.servers is None and configured:
            session.servers = self._servers(session, configured)

    def _servers(self, session: Session, configured: Sequence[McpServer]) -> "McpServers":
        """Start the servers of a session."""
        # Loaded by the first project that has any.
        from sigmic_mock.mcp.servers import McpServers

        return McpServers(configured, self._surroundings(session))

    def _surroundings(self, session: Session) -> Surroundings:
        return Surroundings(
            variables=session.variables.reveal(),
            redactor=session.redactor,
            open_sandbox=partial(self._sessions.another_sandbox, session),
            tools=self._tools,
            outbound=self._outbound,
            background=self._background,
        )

    def listen(self, session: Session, tell: Callable[[str], None]) -> None:
        """Report problems with a server to the turn from now on, including those so far."""
        if session.servers is not None:
            session.servers.listen(tell)

    def rest(self, session: Session) -> None:
        """The turn is over: stop reporting until the next one."""
        if session.servers is not None:
            session.servers.listen(None)

    async def offered(self, session: Session) -> tuple[McpTool, ...]:
        """Return the tools of the session's servers, once each has answered or failed."""
        return () if session.servers is None else await session.servers.offered()

    async def full_name(self, session: Session, name: str) -> str:
        """Return the full name of a tool; a server's own name for it is enough if only one tool has it.

        Waits for the session's servers only when the name is not a full one.
        """
        if session.servers is None or name.startswith(PREFIX):
            return name
        return await session.servers.full_name(name) or name

    async def run(self, session: Session, name: str, args: Mapping[str, Any]) -> ToolOutcome | None:
        """Call a tool; None if no server has it. An error is an outcome, not an exception."""
        if session.servers is None:
            return None
        try:
            result = await session.servers.call(name, args)
        except McpUnavailable as problem:
            return failed(str(problem))
        return None if result is None else await self._outcome(session, name, result)

    async def _outcome(self, session: Session, name: str, result: McpResult) -> ToolOutcome:
        status = ToolStatus.ERROR if result.failed else ToolStatus.SUCCESS
        lines = [result.text] if result.text else []
        for number, file in enumerate(result.files, 1):
            path = f"downloads/mcp/{name}-{number}{file.extension}"
            kept = await self._keep(session, path, file)
            lines.append(f"[saved as {path}]" if kept else f"[{path} could not be saved]")
        return ToolOutcome(status, bounded("\n".join(lines)))

    async def _keep(self, session: Session, path: str, file: McpFile) -> bool:
        """Write a file as the agent does: inside the sandbox, where no link leads out."""
        try:
            sandbox = await self._sessions.sandbox(session)
            ended = await sandbox.run(["/bin/sh", "-c", _WRITE, "sh", path], env={}, stdin=file.data)
        except (SandboxGone, SandboxUnavailable):
            log.warning("a file of an MCP tool was not kept", extra={"session": session.id})
            return False
        return ended.exit_code == 0
