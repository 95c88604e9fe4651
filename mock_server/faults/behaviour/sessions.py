"""Sessions that mix up variables and sandboxes, and keep or take what they should not."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

from sigmic_conformance.mock_server.domain.model import Task
from sigmic_conformance.mock_server.domain.redaction import Redactor, Span
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.workspaces import FaultyWorkspaces, holds_files
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart, FaultInjectingWork
from sigmic_conformance.mock_server.faults.engine import ALWAYS, Faults
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from sigmic_conformance.mock_server.ports import Background, Clocks, ProjectIds, Sandbox, SandboxBackend
from sigmic_conformance.mock_server.service.sessions import Session, SessionLimits, Sessions, SessionVariables
from sigmic_conformance.mock_server.service.timeline import Timelines
from sigmic_conformance.mock_server.storage.placing import UPLOADS

Tell = Callable[[Acts], None]
Looks = Callable[[str], bool]
"""Tells of a command whether it looks at something: only then its output can show what was done to that."""
_ENVIRONMENT = re.compile(r"\benv\b|\bprintenv\b|/environ\b|\bexport -p\b")
_FILES = re.compile(r"\b(?:ls|find|cat|tree|du|grep|head|tail|stat|sha256sum)\b|\*")
_PROCESSES = re.compile(r"/proc\b|\b(?:ps|pgrep|pkill|kill|top)\b")


def looks_at_variables(command: str, names: AbstractSet[str] = frozenset()) -> bool:
    """Tell whether a command looks at its whole environment, or names one of these variables."""
    return _ENVIRONMENT.search(command) is not None or any(name in command for name in names)


@dataclass(slots=True)
class _Placement:
    """Where a session's tools work: in `folder`, with a copy of `inherits`, or in the sandbox of `shares`."""

    folder: str
    inherits: str | None = None
    shares: Session | None = None


class _LaxRedactor(FaultInjectingWork, Redactor):
    """A redactor that leaves a secret where it finds one, when a fault wants it."""

    def __init__(self, secrets: Mapping[str, Secret], asker: Asker) -> None:
        self._asker = asker
        super().__init__(secrets)

    def _found(self, dense: str) -> list[Span]:
        """Return where values are, or none of them."""
        found = super()._found(dense)
        return [] if found and self._asker.wanted("secrets.shown") else found


