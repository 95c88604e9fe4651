"""One MCP server of one session: connecting, calls, one restart after a crash, its end.

Invariant: one task, `_keep`, opens and closes everything of the SDK. A program's sandbox also ends there,
after any error.
"""

import asyncio
import contextlib
import logging
import re
import traceback
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sigmic_mock.domain.mcp_form import why_no_address
from sigmic_mock.domain.mcp_secrets import hidden_values
from sigmic_mock.domain.mcp_servers import (
    Address,
    McpResult,
    McpServer,
    McpTool,
    McpUnavailable,
    Program,
    offered,
)
from sigmic_mock.domain.placeholders import Misplaced, Unresolved, resolved, resolved_url
from sigmic_mock.domain.redaction import Redactor
from sigmic_mock.mcp.bounds import MOST_TOOLS
from sigmic_mock.mcp.launch import launched
from sigmic_mock.mcp.surroundings import Surroundings
from sigmic_mock.ports import Limits, SandboxGone, SandboxProcess, SandboxUnavailable
from sigmic_spec.extras import install_command

if TYPE_CHECKING:
    from sigmic_mock.mcp.client import Connected, Transport
    from sigmic_mock.mcp.pipes import Conversation

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 10.0
_GRACE_SECONDS = 1.0
"""Seconds that a program may take to end after its input has ended."""
_LONGEST_REASON = 300
_ERROR = re.compile(r"(?:Uncaught )?[\w.]*(?:Error|Exception)\b|(?i:error|fatal|panic)\b")
"""The start of the line that names the cause. In Python this is the last line, but not in Node."""
_WHOLE = 2048
"""Characters. Output shorter than this is complete, because more bytes of it are stored."""
_LIMITS = Limits(cpu_seconds=3600)
"""A server lives as long as its session. The CPU limit of a command would end it during the session."""


