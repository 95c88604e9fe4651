"""Sessions that mix up variables and sandboxes, and keep or lose data that they should not."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from sigmic_mock.agent.turn import ToolOutcome
from sigmic_mock.domain.mcp_servers import PREFIX
from sigmic_mock.domain.model import Principal, Task
from sigmic_mock.domain.redaction import Redactor, Span
from sigmic_mock.domain.secret import Secret
from sigmic_mock.faults.dry_run import Confirm, unrecorded
from sigmic_mock.faults.effect import ANY, after, before, effect
from sigmic_mock.faults.effects.files import copy_workspace, holds_files
from sigmic_mock.faults.engine import Here
from sigmic_mock.ports import Sandbox
from sigmic_mock.service.artifacts import Artifacts
from sigmic_mock.service.sessions import Session, Sessions, SessionVariables
from sigmic_mock.service.tool_runner import ToolRunner
from sigmic_mock.storage.placing import UPLOADS
from sigmic_mock.storage.workspaces import Workspaces

Looks = Callable[[str], bool]
"""Returns whether a command reads something: only then can its output show a change to it."""
_ENVIRONMENT = re.compile(r"\benv\b|\bprintenv\b|/environ\b|\bexport -p\b")
_FILES = re.compile(r"\b(?:ls|find|cat|tree|du|grep|head|tail|stat|sha256sum)\b|\*")
_KINDS = re.compile(r"\bls -\w*F")
"""A command that lists the kinds of files."""
_PROCESSES = re.compile(r"/proc\b|\b(?:ps|pgrep|pkill|kill|top)\b")
_GREEDY = re.compile(r"\byes\b|/dev/zero|&\s*done\b|:\(\)")
"""A command that prints without end, fills memory or forks."""
_IN_BACKGROUND = re.compile(r"(?<![&>|])&(?![&>0-9])|\b(?:nohup|setsid)\b")


_PLACED: WeakKeyDictionary[Session, tuple[str, str | None]] = WeakKeyDictionary()
_SHARES: WeakKeyDictionary[Session, Session | None] = WeakKeyDictionary()
"""The session whose sandbox another one uses; None: it has its own."""
_RUNNING: WeakSet[Session] = WeakSet()
"""Sessions that run a command now."""
_LEFT_PROCESSES: WeakSet[Session] = WeakSet()
_AT_COMMAND: WeakKeyDictionary[Session, list[tuple[Looks, Confirm]]] = WeakKeyDictionary()
"""By session, the conditions on a next command, and what to call once a command fulfils one."""
_AT_LISTING: WeakKeyDictionary[Workspaces, dict[str, Confirm]] = WeakKeyDictionary()
"""By task, what to call when its files are listed after its session has ended."""
_KEPT_SECRETS: WeakKeyDictionary[Sessions, dict[str, tuple[Mapping[str, Secret], Confirm]]] = (
    WeakKeyDictionary()
)
_KEPT_APPROVALS: WeakKeyDictionary[Sessions, dict[str, tuple[AbstractSet[str], Confirm]]] = (
    WeakKeyDictionary()
)
GREEDY: Counter[str] = Counter()
"""Shell commands that use much of the machine now, by the project of their task."""


def looks_at_variables(command: str, names: AbstractSet[str] = frozenset()) -> bool:
    """Return whether a command reads its whole environment, or names one of these variables."""
    return _ENVIRONMENT.search(command) is not None or any(name in command for name in names)


def confirm_at_command(session: Session, looks: Looks, confirm: Confirm) -> None:
    """Call `confirm` when a command of the session has run that looks there: others don't show it."""
    _AT_COMMAND.setdefault(session, []).append((looks, confirm))


@effect(ANY, at=ToolRunner.run)
async def note_command(
    here: Here, _self: ToolRunner, session: Session, name: str, args: Mapping[str, Any]
) -> ToolOutcome:
    """Record a command's heavy load and background processes; report the changes that it reads."""
    if name != "run_shell_command":
        return await here.step(session, name, args)
    command = str(args.get("command"))
    is_greedy = _GREEDY.search(command) is not None
    GREEDY[session.project_id] += is_greedy
    _RUNNING.add(session)
    try:
        return await here.step(session, name, args)
    finally:
        GREEDY[session.project_id] -= is_greedy
        _RUNNING.discard(session)
        if _IN_BACKGROUND.search(command) is not None:
            _LEFT_PROCESSES.add(session)
        for looks, confirm in _AT_COMMAND.pop(session, []):
            if looks(command):
                confirm()
            else:
                confirm_at_command(session, looks, confirm)


