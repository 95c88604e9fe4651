"""MCP servers that fail in every way, and platforms that misapply their configuration.

A server's failures are real: another program is started in its sandbox, its sandbox is ended, or its messages
are changed on their way. The platform handles them with its own code.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from sigmic_mock.agent.turn import ToolOutcome, TurnFailed
from sigmic_mock.domain.mcp_servers import Address, McpResult, McpServer, McpTool, Program
from sigmic_mock.domain.model import Task
from sigmic_mock.faults.effect import ANY, after, before, effect
from sigmic_mock.faults.effects.mcp_way import CALL, AlteringWay, Call
from sigmic_mock.faults.engine import Here
from sigmic_mock.mcp.connection import McpConnection
from sigmic_mock.mcp.surroundings import Surroundings
from sigmic_mock.ports import Sandbox
from sigmic_mock.service.mcp_tools import McpTools
from sigmic_mock.service.sessions import Session, Sessions

if TYPE_CHECKING:
    from sigmic_mock.mcp.client import Transport
    from sigmic_mock.mcp.servers import McpServers

_PATIENCE_SECONDS = 60.0
_DOOMED: WeakSet[Session] = WeakSet()
"""Sessions whose task is to fail because a server failed."""
_SANDBOXES: WeakKeyDictionary[McpConnection, Sandbox] = WeakKeyDictionary()
_LATE: WeakKeyDictionary[McpConnection, float] = WeakKeyDictionary()
"""Seconds of delay of a server when the platform connects to it."""

Configured = Sequence[McpServer]


def _session(connection: McpConnection) -> Session:
    """Return the session of a server: that for which it opens sandboxes."""
    opened: Any = connection._surroundings.open_sandbox  # a partial of the service
    session: Session = opened.args[0]
    return session


# -- the configuration --------------------------------------------------------------------------------------


def _with(servers: "McpServers", configured: Configured) -> "McpServers":
    """Return servers that compare with the real configuration, even if they were started with another."""
    servers.configured = configured
    return servers


@effect("mcp.not-loaded", at=McpTools._servers)
def not_loaded(here: Here, _self: McpTools, session: Session, given: Configured) -> "McpServers":
    is_meant = any(server.enabled for server in given) and here.fires()
    return _with(here.step(session, () if is_meant else given), given)


def _each(point: str, change: Callable[[McpServer], McpServer]) -> None:
    """Register an effect that changes the configuration of each server."""

    @effect(point, at=McpTools._servers)
    def begin(here: Here, _self: McpTools, session: Session, given: Configured) -> "McpServers":
        changed = [(server, change(server)) for server in given]
        made = (new if new != old and here.fires(old.name) else old for old, new in changed)
        return _with(here.step(session, tuple(made)), given)


def _at_address(server: McpServer, change: Callable[[Address], Address]) -> McpServer:
    where = server.where
    return replace(server, where=change(where)) if isinstance(where, Address) else server


def _as_http(where: Address) -> Address:
    return replace(where, kind="http") if where.kind == "sse" else where


def _without_headers(where: Address) -> Address:
    return replace(where, headers={name: text for name, text in where.headers.items() if "{{" in text})


def _elsewhere(server: McpServer) -> McpServer:
    where = server.where
    return replace(server, where=replace(where, cwd=None)) if isinstance(where, Program) else server


_each("mcp.disabled-started", lambda server: replace(server, enabled=True))
_each("mcp.filter-ignored", lambda server: replace(server, include=None, exclude=()))
_each("mcp.timeout-ignored", lambda server: replace(server, connect_seconds=_PATIENCE_SECONDS))
_each("mcp.sse-as-http", lambda server: _at_address(server, _as_http))
_each("mcp.headers-lost", lambda server: _at_address(server, _without_headers))
_each("mcp.elsewhere", _elsewhere)


OF_END_USERS: WeakSet[Session] = WeakSet()
"""Sessions of end users' tasks, with variables from a token exchange."""
_PLACEHOLDERS = ("vars.exchange-lost", "mcp.env-wins", "mcp.placeholders-kept")


@after(ANY, at=Sessions.open)
def note_end_user(_here: Here, _self: Sessions, session: Session, task: Task, *_: object) -> Session:
    if task.end_user_id:
        OF_END_USERS.add(session)
    return session


@effect(*_PLACEHOLDERS, at=McpTools._surroundings)
def misunderstands(here: Here, _self: McpTools, session: Session) -> Surroundings:
    surroundings, variables = here.step(session), session.variables
    if variables.names and here.fires(of="mcp.placeholders-kept"):
        texts: Mapping[str, str] = {name: f"{{{{mcp.{name}}}}}" for name in variables.names}
    else:
        texts = _Misunderstood(here, session)
    return replace(surroundings, variables=texts)


class _Misunderstood(dict[str, str]):
    """Variables, some possibly lost."""

    def __init__(self, here: Here, session: Session) -> None:
        super().__init__(session.variables.reveal())
        self._env, self._secrets = session.variables.env, session.variables.secrets
        self._here = here
        self._exchanged = session in OF_END_USERS

    def __contains__(self, name: object) -> bool:
        is_lost = super().__contains__(name) and self._exchanged and self._here.fires(of="vars.exchange-lost")
        return super().__contains__(name) and not is_lost

    def __getitem__(self, name: str) -> str:
        whose = "exchange" if self._exchanged else "task"
        is_twice = name in self._env and name in self._secrets
        if is_twice and self._here.fires(whose, of="mcp.env-wins"):
            return self._env[name]
        return super().__getitem__(name)


