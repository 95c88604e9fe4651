"""The tasks in memory: each with its event log and the open streams of its turn.

Invariant: at most one `CachedTask` per task exists while it is referenced, so its lock and its streams are
the only ones. Unreferenced ones stay for a while, bounded by number and by bytes of history.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from weakref import WeakValueDictionary

from sigmic_mock.domain.access import is_visible
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.event_log import EventLog
from sigmic_mock.domain.model import Message, Output, Principal, Task
from sigmic_mock.ports import Clocks
from sigmic_mock.service.broadcast import Broadcast
from sigmic_mock.service.timeline import Timelines
from sigmic_mock.storage.tasks import StoredTask, TaskStore

_TASK_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)
_MOST_TASKS = 2048
_MOST_BYTES = 64 << 20


class CachedTask:
    """One task in memory. Change `stored` only under `lock`, after the change is on disk."""

    __slots__ = ("__weakref__", "broadcast", "event_log", "lock", "stored")

    def __init__(self, stored: StoredTask, messages: Iterable[Message]) -> None:
        self.stored = stored
        self.event_log = EventLog(messages)
        self.broadcast = Broadcast()
        self.lock = asyncio.Lock()

    @property
    def task(self) -> Task:
        """The last saved state of the task."""
        return self.stored.task

    def begin(self, now: int) -> None:
        """Start a turn: from now on streams are live, and those of the turn before are not served."""
        self.event_log.begin(now)
        self.broadcast = Broadcast()


class TaskCache:
    """Finds tasks, in memory first, and saves them."""

    def __init__(
        self,
        store: TaskStore,
        clocks: Clocks,
        timelines: Timelines,
        *,
        most: int = _MOST_TASKS,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._store = store
        self._clocks = clocks
        self._timelines = timelines
        self._most = most
        self._most_bytes = most_bytes
        self._held: WeakValueDictionary[str, CachedTask] = WeakValueDictionary()
        self._recent: OrderedDict[str, tuple[CachedTask, int]] = OrderedDict()
        self._bytes = 0

    async def visible(self, principal: Principal, id: str) -> CachedTask:
        """Return the task if `principal` may see it; else raise NOT_FOUND, as for one that is not there."""
        cached = await self.find(id)
        if cached is None:
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
        self._require_visible(principal, cached.task)
        return cached

    def _require_visible(self, principal: Principal, task: Task) -> None:
        if not is_visible(principal, task):
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")

    async def find(self, id: str) -> CachedTask | None:
        """Return the task, from memory or from the database."""
        recent = self._recent.get(id)
        if recent is not None and recent[1] == recent[0].event_log.size:
            self._recent.move_to_end(id)
            return recent[0]
        cached = self._held.get(id)
        if cached is None and _TASK_ID.fullmatch(id) is not None:
            found = await self._store.load(id)
            # Another caller may have loaded it since: there is only ever one.
            cached = self._held.get(id) or (CachedTask(*found) if found else None)
        if cached is not None:
            self.keep(cached)
        return cached

    async def create(self, cached: CachedTask, message: Message) -> None:
        """Save a new task. It is in memory before others can read of it in the database."""
        self.keep(cached)
        try:
            await self._store.create(cached.stored, message)
        except BaseException:
            self.forget(cached.task.id)
            raise
        self._note(cached.task, "message", message=message.id, role=message.role.value)
        self._note(cached.task, "status", status=cached.task.status.value)

    async def save(
        self,
        cached: CachedTask,
        task: Task,
        *,
        output: Output | None = None,
        message: Message | None = None,
        token_id: str | None = None,
    ) -> None:
        """Make `task` the saved state; what is not given is unchanged. The caller holds the lock."""
        before = cached.stored
        stored = replace(
            before, task=task, output=output or before.output, token_id=token_id or before.token_id
        )
        cached.stored = await self._store.save(stored, message)
        if message is not None:
            self._note(task, "message", message=message.id, role=message.role.value)
        if task.status is not before.task.status:
            self._note(task, "status", status=task.status.value)

    def _note(self, task: Task, what: str, **about: str) -> None:
        self._timelines.note(task.id, self._clocks.of(task.project_id).now(), what, **about)

    def keep(self, cached: CachedTask) -> None:
        """Load a task into memory, or record that it was used."""
        task_id, size = cached.task.id, cached.event_log.size
        self._held[task_id] = cached
        _, size_before = self._recent.pop(task_id, (cached, 0))
        self._bytes += size - size_before
        self._recent[task_id] = (cached, size)
        while len(self._recent) > self._most or (self._bytes > self._most_bytes and len(self._recent) > 1):
            _, (_, size) = self._recent.popitem(last=False)
            self._bytes -= size

    def in_memory(self) -> tuple[CachedTask, ...]:
        """Return every task that is referenced."""
        return tuple(self._held.values())

    def forget(self, task_id: str) -> None:
        """The task is no more. Harmless when it was not in memory."""
        _, size = self._recent.pop(task_id, (None, 0))
        self._bytes -= size
        self._held.pop(task_id, None)
        self._timelines.forget(task_id)