@effect("mcp.secret-shown", at=ToolRunner.run)
async def shows_secret(
    here: Here, _self: ToolRunner, session: Session, name: str, args: Mapping[str, Any]
) -> ToolOutcome:
    outcome, secrets = await here.step(session, name, args), session.variables.secrets
    if name.startswith(PREFIX) and secrets and here.fires():
        shown = "; ".join(f"{key}: {value.reveal()}" for key, value in secrets.items())
        outcome = replace(outcome, output=f"{outcome.output}\n[asked with {shown}]")
    return outcome


@after("restore.loses-odd-files", at=ToolRunner.run)
def loses_odd_files(
    here: Here,
    _self: ToolRunner,
    outcome: ToolOutcome,
    _session: Session,
    _name: str,
    args: Mapping[str, Any],
) -> ToolOutcome:
    lists = _KINDS.search(str(args.get("command"))) is not None
    return replace(outcome, output="No such file or directory") if lists and here.fires() else outcome


# -- variables ----------------------------------------------------------------------------------------------


def _open_with(here: Here, task: Task, before: SessionVariables, after: SessionVariables) -> Session:
    """Open a session with other variables if the fault fires; a command that reads them shows it."""
    wanted, confirm = here.later()
    session = here.step(task, before if wanted is None else after)
    names = before.names | after.names
    confirm_at_command(session, lambda command: looks_at_variables(command, names), confirm)
    return session


def _changes_variables(
    point: str, change: Callable[[Sessions, Task, SessionVariables], SessionVariables]
) -> None:
    """Register other variables for a session, if they are others."""

    @effect(point, at=Sessions.open)
    def opens(here: Here, self: Sessions, task: Task, variables: SessionVariables) -> Session:
        other = change(self, task, variables)
        return here.step(task, variables) if other == variables else _open_with(here, task, variables, other)


def _leaked(sessions: Sessions, task: Task, own: SessionVariables) -> SessionVariables:
    """Add the variables of the newest session of the project, if it has more."""
    neighbour = _neighbour(sessions, task)
    if neighbour is None or not neighbour.variables.names - own.names:
        return own
    foreign = neighbour.variables
    return replace(own, env={**foreign.env, **own.env}, secrets={**foreign.secrets, **own.secrets})


def _without_twice(own: SessionVariables) -> SessionVariables:
    return replace(own, secrets={name: each for name, each in own.secrets.items() if name not in own.env})


_changes_variables("vars.leak", _leaked)
_changes_variables("variables.env-wins", lambda _sessions, _task, own: _without_twice(own))
_changes_variables("variables.secrets-lost", lambda _sessions, _task, own: replace(own, secrets={}))
_changes_variables("variables.env-lost", lambda _sessions, _task, own: replace(own, env={}))


@after("secrets.printed", at=Redactor._found)
def leaves_secrets(here: Here, _self: Redactor, found: list[Span], *_: object) -> list[Span]:
    return [] if found and here.fires() else found


# -- what an expired session leaves -------------------------------------------------------------------------


@before("restore.secrets-by-chance", at=Sessions._end_expired)
def keeps_secrets(here: Here, self: Sessions, session: Session) -> None:
    secrets = session.variables.secrets
    if secrets:
        wanted, confirm = here.later()
        kept = {} if wanted is None else secrets
        _KEPT_SECRETS.setdefault(self, {})[session.task_id] = (kept, confirm)


@effect("restore.secrets-by-chance", at=Sessions.open)
def restores_secrets(here: Here, self: Sessions, task: Task, variables: SessionVariables) -> Session:
    kept, confirm = _KEPT_SECRETS.get(self, {}).pop(task.id, ({}, unrecorded))
    secrets, lost = {**kept, **variables.secrets}, variables.lost - kept.keys()
    session = here.step(task, replace(variables, secrets=secrets, lost=lost) if kept else variables)
    names = variables.names | variables.lost
    confirm_at_command(session, lambda command: looks_at_variables(command, names), confirm)
    return session


@before("restore.keeps-approvals", at=Sessions._end_expired)
def keeps_approvals(here: Here, self: Sessions, session: Session) -> None:
    if session.always_allowed:
        wanted, confirm = here.later()
        allowed = frozenset() if wanted is None else frozenset(session.always_allowed)
        _KEPT_APPROVALS.setdefault(self, {})[session.task_id] = (allowed, confirm)