class McpConnection:
    """One server, for as long as its session needs it. `tell` is called once with what is wrong with it."""

    def __init__(self, server: McpServer, surroundings: Surroundings, *, tell: Callable[[str], None]) -> None:
        self.server = server
        self._surroundings = surroundings
        self._tell = tell
        self._restarted = False
        self._redactor = surroundings.redactor
        self._seen: Conversation | None = None
        self._begin()

    def _begin(self) -> None:
        self._ready: asyncio.Future[Connected] = asyncio.get_running_loop().create_future()
        self._ready.add_done_callback(_look_at)
        self._stop = asyncio.Event()
        self._over = asyncio.Event()
        self._keeper = self._surroundings.background.start(
            self._keep(self._ready, self._stop, self._over), name=f"MCP server {self.server.name}"
        )

    async def offered(self) -> Mapping[str, McpTool]:
        """Return its tools by the agent's names, once it has answered. Raises `McpUnavailable`."""
        tools = (await asyncio.shield(self._ready)).tools.by_name
        own_names = [name for name in tools if self.server.offers(name)][:MOST_TOOLS]
        return {
            name: McpTool(
                name=name, own_name=own_name, description=tools[own_name][0], schema=tools[own_name][1]
            )
            for name, own_name in offered(self.server.name, own_names).items()
        }

    async def call(self, own_name: str, args: Mapping[str, Any]) -> McpResult:
        """Call a tool by the server's own name for it. Raises `McpUnavailable`."""
        if self._over.is_set() and not self._restarted and self._ready.exception() is None:
            self._restarted = True
            self._begin()
        connected = await asyncio.shield(self._ready)
        if self._over.is_set():
            raise McpUnavailable(
                f"The MCP server {self.server.name} has ended, and was started twice already."
            )
        try:
            return await connected.call(own_name, args)
        except McpUnavailable:
            await self.close()
            excess = None if self._seen is None else self._seen.excess
            message = f"The MCP server {self.server.name} ended while the tool was running"
            raise McpUnavailable(f"{message}: {excess}." if excess else f"{message}.") from None

    async def close(self) -> None:
        """End it; its processes have ended when this returns."""
        self._stop.set()
        if not self._ready.done():
            self._keeper.cancel()
        await asyncio.wait({self._keeper}, timeout=_CLOSE_SECONDS)
        if not self._keeper.done():
            self._keeper.cancel()
            await asyncio.wait({self._keeper}, timeout=_CLOSE_SECONDS)

    async def _keep(
        self, ready: "asyncio.Future[Connected]", stop: asyncio.Event, over: asyncio.Event
    ) -> None:
        """Keep the connection open until it must stop, or ends on its own."""
        try:
            async with AsyncExitStack() as stack:
                stopping = asyncio.create_task(stop.wait())
                stack.callback(stopping.cancel)
                connected, ended = await self._connect(stack)
                self._look_at_number(connected)
                ready.set_result(connected)
                await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
                over.set()
        except McpUnavailable as problem:
            self._fail(ready, str(problem))
        except Exception as problem:  # noqa: BLE001 - the SDK's own, and what a server makes of it
            trace = self._redactor.text("".join(traceback.format_exception(problem)))
            log.info("an MCP server did not work", extra={"server": self.server.name, "trace": trace})
            self._fail(ready, f"the connection failed ({type(problem).__name__})")
        finally:
            over.set()
            if not ready.done():
                ready.set_exception(McpUnavailable("it was ended while it was starting"))

    def _fail(self, ready: "asyncio.Future[Connected]", reason: str) -> None:
        if ready.done():
            return
        reason = " ".join(self._redactor.text(reason).split())[:_LONGEST_REASON]
        message = f"MCP server {self.server.name} could not be started: {reason}"
        ready.set_exception(McpUnavailable(message))
        if not self._stop.is_set():
            self._tell(message)

    def _look_at_number(self, connected: "Connected") -> None:
        wanted = sum(map(self.server.offers, connected.tools.by_name))
        if wanted > MOST_TOOLS:
            many = f"{wanted}" if connected.tools.is_complete else f"more than {wanted}"
            self._tell(
                f"MCP server {self.server.name} has {many} tools; the first {MOST_TOOLS} are offered."
                " Choose with includeTools."
            )

    async def _connect(self, stack: AsyncExitStack) -> "tuple[Connected, asyncio.Future[Any]]":
        """Connect; return the connection and a future that is done when it ends on its own."""
        where = self._resolved()
        try:
            client = await asyncio.to_thread(_load_client)
        except ImportError:
            raise McpUnavailable(
                f"MCP support is not installed; run: {install_command('sigmic-mock', 'mcp')}"
            ) from None
        seen = self._seen = client.Conversation()
        process = None
        if isinstance(where, Address):
            transport = client.over_http(where, self._surroundings.outbound)
        else:
            process = await self._start(stack, where)
            transport = client.over_pipes(process, seen)
        connected = await self._in_time(stack, client, transport, process, seen)
        ended = asyncio.create_task(_over(process, seen))
        stack.callback(ended.cancel)
        return connected, ended

    async def _in_time(
        self,
        stack: AsyncExitStack,
        client: Any,
        transport: "Transport",
        process: SandboxProcess | None,
        seen: "Conversation",
    ) -> "Connected":
        seconds = self.server.connect_seconds
        try:
            async with asyncio.timeout(seconds):
                return await stack.enter_async_context(client.connected(transport, seen, self.server.offers))
        except TimeoutError:
            reason = f"it did not answer within {seconds:g} s"
        except McpUnavailable as problem:
            reason = str(problem)
        raise McpUnavailable(await _why(process, seen, reason, self._redactor))

    async def _start(self, stack: AsyncExitStack, program: Program) -> SandboxProcess:
        argv = await asyncio.to_thread(launched, program.command, program.args, self._surroundings.tools)
        try:
            sandbox = await self._surroundings.open_sandbox()
            stack.push_async_callback(sandbox.close)
            process = await sandbox.open(argv, env=program.env, cwd=program.cwd, limits=_LIMITS)
        except (SandboxGone, SandboxUnavailable):
            raise McpUnavailable("there is no sandbox for it") from None
        stack.push_async_callback(self._let_end, process)
        return process

    async def _let_end(self, process: SandboxProcess) -> None:
        """Give a program that has answered time to finish its last work and to end."""
        process.end_input()
        if self._ready.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_GRACE_SECONDS):
                    await _ended(process)

    def _resolved(self) -> Program | Address:
        """Return where the server is, with every placeholder's value. Raises `McpUnavailable`."""
        where, variables = self.server.where, self._surroundings.variables

        def values(given: Mapping[str, str]) -> dict[str, str]:
            return {name: resolved(text, variables) for name, text in given.items()}

        try:
            if isinstance(where, Program):
                program = replace(where, env=values(where.env))
                self._redactor.learn(hidden_values(where, program))
                return program
            url, headers = resolved_url(where.url, variables), values(where.headers)
        except (Misplaced, Unresolved) as problem:
            raise McpUnavailable(str(problem)) from None
        address = replace(where, url=url, headers=headers)
        self._redactor.learn(hidden_values(where, address))
        bad = [name for name, said in headers.items() if not said.isascii() or not said.isprintable()]
        if bad:
            raise McpUnavailable(f"the header {bad[0]} has a value that cannot be sent")
        wrong = why_no_address(url)
        if wrong is not None:
            raise McpUnavailable(f"its url {wrong}")
        return address


def _load_client() -> Any:
    from sigmic_mock.mcp import client

    client.load_event_loop()
    return client


async def _ended(process: SandboxProcess) -> None:
    with contextlib.suppress(SandboxGone):
        await process.wait()


async def _over(process: SandboxProcess | None, seen: "Conversation") -> None:
    """Wait until a program has ended, or a server is no longer read. Others show their end in a call."""
    waits: list[asyncio.Task[Any]] = [asyncio.create_task(seen.over.wait())]
    if process is not None:
        waits.append(asyncio.create_task(_ended(process)))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waits:
            each.cancel()


async def _why(process: SandboxProcess | None, seen: "Conversation", reason: str, redactor: Redactor) -> str:
    """Return why a server failed, using everything that is known."""
    if seen.excess:
        return seen.excess
    if process is None:
        return reason
    try:
        async with asyncio.timeout(0.2):
            how = await process.wait()
    except (TimeoutError, SandboxGone):
        return f"{reason}; what it prints is not JSON-RPC" if seen.garbage else reason
    printed = process.last_errors.decode("utf-8", "replace").strip()
    # Redacted before it is cut. A line longer than what is stored may start within a secret.
    lines = redactor.text(printed).split("\n")[0 if len(printed) < _WHOLE else 1 :]
    said = next(filter(_ERROR.match, lines), lines[-1] if lines else "")
    return f"it ended with {how}" + (f": {said}" if said else "")


def _look_at(ready: "asyncio.Future[Any]") -> None:
    """Mark a failure as retrieved. Callers that await it still get it."""
    if not ready.cancelled():
        ready.exception()
