"""Sessions: the state of a task that is lost after an idle time (H-02, G-63).

A session is its id, its variables, the answers `proceed_always`, and a sandbox over the task's workspace,
started for the first tool. The workspace and the conversation are on disk and outlive it. Rule: the secrets
of the API path exist here and nowhere else, so an expired session takes them along (X-07).
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sigmic_mock.domain.model import Task
from sigmic_mock.domain.redaction import Redactor
from sigmic_mock.domain.secret import Secret
from sigmic_mock.domain.variables import merge
from sigmic_mock.ports import Clock, Clocks, Sandbox, SandboxBackend, Timer
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.failing_parts import log_failure
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.runtime.slices import in_slices
from sigmic_mock.service.timeline import Timelines
from sigmic_mock.storage.workspaces import Workspaces

if TYPE_CHECKING:  # loaded by the first project that has a server
    from sigmic_mock.mcp.servers import McpServers

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 10.0
"""Real seconds that a sandbox has to end its processes."""
_MOST_IDLE = 10_000
"""Idle sessions, beyond which the longest idle one expires early."""
MOST_IDLE_SANDBOXES = 64
"""Of them with processes."""


@dataclass(frozen=True, kw_only=True)
class SessionVariables:
    """The environment of the tools of a session; fixed when the session starts (G-95).

    `lost` names the secrets that the task was created with and that no longer exist (X-07).
    """

    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    @property
    def names(self) -> AbstractSet[str]:
        """Every name."""
        return self.env.keys() | self.secrets.keys()

    @cached_property
    def redactor(self) -> Redactor:
        """The redactor of the secrets. Creating it takes about 50 ms if they are as large as allowed."""
        return Redactor(self.secrets)

    def reveal(self) -> dict[str, str]:
        """Return name and value of every variable: for a sandboxed process alone."""
        return merge(self.env, self.secrets)


class Session:
    """One session of one task. `always_allowed` are the tools answered with `proceed_always` (G-66)."""

    def __init__(self, id: str, task: Task, variables: SessionVariables, clock: Clock) -> None:
        self.id = id
        self.task_id = task.id
        self.project_id = task.project_id
        self.clock = clock
        self.variables = variables
        self.redactor = copy(variables.redactor)
        self.begun_value = ""
        """The end of the last tool's output, if it may be the start of a secret."""
        self.always_allowed: set[str] = set()
        self.sandbox: Sandbox | None = None
        self.servers: McpServers | None = None
        """The MCP servers, from the first turn on of a project that has any."""
        self.opening = asyncio.Lock()
        self.expiry: Timer | None = None
        """Ends its idle time; None while a turn needs it."""
        self.expires_at = 0.0
        """When, on the clock's monotonic scale."""

    async def sleep(self, seconds: float) -> None:
        """Let platform time pass during a turn; lists of timers name the task."""
        with self.clock.waiting():
            await self.clock.sleep(seconds, timer="wait", owner=self.task_id)

    @property
    def idle_left(self) -> float | None:
        """Seconds until it expires; None while a turn needs it."""
        return None if self.expiry is None else self.expires_at - self.clock.monotonic()

    @property
    def has_processes(self) -> bool:
        """Return whether it has processes: a sandbox or MCP servers."""
        return self.sandbox is not None or self.servers is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """An idle session without its processes, for a snapshot; `idle_left` are the seconds until it expires."""

    id: str
    variables: SessionVariables
    redactor: Redactor
    always_allowed: frozenset[str]
    idle_left: float


