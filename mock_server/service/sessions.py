"""Sessions: what a task holds while it is alive, and loses after an idle time (H-02, G-63).

A session is its id, its variables, the answers `proceed_always`, and a sandbox over the task's workspace,
started when the first tool needs it. What outlives it is on disk: the workspace and the conversation. Rule:
the secrets of the API path exist here and nowhere else, so an expired session takes them along (X-07).
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sigmic_conformance.mock_server.domain.model import Task
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.domain.variables import merge
from sigmic_conformance.mock_server.ports import (
    Background,
    Clock,
    Clocks,
    ProjectIds,
    Sandbox,
    SandboxBackend,
    Timer,
)
from sigmic_conformance.mock_server.service.timeline import Timelines

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces

log = logging.getLogger(__name__)

_MOST_IDLE = 10_000
_MOST_IDLE_SANDBOXES = 64
"""Idle sessions, and those among them with processes; beyond it the longest idle one expires early."""
_CLOSE_SECONDS = 10.0
"""Real seconds that a sandbox may take to end its processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionVariables:
    """What the tools of a session find in their environment; fixed when the session begins (G-95).

    `lost` names the secrets that the task was created with and that no longer exist (X-07).
    """

    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()

    @property
    def names(self) -> AbstractSet[str]:
        """Every name."""
        return self.env.keys() | self.secrets.keys()

    def reveal(self) -> dict[str, str]:
        """Return name and value of every variable: for a sandboxed process alone."""
        return merge(self.env, self.secrets)