# -- what is reported of a server ---------------------------------------------------------------------------

Tell = Callable[[str], None]


@effect("mcp.failure-ends-task", at=McpTools.listen)
def failure_dooms(here: Here, _self: McpTools, session: Session, tell: Tell) -> None:
    def doom(message: str) -> None:
        if here.fires():
            _DOOMED.add(session)
        tell(message)

    here.step(session, doom)


@after("mcp.failure-ends-task", at=McpTools.run)
def failure_ends_task(
    _here: Here, _self: McpTools, outcome: ToolOutcome | None, session: Session, *_: object
) -> ToolOutcome | None:
    if session in _DOOMED:
        raise TurnFailed("An MCP server of the project does not work", "MCP_FAILED")
    return outcome


# -- the server itself --------------------------------------------------------------------------------------


@before("mcp.slow-start", at=McpConnection._begin)
def connects_late(here: Here, self: McpConnection) -> None:
    late = None if self in _REJOINING else here.about(_session(self)).params(self.server.name)
    _LATE[self] = 0.0 if late is None else float(late["seconds"])


@effect("mcp.slow-start", at=McpConnection.offered)
async def offers_late(here: Here, self: McpConnection) -> Mapping[str, McpTool]:
    """Let platform time pass until the server has named its tools."""
    is_late = _LATE.get(self, 0.0) > 0 and not self._ready.done()
    with _session(self).clock.waiting() if is_late else nullcontext():
        return await here.step()


@after("mcp.unreachable", at=McpConnection._resolved)
def other_address(here: Here, self: McpConnection, where: Program | Address) -> Program | Address:
    is_meant = isinstance(where, Address) and self not in _REJOINING
    other = here.about(_session(self)).params(self.server.name) if is_meant else None
    return replace(where, url=other["url"]) if other and isinstance(where, Address) else where


@after("mcp.start", at=McpConnection._resolved)
def other_program(here: Here, self: McpConnection, where: Program | Address) -> Program | Address:
    is_meant = isinstance(where, Program) and self not in _REJOINING
    other = here.about(_session(self)).params(self.server.name) if is_meant else None
    if other is None or not isinstance(where, Program):
        return where
    command, *args = other["command"]
    return replace(where, command=command, args=tuple(args))


@effect("mcp.dies", at=McpConnection._start)
async def note_sandbox(here: Here, self: McpConnection, *given: Any) -> Any:
    """Record the sandbox of a server, with which its processes can be ended."""
    surroundings = self._surroundings

    async def opened() -> Sandbox:
        _SANDBOXES[self] = sandbox = await surroundings.open_sandbox()
        return sandbox

    self._surroundings = replace(surroundings, open_sandbox=opened)
    try:
        return await here.step(*given)
    finally:
        self._surroundings = surroundings


_ALTERED: WeakSet[McpConnection] = WeakSet()
"""Servers whose messages pass through an `AlteringWay`."""
_REJOINING: WeakSet[McpConnection] = WeakSet()
_ON_WAY = ("mcp.slow-start", "mcp.announce", "mcp.call-late", "mcp.call-result", "mcp.dies")


@effect(*_ON_WAY, at=McpConnection._in_time)
async def alters_messages(
    here: Here, self: McpConnection, stack: Any, client: Any, transport: "Transport", *rest: Any
) -> Any:
    session = _session(self)
    there = here.about(session)
    _ALTERED.add(self)
    way = AlteringWay(
        transport=transport,
        sleep=partial(session.clock.sleep, timer="fault", owner=session.task_id),
        late=_LATE.get(self, 0.0),
        announced=lambda: there.params(self.server.name, of="mcp.announce"),
        end=partial(_end, self),
    )
    return await here.step(stack, client, way, *rest)


async def _rejoin(connection: McpConnection) -> None:
    """Connect as before, but so that messages can be altered: no fault was armed when it was connected to."""
    _REJOINING.add(connection)
    try:
        await connection.close()
        connection._begin()
        await asyncio.wait({connection._ready})
    finally:
        _REJOINING.discard(connection)


async def _end(connection: McpConnection) -> None:
    """End the server's processes, if it has any here."""
    sandbox = _SANDBOXES.get(connection)
    if sandbox is not None:
        await sandbox.close()


@effect("mcp.call-cut", at=McpConnection.call)
async def cuts(here: Here, self: McpConnection, own_name: str, args: Mapping[str, Any]) -> McpResult:
    """End a call that takes longer than its server may take to connect."""
    try:
        is_meant = here.about(_session(self)).fires(self.server.name)
        async with asyncio.timeout(self.server.connect_seconds if is_meant else None):
            return await here.step(own_name, args)
    except TimeoutError:
        return McpResult(failed=True, text="The call timed out.")


@effect("mcp.call-late", "mcp.call-result", "mcp.dies", at=McpConnection.call)
async def calls(here: Here, self: McpConnection, own_name: str, args: Mapping[str, Any]) -> McpResult:
    """Call a tool that may answer late, differently, or never."""
    session, name = _session(self), self.server.name
    here = here.about(session)
    if self not in _ALTERED:
        await _rejoin(self)
    late, other = here.params(name, of="mcp.call-late"), here.params(name, of="mcp.call-result")
    wanted = Call(
        late=0.0 if late is None else float(late["seconds"]),
        result=None if other is None else other["result"],
        ends=here.fires(name, of="mcp.dies"),
    )
    before = CALL.set(wanted)
    try:
        with session.clock.waiting() if wanted.late else nullcontext():
            return await here.step(own_name, args)
    finally:
        CALL.reset(before)
