"""MCP servers that do not start, are slow, hang, die, or announce what nobody can use.

Whatever goes wrong is the server's: another program is started in its sandbox, its sandbox is ended, or its
messages are changed on their way. What the platform makes of that is the platform's own honest doing.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.domain.mcp_servers import (
    Address,
    McpResult,
    McpServer,
    McpTool,
    Program,
)
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.mcp_way import CALL, AlteringWay, Call
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork
from sigmic_conformance.mock_server.mcp.connection import McpConnection
from sigmic_conformance.mock_server.mcp.servers import McpServers
from sigmic_conformance.mock_server.mcp.surroundings import Surroundings
from sigmic_conformance.mock_server.ports import Sandbox
from sigmic_conformance.mock_server.service.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from sigmic_conformance.mock_server.mcp.client import Transport


class FaultyMcpServers(FaultInjectingWork, McpServers, always={"_connection"}):
    """Servers that ask, each by its name as the `code`, whether they are to fail."""

    def __init__(
        self, configured: Sequence[McpServer], surroundings: Surroundings, *, asker: Asker, session: Session
    ) -> None:
        self._asker = asker
        self._session = session
        super().__init__(configured, surroundings)

    def _connection(self, server: McpServer) -> McpConnection:
        return FaultyMcpConnection(
            server, self._surroundings, tell=self._tell, asker=self._asker, session=self._session
        )


class FaultyMcpConnection(FaultInjectingWork, McpConnection, always={"_way"}):
    """One server that may fail."""

    def __init__(
        self,
        server: McpServer,
        surroundings: Surroundings,
        *,
        tell: "Callable[[str], None]",
        asker: Asker,
        session: Session,
    ) -> None:
        self._asker = asker
        self._clock = session.clock
        self._task_id = session.task_id
        self._sandbox: Sandbox | None = None
        self._late = 0.0
        """Seconds by which it answers late when it is connected to."""
        self._open_honestly = surroundings.open_sandbox
        super().__init__(server, replace(surroundings, open_sandbox=self._open), tell=tell)

    async def _open(self) -> Sandbox:
        self._sandbox = await self._open_honestly()
        return self._sandbox

    def _begin(self) -> None:
        late = self._wanted("mcp.connect-late")
        self._late = 0.0 if late is None else float(late["seconds"])
        super()._begin()

    def _wanted(self, decision: str) -> Mapping[str, Any] | None:
        return self._asker.parameters(decision, self.server.name)

    def _resolved(self) -> Program | Address:
        where = super()._resolved()
        if isinstance(where, Address):
            other = self._wanted("mcp.address")
            return where if other is None else replace(where, url=other["url"])
        other = self._wanted("mcp.start")
        if other is None:
            return where
        command, *args = other["command"]
        return replace(where, command=command, args=tuple(args))

    def _way(self, transport: "Transport") -> "Transport":
        return AlteringWay(
            transport,
            may_act=lambda: self.may_fault,
            sleep=partial(self._clock.sleep, timer="fault", owner=self._task_id),
            late=self._late,
            announced=lambda: self._wanted("mcp.announce"),
            end=self._end,
        )

    async def _end(self) -> None:
        """Take the server's processes away, if it has any here."""
        if self._sandbox is not None:
            await self._sandbox.close()

    async def offered(self) -> Mapping[str, McpTool]:
        """Return its tools; platform time may pass until it has told them."""
        with self._clock.waiting() if self._late and not self._ready.done() else nullcontext():
            return await super().offered()

    async def call(self, own_name: str, args: Mapping[str, Any]) -> McpResult:
        """Call a tool that may answer late, otherwise, or never."""
        late, other = self._wanted("mcp.call-late"), self._wanted("mcp.call-result")
        wanted = Call(
            late=0.0 if late is None else float(late["seconds"]),
            result=None if other is None else other["result"],
            ends=self._wanted("mcp.call-ends") is not None,
        )
        before = CALL.set(wanted)
        try:
            with self._clock.waiting() if wanted.late else nullcontext():
                return await super().call(own_name, args)
        finally:
            CALL.reset(before)