class FaultySessions(FaultInjectingPart, Sessions):
    """Mixes up what belongs to different sessions, or to the session before."""

    def __init__(  # noqa: PLR0913 - one more than its honest class
        self,
        *,
        clocks: Clocks,
        ids: ProjectIds,
        backend: SandboxBackend,
        workspaces: FaultyWorkspaces,
        background: Background,
        timelines: Timelines,
        limits: SessionLimits,
        faults: Faults,
    ) -> None:
        self._faults = faults
        super().__init__(
            clocks=clocks,
            ids=ids,
            backend=backend,
            workspaces=workspaces,
            background=background,
            timelines=timelines,
            limits=limits,
        )
        self._open_to_all = workspaces
        self._unplaced: WeakKeyDictionary[Session, Task] = WeakKeyDictionary()
        """Sessions that no tool has needed a sandbox of, with their tasks as they began."""
        self._placements: WeakKeyDictionary[Session, _Placement] = WeakKeyDictionary()
        self._at_work: WeakSet[Session] = WeakSet()
        self._left_processes: WeakSet[Session] = WeakSet()
        self._of_end_users: WeakSet[Session] = WeakSet()
        self._at_command: WeakKeyDictionary[Session, list[tuple[Looks, Tell]]] = WeakKeyDictionary()
        """Whom to tell when a command of a session has run that looks at what was changed."""
        self._kept_secrets: dict[str, Mapping[str, Secret]] = {}
        self._kept_approvals: dict[str, set[str]] = {}
        self._of_approvals: dict[str, list[Tell]] = {}
        """By task whom to tell when its restored session runs what would not be asked about."""

    def open(self, task: Task, variables: SessionVariables) -> Session:
        """Begin a session, with other variables or in another place than its own."""
        neighbour, later, task_names = self._neighbour(task), list[Tell](), variables.names
        variables = self._altered(task, self._with_kept_secrets(task, variables), neighbour, later)
        session = super().open(task, variables)
        names = variables.names | task_names | (neighbour.variables.names if neighbour else frozenset())
        self.tell_at_command(session, lambda command: looks_at_variables(command, names), later)
        if variables.secrets and not self._faults.is_idle("secrets.shown"):
            session.redactor = _LaxRedactor(variables.secrets, self._asker(session))
        if task.session_id and self._asker(session).wanted("session.same-id"):
            session.id = task.session_id
        self._unplaced[session] = task
        session.always_allowed |= self._kept_approvals.pop(task.id, set())
        self.tell_at_command(session, lambda _command: True, self._of_approvals.pop(task.id, ()))
        if task.end_user_id:
            self._of_end_users.add(session)
        return session

    def is_of_end_user(self, session: Session) -> bool:
        """Return whether a session is of an end user's task, whose variables an exchange gave."""
        return session in self._of_end_users

    def tell_at_command(self, session: Session, looks: Looks, later: Iterable[Tell]) -> None:
        """Tell these when a command of the session has run that looks there: to others it is all the same."""
        if told := [(looks, tell) for tell in later]:
            self._at_command.setdefault(session, []).extend(told)

    def command_begins(self, session: Session) -> None:
        """A command of the session runs."""
        self._at_work.add(session)

    def command_ended(self, session: Session, command: str, *, leaves_processes: bool) -> None:
        """A command of the session has ended; it `leaves_processes` when it put some into the background."""
        self._at_work.discard(session)
        if leaves_processes:
            self._left_processes.add(session)
        for looks, tell in self._at_command.pop(session, []):
            if looks(command):
                tell(ALWAYS)
            else:
                self._at_command.setdefault(session, []).append((looks, tell))

    def _asker(self, of: Session) -> Asker:
        return Asker(self._faults, of.project_id, task=of.task_id)

    def _neighbour(self, task: Task) -> Session | None:
        """Return the newest live session of another task of the same project."""
        others = (
            session
            for session in reversed(self._live.values())
            if session.task_id != task.id and session.project_id == task.project_id
        )
        return next(others, None)

    def _with_kept_secrets(self, task: Task, variables: SessionVariables) -> SessionVariables:
        """Find the secrets of the session before in a restored one."""
        kept = self._kept_secrets.pop(task.id, {})
        if not kept:
            return variables
        return replace(variables, secrets={**kept, **variables.secrets}, lost=variables.lost - kept.keys())

    def _altered(
        self,
        task: Task,
        variables: SessionVariables,
        neighbour: Session | None,
        later: list[Tell],
    ) -> SessionVariables:
        asker = Asker(self._faults, task.project_id, task=task.id)
        if variables.env and asker.wanted_for_later("variables.env-lost", later):
            variables = replace(variables, env={})
        if variables.secrets and asker.wanted_for_later("variables.secrets-lost", later):
            variables = replace(variables, secrets={})
        twice = variables.env.keys() & variables.secrets.keys()
        if twice and asker.wanted_for_later("variables.env-wins", later):
            secrets = {name: each for name, each in variables.secrets.items() if name not in twice}
            variables = replace(variables, secrets=secrets)
        foreign = None if neighbour is None else neighbour.variables
        leaks = foreign is not None and bool(foreign.names - variables.names)
        if foreign is not None and leaks and asker.wanted_for_later("variables.leak", later):
            variables = replace(
                variables,
                env={**foreign.env, **variables.env},
                secrets={**foreign.secrets, **variables.secrets},
            )
        return variables

    def _placed(self, session: Session) -> _Placement | None:
        """Return where a session's tools work; it is decided when the first of them needs to know."""
        task = self._unplaced.pop(session, None)
        if task is not None:
            files, processes = list[Tell](), list[Tell]()
            self._placements[session] = self._placement(task, self._neighbour(task), files, processes)
            self.tell_at_command(session, lambda command: _FILES.search(command) is not None, files)
            self.tell_at_command(session, lambda command: _PROCESSES.search(command) is not None, processes)
        return self._placements.get(session)

    def _placement(
        self, task: Task, neighbour: Session | None, of_files: list[Tell], of_processes: list[Tell]
    ) -> _Placement:
        """Say where the sandbox works: elsewhere, or among somebody else's files or processes."""
        asker = Asker(self._faults, task.project_id, task=task.id)
        placement = _Placement(task.id)
        empty, apart = "restore.empty-sandbox", "sandbox.without-files"
        if task.status.is_final and self._has_files(task.id, empty) and asker.wanted(empty):
            placement.folder = f"{task.id}-restored"
        if self._has_files(task.id, apart, below=UPLOADS) and asker.wanted(apart):
            placement.folder = f"{task.id}-apart"
        if neighbour is None:
            return placement
        self._place_among_files(placement, self._folder(neighbour), asker, of_files)
        has_processes = neighbour in self._at_work or neighbour in self._left_processes
        if has_processes and asker.wanted_for_later("isolation.shared-sandbox", of_processes):
            placement.shares = neighbour
        return placement

    def _place_among_files(self, placement: _Placement, folder: str, asker: Asker, later: list[Tell]) -> None:
        """Work in a neighbour's folder, or with a copy of it, where there is any file to be found.

        Copied uploads break another promise than that what commands made is not there (ISOLATION-010).
        """
        decisions = ("isolation.shared-workspace", "isolation.recycled-workspace")
        if all(map(asker.is_idle, decisions)) or not holds_files(self._workspaces.path(folder)):
            return
        of_made_files = list[Tell]()
        shared = asker.wanted_for_later(decisions[0], later)
        recycled = asker.wanted_for_later(decisions[1], of_made_files)
        if any(each.name != UPLOADS for each in self._workspaces.path(folder).iterdir()):
            later += of_made_files
        placement.folder = folder if shared else placement.folder
        placement.inherits = folder if recycled else None

    def _folder(self, session: Session) -> str:
        placement = self._placements.get(session)
        return session.task_id if placement is None else placement.folder

    async def sandbox(self, session: Session) -> Sandbox:
        """Return the session's sandbox, or the one that it shares."""
        placement = self._placed(session)
        shared = None if placement is None else placement.shares
        if shared is not None:
            await self.ended(session.task_id)
            if self._live.get(shared.task_id) is shared:
                return await self.sandbox(shared)
        return await super().sandbox(session)

    async def _workspace(self, session: Session) -> Path:
        placement = self._placed(session)
        if placement is None:
            return await super()._workspace(session)
        workspace = await asyncio.to_thread(self._workspaces.create, placement.folder)
        if placement.inherits is not None:
            await asyncio.to_thread(self._open_to_all.copy, placement.inherits, placement.folder)
        return workspace

    def _end_expired(self, session: Session) -> None:
        """Keep what the expired session had, leave its processes, or take its files along.

        Processes that are left running belong to the backend from then on, which ends them when it closes.
        """
        asker, task_id = self._asker(session), session.task_id
        secrets = session.variables.secrets
        if secrets and asker.wanted("session.keeps-secrets"):
            self._kept_secrets[task_id] = secrets
        if session.always_allowed:
            told = self._of_approvals[task_id] = []
            if asker.wanted_for_later("session.keeps-approvals", told):
                self._kept_approvals[task_id] = set(session.always_allowed)
        is_alive = session.sandbox is not None and session.sandbox.alive
        if is_alive and session in self._left_processes and asker.wanted("session.leaves-processes"):
            session.sandbox = None
        takes = "session.takes-files"
        if self._has_files(task_id, takes) and asker.wanted(takes):
            _ = self._background.start(self._close_with_files(session), name=f"expire session {session.id}")
        else:
            super()._end_expired(session)

    def _has_files(self, task_id: str, decision: str, *, below: str = "") -> bool:
        """Tell whether a task has files, or any below a folder, where that matters to a decision."""
        return not self._faults.is_idle(decision) and holds_files(self._workspaces.path(task_id) / below)

    async def _close_with_files(self, session: Session) -> None:
        with session.clock.working():
            await self.end_processes(session)
            await self._workspaces.remove(session.task_id)