class Sessions:
    """The live sessions, at most one a task."""

    def __init__(
        self,
        *,
        clocks: Clocks,
        ids: ProjectIds,
        backend: SandboxBackend,
        workspaces: Workspaces,
        background: BackgroundWork,
        timelines: Timelines,
        idle_seconds: float,
    ) -> None:
        """After `idle_seconds` of platform time without a turn a session expires (G-63)."""
        self._clocks = clocks
        self._ids = ids
        self._backend = backend
        self._workspaces = workspaces
        self._background = background
        self._timelines = timelines
        self.idle_seconds = idle_seconds
        self._live: dict[str, Session] = {}
        # The longest idle first.
        self._idle: OrderedDict[str, Session] = OrderedDict()
        self._idle_sandboxes: OrderedDict[str, Session] = OrderedDict()
        self._closing: dict[str, asyncio.Event] = {}
        self._sandbox_numbers = count(1)

    @property
    def live(self) -> int:
        """Sessions that have not expired."""
        return len(self._live)

    def of(self, task_id: str) -> Session | None:
        """Return the task's live session."""
        return self._live.get(task_id)

    def of_project(self, project_id: str) -> tuple[str, ...]:
        """Return the tasks of a project that have a live session."""
        return tuple(task_id for task_id, each in self._live.items() if each.project_id == project_id)

    def open(self, task: Task, variables: SessionVariables) -> Session:
        """Begin a session; it does not expire before `rest` is called."""
        clock = self._clocks.of(task.project_id)
        session = Session(self._ids.of(task.project_id).session(task.id), task, variables, clock)
        self._live[task.id] = session
        self._note(session, "session_started")
        return session

    def _note(self, session: Session, what: str) -> None:
        self._timelines.note(session.task_id, session.clock.now(), what, session=session.id)

    async def capture_all(self, project_id: str) -> Mapping[str, SessionState]:
        """Return the idle sessions of a project, by task, with the present rest of their time."""
        sessions = [self._live[task_id] for task_id in self.of_project(project_id)]
        now = [(session, left) for session in sessions if (left := session.idle_left) is not None]
        states = await in_slices(lambda each: _captured(*each), now)
        return {session.task_id: state for (session, _), state in zip(now, states, strict=True)}

    def resume(self, task: Task, state: SessionState) -> Session:
        """Begin a session that is as the captured one was."""
        session = Session(state.id, task, state.variables, self._clocks.of(task.project_id))
        session.redactor = copy(state.redactor)
        session.always_allowed = set(state.always_allowed)
        self._live[task.id] = session
        self.rest(session, state.idle_left)
        return session

    def wake(self, session: Session) -> None:
        """A turn needs the session: it does not expire now."""
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        self._idle.pop(session.task_id, None)
        self._idle_sandboxes.pop(session.task_id, None)

    def rest(self, session: Session, seconds: float | None = None) -> None:
        """Start the idle time of a session that no turn needs, or continue what is left of it."""
        if self._live.get(session.task_id) is not session:
            return
        self.wake(session)
        idle = self.idle_seconds if seconds is None else seconds
        session.expires_at = session.clock.monotonic() + idle
        session.expiry = session.clock.call_later(
            idle,
            partial(self.expire, session.task_id),
            timer="session_expiry",
            owner=session.task_id,
            idle=True,
        )
        self._idle[session.task_id] = session
        if session.has_processes:
            self._idle_sandboxes[session.task_id] = session
        if len(self._idle_sandboxes) > MOST_IDLE_SANDBOXES:
            self.expire(next(iter(self._idle_sandboxes)))
        if len(self._idle) > _MOST_IDLE:
            self.expire(next(iter(self._idle)))

    def expire(self, task_id: str) -> bool:
        """Expire an idle session immediately and end its processes; the workspace stays.

        False when the task has none, or a turn that needs it.
        """
        session = self._live.get(task_id)
        if session is None or session.expiry is None:
            return False
        self.wake(session)
        del self._live[task_id]
        self._note(session, "session_expired")
        self._end_expired(session)
        return True

    def _end_expired(self, session: Session) -> None:
        """End the processes of an expired session in the background."""
        if session.has_processes:
            _ = self._background.start(self._close(session), name=f"expire session {session.id}")

    async def _close(self, session: Session) -> None:
        with session.clock.working():
            await self.end_processes(session)

    async def sandbox(self, session: Session) -> Sandbox:
        """Return the session's sandbox, started if none is alive. Raises SandboxUnavailable."""
        await self.ended(session.task_id)
        async with session.opening:
            if session.sandbox is None or not session.sandbox.alive:
                await self._end(session)
                session.sandbox = await self._start(session)
            return session.sandbox

    async def end_processes(self, session: Session) -> None:
        """End every process of the session; its next tool call finds a new sandbox."""
        closing = self._closing[session.task_id] = asyncio.Event()
        try:
            servers, session.servers = session.servers, None
            if servers is not None:
                await servers.close()
            async with session.opening:
                await self._end(session)
        finally:
            closing.set()
            if self._closing.get(session.task_id) is closing:
                del self._closing[session.task_id]

    async def close(self) -> None:
        """End every session. Their processes have ended when this returns."""
        sessions = list(self._live.values())
        self._live.clear()
        for session in sessions:
            self.wake(session)
        await asyncio.gather(*(self.end_processes(session) for session in sessions))

    async def another_sandbox(self, session: Session) -> Sandbox:
        """Return one more sandbox over the session's workspace, the caller's to close."""
        await self.ended(session.task_id)
        return await self._start(session)

    async def _start(self, session: Session) -> Sandbox:
        workspace = await self._workspace(session)
        # A session that was captured has the same id in every project that it is resumed in.
        name = f"{session.id}-{next(self._sandbox_numbers)}"
        return await self._backend.create(name, workspace)

    async def _workspace(self, session: Session) -> Path:
        """Return the folder that the session's sandbox works in."""
        return await asyncio.to_thread(self._workspaces.create, session.task_id)

    async def _end(self, session: Session) -> None:
        sandbox, session.sandbox = session.sandbox, None
        if sandbox is not None:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await sandbox.close()
            except Exception as problem:  # noqa: BLE001 - it is logged; the session ends all the same
                log_failure(log, problem, "a sandbox did not close", session=session.id)

    async def ended(self, task_id: str) -> None:
        """Wait until an expired session's processes have left the workspace."""
        await asyncio.sleep(0)  # an expiry at this very moment has not started to close yet
        closing = self._closing.get(task_id)
        if closing is not None:
            await closing.wait()


def _captured(session: Session, idle_left: float) -> SessionState:
    return SessionState(
        id=session.id,
        variables=session.variables,
        redactor=copy(session.redactor),
        always_allowed=frozenset(session.always_allowed),
        idle_left=idle_left,
    )