@after("restore.keeps-approvals", at=Sessions.open)
def restores_approvals(_here: Here, self: Sessions, session: Session, task: Task, *_: object) -> Session:
    if task.id in _KEPT_APPROVALS.get(self, {}):
        allowed, confirm = _KEPT_APPROVALS[self].pop(task.id)
        session.always_allowed |= allowed
        confirm_at_command(session, lambda _command: True, confirm)
    return session


@before("session.leaves-processes", at=Sessions._end_expired)
def leaves_processes(here: Here, _self: Sessions, session: Session) -> None:
    """Leave the processes running; the backend owns them from then on, and ends them when it closes."""
    is_alive = session.sandbox is not None and session.sandbox.alive
    if is_alive and session in _LEFT_PROCESSES and here.fires():
        session.sandbox = None


@effect("artifact.lost-after-session", at=Sessions._end_expired)
def takes_files(here: Here, self: Sessions, session: Session) -> None:
    holds = holds_files(self._workspaces.path(session.task_id))
    wanted, confirm = here.later() if holds else (None, unrecorded)
    here.step(session)
    _AT_LISTING.setdefault(self._workspaces, {})[session.task_id] = confirm
    if wanted is not None:
        _ = self._background.start(_remove_files(self, session), name=f"remove files of {session.id}")


@before("artifact.lost-after-session", at=Artifacts.list)
def lost_files_show(_here: Here, self: Artifacts, _principal: Principal, id: str) -> None:
    _AT_LISTING.get(self._workspaces, {}).pop(id, unrecorded)()


async def _remove_files(sessions: Sessions, session: Session) -> None:
    with session.clock.working():
        await sessions.ended(session.task_id)
        await sessions._workspaces.remove(session.task_id)


# -- where tools work ---------------------------------------------------------------------------------------


def _neighbour(sessions: Sessions, own: Session | Task) -> Session | None:
    """Return the newest live session of another task of the same project."""
    task_id = own.task_id if isinstance(own, Session) else own.id
    others = (
        session
        for session in reversed(sessions._live.values())
        if session.task_id != task_id and session.project_id == own.project_id
    )
    return next(others, None)


def _shown_by(here: Here, session: Session, looks: re.Pattern[str], *, of: str) -> bool:
    """Return whether a fault fires; a command that looks there shows it."""
    wanted, confirm = here.later(of=of)
    confirm_at_command(session, lambda command: looks.search(command) is not None, confirm)
    return wanted is not None


@effect("isolation.shared-sandbox", at=Sessions.sandbox)
async def shares_sandbox(here: Here, self: Sessions, session: Session) -> Sandbox:
    if session not in _SHARES:
        other = _neighbour(self, session)
        has_processes = other is not None and (other in _RUNNING or other in _LEFT_PROCESSES)
        is_shared = has_processes and _shown_by(here, session, _PROCESSES, of="isolation.shared-sandbox")
        _SHARES[session] = other if is_shared else None
    shared = _SHARES[session]
    if shared is not None:
        await self.ended(session.task_id)
        if self._live.get(shared.task_id) is shared:
            return await self.sandbox(shared)
    return await here.step(session)


_SHARED, _RECYCLED = "isolation.shared-workspace", "isolation.recycled-workspace"


@effect("sandbox.without-files", _SHARED, _RECYCLED, at=Sessions._workspace)
async def works_elsewhere(here: Here, self: Sessions, session: Session) -> Path:
    if session not in _PLACED:
        _PLACED[session] = _placement(here, self, session)
    folder, inherits = _PLACED[session]
    workspace = await asyncio.to_thread(self._workspaces.create, folder)
    if inherits is not None:
        await asyncio.to_thread(copy_workspace, self._workspaces, inherits, folder)
    return workspace


def _placement(here: Here, sessions: Sessions, session: Session) -> tuple[str, str | None]:
    """Return the folder of a session, and the folder whose files it gets."""
    workspaces, folder, inherits = sessions._workspaces, session.task_id, None
    own, neighbour = workspaces.path(folder), _neighbour(sessions, session)
    if holds_files(own) and here.fires("uploads" if holds_files(own / UPLOADS) else "others"):
        folder = f"{folder}-apart"
    if neighbour is None:
        return folder, None
    other, _ = _PLACED.get(neighbour, (neighbour.task_id, None))
    if holds_files(workspaces.path(other)):
        if _shown_by(here, session, _FILES, of=_SHARED):
            folder = other
        # Copied uploads break another requirement than copied files of commands (ISOLATION-010).
        has_made = any(each.name != UPLOADS for each in workspaces.path(other).iterdir())
        if has_made and _shown_by(here, session, _FILES, of=_RECYCLED):
            inherits = other
    return folder, inherits
