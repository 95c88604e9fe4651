"""The tasks in memory: each with its journal and the open streams of its run.

Rule: as long as anybody holds a `LoadedTask` there is no second one for the same task, so its lock and its
streams are the only ones. What nobody holds stays for a while, bounded by number and by bytes of history.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from weakref import WeakValueDictionary

from sigmic_conformance.mock_server.domain.access import is_visible
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.event_log import Journal
from sigmic_conformance.mock_server.domain.model import Message, Output, Principal, Task, TaskStatus
from sigmic_conformance.mock_server.ports import Clocks, Deviations, Faithful
from sigmic_conformance.mock_server.service.broadcast import Broadcast
from sigmic_conformance.mock_server.service.timeline import Timelines
from sigmic_conformance.mock_server.storage.task_rows import StoredTask
from sigmic_conformance.mock_server.storage.tasks import TaskStore

_TASK_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)
_MOST_TASKS = 2048
_MOST_BYTES = 64 << 20
_FEW_READERS = 5
"""Readers of one task beyond which a fault gives no stream."""


class LoadedTask:
    """One task in memory. Change `stored` only under `lock`, after the change is on disk."""

    __slots__ = ("__weakref__", "broadcast", "journal", "lock", "stored")

    def __init__(self, stored: StoredTask, messages: Iterable[Message]) -> None:
        self.stored = stored
        self.journal = Journal(messages)
        self.broadcast = Broadcast()
        self.lock = asyncio.Lock()

    @property
    def task(self) -> Task:
        """The task as it was last saved."""
        return self.stored.task

    def begin(self, now: int) -> None:
        """A run is on its way: from now on streams are live, and those of the run before are not served."""
        self.journal.begin(now)
        self.broadcast = Broadcast()


class LoadedTasks:
    """Finds tasks, in memory first."""

    def __init__(
        self,
        store: TaskStore,
        *,
        most: int = _MOST_TASKS,
        most_bytes: int = _MOST_BYTES,
        deviations: Deviations | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.timelines = Timelines()
        self._clocks = clocks
        self._deviations = deviations or Faithful()
        self._store = store
        self._most = most
        self._most_bytes = most_bytes
        self._held: WeakValueDictionary[str, LoadedTask] = WeakValueDictionary()
        self._recent: OrderedDict[str, tuple[LoadedTask, int]] = OrderedDict()
        self._bytes = 0

    async def visible(self, principal: Principal, id: str) -> LoadedTask:
        """Return the task if `principal` may see it; else raises NOT_FOUND, as for one that is not there."""
        loaded = await self.find(id)
        if loaded is None or not (is_visible(principal, loaded.task) or self._leaks(principal, loaded.task)):
            if loaded is not None and self._reveals(loaded.task):
                raise ApiError(ErrorCode.FORBIDDEN)
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
        return loaded

    def _reveals(self, task: Task) -> bool:
        return self._deviations.deviates("isolation.revealed", task.project_id, task=task.id) is not None

    def _leaks(self, principal: Principal, task: Task) -> bool:
        border = "project" if task.project_id != principal.project_id else "end-user"
        return self._deviations.deviates("isolation", task.project_id, task=task.id, code=border) is not None

    def refuses_stream(self, loaded: LoadedTask) -> bool:
        """True when a fault gives no stream of a finished task, or of one that has its readers already."""
        task = loaded.task
        if task.status.is_final and self._deviates("stream.refused", task):
            return True
        return loaded.broadcast.audience >= _FEW_READERS and self._deviates("stream.few-readers", task)

    def hides_run(self, loaded: LoadedTask) -> bool:
        """True when a fault calls a pending task idle, or a waiting one to a further reader."""
        status = loaded.task.status
        if status is TaskStatus.PENDING and self._deviates("stream.pending-is-idle", loaded.task):
            return True
        is_parked = status is TaskStatus.AWAITING_APPROVAL and loaded.broadcast.audience > 0
        return is_parked and self._deviates("stream.second-is-idle", loaded.task)

    def tells_no_history(self, loaded: LoadedTask) -> bool:
        """True when a fault tells the history once, to no follow-up, or only when the run is over."""
        if loaded.broadcast.was_left and self._deviates("stream.history-once", loaded.task):
            return True
        if not loaded.journal.is_streaming:
            return False
        if loaded.stored.message_count > 1 and self._deviates("stream.history-first-run", loaded.task):
            return True
        return self._deviates("stream.history-later", loaded.task)

    def sends_no_heartbeats(self, loaded: LoadedTask) -> bool:
        """True when a fault keeps the heartbeats for the first reader."""
        return loaded.broadcast.audience > 0 and self._deviates("heartbeat.first-reader", loaded.task)

    def _deviates(self, decision: str, task: Task) -> bool:
        about = {"task": task.id, "code": task.status.value}
        return self._deviations.deviates(decision, task.project_id, **about) is not None

    async def find(self, id: str) -> LoadedTask | None:
        """Return the task, from memory or from the database."""
        recent = self._recent.get(id)
        if recent is not None and recent[1] == recent[0].journal.size:
            self._recent.move_to_end(id)
            return recent[0]
        loaded = self._held.get(id)
        if loaded is None and _TASK_ID.fullmatch(id) is not None:
            found = await self._store.load(id)
            # Somebody else may have loaded it meanwhile: there is only ever one.
            loaded = self._held.get(id) or (LoadedTask(*found) if found else None)
        if loaded is not None:
            self.keep(loaded)
        return loaded

    async def create(self, loaded: LoadedTask, message: Message) -> None:
        """Save a new task. It is in memory before others can read of it in the database."""
        self.keep(loaded)
        try:
            await self._store.create(loaded.stored, message)
        except BaseException:
            self.forget(loaded.task.id)
            raise
        self._note(loaded.task, "message", message=message.id, role=message.role.value)
        self._note(loaded.task, "status", status=loaded.task.status.value)

    async def save(
        self,
        loaded: LoadedTask,
        task: Task,
        *,
        output: Output | None = None,
        message: Message | None = None,
        token_id: str | None = None,
    ) -> None:
        """Make `task` the saved state; what is not given stays as it was. The caller holds the lock."""
        before = loaded.stored
        stored = replace(
            before, task=task, output=output or before.output, token_id=token_id or before.token_id
        )
        loaded.stored = await self._store.save(stored, message)
        if message is not None:
            self._note(task, "message", message=message.id, role=message.role.value)
        if task.status is not before.task.status:
            self._note(task, "status", status=task.status.value)

    def _note(self, task: Task, what: str, **about: str) -> None:
        now = task.last_activity_at if self._clocks is None else self._clocks.of(task.project_id).now()
        self.timelines.note(task.id, now, what, **about)

    def keep(self, loaded: LoadedTask) -> None:
        """Take a task into memory, or note that it was asked for."""
        task_id, size = loaded.task.id, loaded.journal.size
        self._held[task_id] = loaded
        _, size_before = self._recent.pop(task_id, (loaded, 0))
        self._bytes += size - size_before
        self._recent[task_id] = (loaded, size)
        while len(self._recent) > self._most or (self._bytes > self._most_bytes and len(self._recent) > 1):
            _, (_, size) = self._recent.popitem(last=False)
            self._bytes -= size

    def in_memory(self) -> tuple[LoadedTask, ...]:
        """Return every task that somebody holds."""
        return tuple(self._held.values())

    def forget(self, task_id: str) -> None:
        """The task is no more. Harmless when it was not in memory."""
        _, size = self._recent.pop(task_id, (None, 0))
        self._bytes -= size
        self._held.pop(task_id, None)
        self.timelines.forget(task_id)