class Session:
    """One session of one task. `always_allowed` are the tools answered with `proceed_always` (G-66)."""

    def __init__(self, id: str, task: Task, variables: SessionVariables, clock: Clock) -> None:
        self.id = id
        self.task_id = task.id
        self.project_id = task.project_id
        self.folder = task.id
        """The workspace that its sandbox sees: the task's own, unless a fault wants another."""
        self.inherits: str | None = None
        """A workspace whose files a fault leaves in this one."""
        self.shares: Session | None = None
        """The session in whose sandbox a fault has this one's tools run."""
        self.clock = clock
        self.variables = variables
        self.redactor = Redactor(variables.secrets)
        self.always_allowed: set[str] = set()
        self.sandbox: Sandbox | None = None
        self.sandboxes_started = 0
        self.opening = asyncio.Lock()
        self.expiry: Timer | None = None
        """Ends its idle time; None while a run needs it."""
        self.expires_at = 0.0
        """When, on the clock's monotonic scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSession:
    """A session without its processes. `idle_left` is None while a run needs it."""

    id: str
    variables: SessionVariables
    redactor: Redactor
    always_allowed: frozenset[str]
    idle_left: float | None


class Sessions:
    """The live sessions, at most one a task."""

    def __init__(
        self,
        *,
        clocks: Clocks,
        ids: ProjectIds,
        backend: SandboxBackend,
        workspaces: "FaultyWorkspaces",
        background: Background,
        idle_seconds: float = 1800.0,
        most_idle_sandboxes: int = _MOST_IDLE_SANDBOXES,
    ) -> None:
        self.at_expiry: Callable[[Session], bool] = lambda _: False
        """Asked at every expiry whether the files are to go too: never, unless a fault wants it."""
        self._clocks = clocks
        self._ids = ids
        self._backend = backend
        self._workspaces = workspaces
        self._background = background
        self._idle_seconds = idle_seconds
        self._most_idle_sandboxes = most_idle_sandboxes
        self._live: dict[str, Session] = {}
        # Those who rest longest first.
        self._idle: OrderedDict[str, Session] = OrderedDict()
        self._idle_sandboxes: OrderedDict[str, Session] = OrderedDict()
        self._closing: dict[str, asyncio.Event] = {}
        self._revived = 0
        self.timelines: Timelines | None = None

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

    def neighbour(self, task: Task) -> Session | None:
        """Return the newest live session of another task of the same project: what a fault may leak."""
        others = (
            session
            for session in reversed(self._live.values())
            if session.task_id != task.id and session.project_id == task.project_id
        )
        return next(others, None)

    def open(self, task: Task, variables: SessionVariables) -> Session:
        """Begin a session; it does not expire before `rest` is called."""
        clock = self._clocks.of(task.project_id)
        session = Session(self._ids.of(task.project_id).session(task.id), task, variables, clock)
        self._live[task.id] = session
        self._note(session, "session_started")
        return session

    def _note(self, session: Session, what: str) -> None:
        if self.timelines is not None:
            self.timelines.note(session.task_id, session.clock.now(), what, session=session.id)

    def hold(self, task_id: str) -> HeldSession | None:
        """Return the task's live session as it is, without its processes."""
        session = self._live.get(task_id)
        if session is None:
            return None
        left = None if session.expiry is None else session.expires_at - session.clock.monotonic()
        return HeldSession(
            id=session.id,
            variables=session.variables,
            redactor=session.redactor,
            always_allowed=frozenset(session.always_allowed),
            idle_left=left,
        )

    def revive(self, task: Task, held: HeldSession) -> Session:
        """Begin a session that is as the held one was."""
        session = Session(held.id, task, held.variables, self._clocks.of(task.project_id))
        session.redactor = held.redactor
        session.always_allowed = set(held.always_allowed)
        # Sandboxes of the session that was held may still be ending: theirs are other names.
        self._revived += 1
        session.sandboxes_started = self._revived * 1_000_000
        self._live[task.id] = session
        if held.idle_left is not None:
            self.rest(session, held.idle_left)
        return session

    def wake(self, session: Session) -> None:
        """A run needs the session: it does not expire now."""
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        self._idle.pop(session.task_id, None)
        self._idle_sandboxes.pop(session.task_id, None)

    def rest(self, session: Session, seconds: float | None = None) -> None:
        """No run needs the session any more: its idle time begins, or what is left of it."""
        if self._live.get(session.task_id) is not session:
            return
        self.wake(session)
        idle = self._idle_seconds if seconds is None else seconds
        session.expires_at = session.clock.monotonic() + idle
        session.expiry = session.clock.call_later(
            idle,
            partial(self.expire, session.task_id),
            timer="session_expiry",
            owner=session.task_id,
        )
        self._idle[session.task_id] = session
        if session.sandbox is not None:
            self._idle_sandboxes[session.task_id] = session
        if len(self._idle_sandboxes) > self._most_idle_sandboxes:
            self.expire(next(iter(self._idle_sandboxes)))
        if len(self._idle) > _MOST_IDLE:
            self.expire(next(iter(self._idle)))

    def expire(self, task_id: str) -> bool:
        """Forget an idle session at once and end its processes; the workspace stays.

        False when the task has none, or a run that needs it.
        """
        session = self._live.get(task_id)
        if session is None or session.expiry is None:
            return False
        self.wake(session)
        del self._live[task_id]
        self._note(session, "session_expired")
        takes_files = self.at_expiry(session)
        if session.sandbox is not None or takes_files:
            ending = self._end_expired(session, takes_files=takes_files)
            _ = self._background.start(ending, name=f"expire session {session.id}")
        return True

    async def _end_expired(self, session: Session, *, takes_files: bool) -> None:
        with session.clock.working():
            await self.end_processes(session)
            if takes_files:
                await self._workspaces.remove(session.task_id)

    async def sandbox(self, session: Session) -> Sandbox:
        """Return the session's sandbox, started if there is none alive. Raises SandboxUnavailable."""
        await self.ended(session.task_id)
        if session.shares is not None and self._live.get(session.shares.task_id) is session.shares:
            return await self.sandbox(session.shares)
        async with session.opening:
            if session.sandbox is None or not session.sandbox.alive:
                await self._end(session)
                session.sandbox = await self._start(session)
            return session.sandbox

    async def end_processes(self, session: Session) -> None:
        """End every process of the session; its next tool call finds a new sandbox."""
        closing = self._closing[session.task_id] = asyncio.Event()
        try:
            async with session.opening:
                await self._end(session)
        finally:
            closing.set()
            if self._closing.get(session.task_id) is closing:
                del self._closing[session.task_id]

    async def close(self) -> None:
        """End every session. Their processes are gone when this returns."""
        sessions = list(self._live.values())
        self._live.clear()
        for session in sessions:
            self.wake(session)
        await asyncio.gather(*(self.end_processes(session) for session in sessions))

    async def _start(self, session: Session) -> Sandbox:
        workspace = await asyncio.to_thread(self._workspaces.create, session.folder)
        if session.inherits is not None:
            await asyncio.to_thread(self._workspaces.copy, session.inherits, session.folder)
        session.sandboxes_started += 1
        return await self._backend.create(f"{session.id}-{session.sandboxes_started}", workspace)

    async def _end(self, session: Session) -> None:
        sandbox, session.sandbox = session.sandbox, None
        if sandbox is not None:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await sandbox.close()
            except Exception:
                log.exception("a sandbox did not close", extra={"session": session.id})

    async def ended(self, task_id: str) -> None:
        """Wait until an expired session's processes have left the workspace."""
        await asyncio.sleep(0)  # an expiry of this very moment has not begun to close yet
        closing = self._closing.get(task_id)
        if closing is not None:
            await closing.wait()
