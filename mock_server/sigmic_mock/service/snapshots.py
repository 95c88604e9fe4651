"""Snapshots: a project's whole state between turns, for restoring it and for creating other projects.

A snapshot waits until no turn is running, because a turn is a coroutine, which cannot be copied. Snapshots
are held in memory, because they hold the secrets of live sessions, which are never written to disk; only the
files of the workspaces are on disk. They end with the server. A snapshot has no connections (streams end at a
restore) and no processes (left running in the background by a command).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Message, Task
from sigmic_mock.runtime.clock.activity import Activity
from sigmic_mock.runtime.ids import Ids
from sigmic_mock.runtime.slices import in_slices
from sigmic_mock.service.dependencies import TaskDependencies
from sigmic_mock.service.resetting import Resetting
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.sessions import Session, SessionState
from sigmic_mock.storage.file_work import StopSignal, in_thread, to_the_end
from sigmic_mock.storage.tasks import StoredTask
from sigmic_mock.storage.trees import NotCopied, copy_tree, remove_tree
from sigmic_spec.plural import plural

MOST = 100
"""Snapshots of one project."""
_PATIENCE_SECONDS = 5.0
"""Real seconds that a snapshot waits for the running turns to end."""
_LOOK_AGAIN_SECONDS = 0.002
_MOST_NAMED = 5
"""Tasks that a refusal names."""
_Saved = tuple[StoredTask, tuple[Message, ...]]


class SnapshotPart(Protocol):
    """A part of a project's state other than its tasks, for example its time."""

    def capture(self, project_id: str) -> Any:
        """Return the current state; never awaits."""

    def restore(self, project_id: str, captured: Any, renamed: Mapping[str, str]) -> None:
        """Restore a captured state; `renamed` are the new ids of tasks, empty in the same project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot. `taken_at` is of the project's time, epoch milliseconds; `size` bytes of files."""

    name: str
    project_id: str
    taken_at: int
    tasks: tuple[_Saved, ...]
    sessions: Mapping[str, SessionState]
    parts: Mapping[str, Any]
    folder: Path
    size: int

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its tasks, in their order."""
        return tuple(stored.task.id for stored, _ in self.tasks)


class Snapshots:
    """The snapshots of every project. `activity` returns what a project is busy with.

    `ids` name folders and the tasks of forks; they use no seed, because a seed would repeat them.
    """

    def __init__(
        self,
        deps: TaskDependencies,
        turns: RunningTurns,
        resetting: Resetting,
        *,
        root: Path,
        activity: Callable[[str], Activity],
        parts: Mapping[str, SnapshotPart],
        ids: Ids,
    ) -> None:
        self.patience_seconds = _PATIENCE_SECONDS
        self._deps = deps
        self._turns = turns
        self._resetting = resetting
        self._root = root
        self._activity = activity
        self._parts = parts
        self._ids = ids
        self._held: dict[str, dict[str, Snapshot]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def empty(self) -> None:
        """Remove the files that a server before this one left. Call once at start."""
        await to_the_end(lambda: remove_tree(self._root))

    def of(self, project_id: str) -> tuple[Snapshot, ...]:
        """Return the project's snapshots, oldest first."""
        return tuple(self._held.get(project_id, {}).values())

    def get(self, project_id: str, name: str) -> Snapshot:
        """Return one; raises NOT_FOUND."""
        snapshot = self._held.get(project_id, {}).get(name)
        if snapshot is None:
            known = ", ".join(self._held.get(project_id, {})) or "none"
            raise ApiError(ErrorCode.NOT_FOUND, f"There is no snapshot {name[:80]!r}; there are: {known}")
        return snapshot

    async def take(self, project_id: str, name: str | None = None) -> Snapshot:
        """Take a snapshot, once no turn is running.

        Raises CONFLICT for a name that is taken, for too many, and when the project was busy all the time:
        the message names the tasks.
        """
        async with self._locks.setdefault(project_id, asyncio.Lock()):
            mine = self._held.setdefault(project_id, {})
            name = name or next(each for n in range(1, MOST + 2) if (each := f"snapshot-{n}") not in mine)
            if name in mine:
                raise ApiError(ErrorCode.CONFLICT, f"Snapshot {name!r} already exists. Delete it first")
            if len(mine) >= MOST:
                raise ApiError(ErrorCode.CONFLICT, f"The project has {MOST} snapshots; delete one first")
            mine[name] = await self._take(project_id, name)
            return mine[name]

    async def _take(self, project_id: str, name: str) -> Snapshot:
        activity = self._activity(project_id)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.patience_seconds
        while True:
            obstacle = self._obstacle(project_id, activity)
            if obstacle is None:
                began = activity.began
                snapshot = await self._capture(project_id, name)
                if activity.busy == 0 and activity.began == began:
                    return snapshot
                await self._remove_files(snapshot.folder)
                obstacle = "The project did not keep still while its state was read"
            if loop.time() > deadline:
                raise ApiError(ErrorCode.CONFLICT, f"Could not save the snapshot: {obstacle}")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _obstacle(self, project_id: str, activity: Activity) -> str | None:
        """Return why a snapshot is not possible at this moment."""
        if running := self._turns.of_project(project_id):
            named = ", ".join(running[:_MOST_NAMED]) + (", …" if len(running) > _MOST_NAMED else "")
            return (
                f"a turn is running in {plural(len(running), 'task')}: {named}."
                " A task that waits for an approval, for time or for its first stream has a running turn too."
                " Let them end, or cancel them"
            )
        return "requests are being answered" if activity.busy else None

    async def _capture(self, project_id: str, name: str) -> Snapshot:
        """Read everything. What is in memory is read before the first await, so it is consistent."""
        clock = self._deps.clocks.of(project_id)
        taken_at = clock.now()
        parts = {each: part.capture(project_id) for each, part in self._parts.items()}
        sessions = await self._deps.sessions.capture_all(project_id)
        folder = self._root / self._ids.uuid()
        try:
            tasks = await self._deps.store.of_project(project_id)
            paths = {stored.task.id: stored.task.id for stored, _ in tasks}
            size = await self._copy(self._deps.workspaces.root, folder, paths)
        except BaseException:
            await self._remove_files(folder)
            raise
        return Snapshot(
            name=name,
            project_id=project_id,
            taken_at=taken_at,
            tasks=tasks,
            sessions=sessions,
            parts=parts,
            folder=folder,
            size=size,
        )

    async def _copy(self, source: Path, target: Path, names: Mapping[str, str]) -> int:
        own = self._deps.workspaces.own

        def copy(stop: StopSignal) -> int:
            target.mkdir(mode=0o755, parents=True, exist_ok=True)
            return sum(copy_tree(source / old, target / new, own, stop) for old, new in names.items())

        try:
            return await in_thread(copy)
        except NotCopied as problem:
            raise ApiError(ErrorCode.CONFLICT, f"The files were not copied: {problem}") from None

    async def _remove_files(self, folder: Path) -> None:
        await to_the_end(lambda: remove_tree(folder))

    async def delete(self, project_id: str, name: str) -> None:
        """Delete one; raises NOT_FOUND."""
        snapshot = self.get(project_id, name)
        del self._held[project_id][name]
        await self._remove_files(snapshot.folder)

    async def forget(self, project_id: str) -> None:
        """The project is no more: delete all of them."""
        for name in tuple(self._held.get(project_id, {})):
            await self.delete(project_id, name)
        self._held.pop(project_id, None)
        self._locks.pop(project_id, None)

    async def restore(self, project_id: str, name: str) -> Snapshot:
        """Restore a snapshot of the project. Its streams end; raises NOT_FOUND."""
        snapshot = self.get(project_id, name)
        async with self._locks.setdefault(project_id, asyncio.Lock()):
            await self._resetting.reset(project_id)
            await self._put(snapshot, project_id, {}, lambda task: task)
        return snapshot

    async def fork(self, snapshot: Snapshot, project_id: str, app_id: str) -> Mapping[str, str]:
        """Fill a fresh project from a snapshot; return old and new ids of its tasks.

        A task id is unique on the server, so each gets a new one; all other ids are unchanged. Tasks of end
        users belong to the widget app of the new project.
        """
        renamed = await in_thread(lambda _: {old: self._ids.uuid() for old in snapshot.ids})

        def moved(task: Task) -> Task:
            new_app = None if task.app_id is None else app_id
            return replace(task, id=renamed[task.id], project_id=project_id, app_id=new_app)

        await self._put(snapshot, project_id, renamed, moved)
        return renamed

    async def _put(
        self,
        snapshot: Snapshot,
        project_id: str,
        renamed: Mapping[str, str],
        moved: Callable[[Task], Task],
    ) -> None:
        names = {old: renamed.get(old, old) for old in snapshot.ids}
        await self._copy(snapshot.folder, self._deps.workspaces.root, names)
        for name, part in self._parts.items():
            part.restore(project_id, snapshot.parts[name], renamed)

        def all_moved(_: StopSignal) -> list[_Saved]:
            return [(replace(stored, task=moved(stored.task)), said) for stored, said in snapshot.tasks]

        tasks = await in_thread(all_moved)
        sessions = await self._resume_sessions(snapshot, tasks)
        try:
            await self._deps.store.insert(tasks)
        except Exception:
            for session in sessions:
                self._deps.sessions.expire(session.task_id)
            raise

    async def _resume_sessions(self, snapshot: Snapshot, tasks: Iterable[_Saved]) -> Sequence[Session]:
        """Start the sessions before any caller can find their tasks; return them."""
        live = [
            (stored.task, snapshot.sessions[old_id])
            for old_id, (stored, _) in zip(snapshot.ids, tasks, strict=True)
            if old_id in snapshot.sessions
        ]
        return await in_slices(lambda each: self._deps.sessions.resume(*each), live)
