"""Open streams: a newcomer gets the replay, then everything that happens, until the run ends."""

from functools import partial

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.ports import Subscriber
from sigmic_conformance.mock_server.service.broadcast import Subscription
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.loaded import LoadedTask, LoadedTasks


class Streams:
    """Every open stream of every task."""

    def __init__(self, tasks: LoadedTasks, heartbeats: Heartbeats) -> None:
        self._tasks = tasks
        self.heartbeats = heartbeats
        self.opened = 0
        self.timelines = tasks.timelines

    @property
    def active(self) -> int:
        """Streams that are open now."""
        return self.heartbeats.active

    def open_in(self, project_id: str) -> list[str]:
        """Return the task of every open stream of a project, once a stream."""
        return [
            loaded.task.id
            for loaded in self._tasks.in_memory()
            if loaded.task.project_id == project_id
            for _ in range(loaded.broadcast.audience)
        ]

    async def subscribe(self, principal: Principal, id: str, subscriber: Subscriber) -> Subscription:
        """Write the replay to `subscriber`, then live events and heartbeats, then call its `finish()`.

        Replay and subscription are one synchronous step: nothing is lost or sent twice between them.
        `finish()` may already have been called when this returns (an idle task). Close the subscription when
        the reader is gone. Raises NOT_FOUND before anything is written.
        """
        loaded = await self._tasks.visible(principal, id)
        if self._tasks.refuses_stream(loaded):
            raise ApiError(ErrorCode.NOT_FOUND, "The task has no stream now")
        return self._join(loaded, subscriber)

    def _join(self, loaded: LoadedTask, subscriber: Subscriber) -> Subscription:
        """Must not await: an event between replay and join would be lost."""
        self.opened += 1
        if loaded.journal.is_streaming and self._tasks.hides_run(loaded):
            subscriber.write(loaded.journal.idle_replay())
            subscriber.finish()
            return Subscription(subscriber, None, 0)
        has_no_history = self._tasks.tells_no_history(loaded)
        subscriber.write(loaded.journal.without_history() if has_no_history else loaded.journal.replay())
        if not loaded.journal.is_streaming:
            subscriber.finish()
            return Subscription(subscriber, None, 0)
        is_quiet = self._tasks.sends_no_heartbeats(loaded)
        broadcast, task = loaded.broadcast, loaded.task
        subscription = broadcast.join(subscriber)
        if broadcast.on_leave is None:
            broadcast.on_leave = partial(self._note, task.id, task.project_id, "stream_closed")
        self._note(task.id, task.project_id, "stream_opened", broadcast.audience)
        if not is_quiet:
            subscription.pulse = self.heartbeats.of(task.project_id).add(subscription)
        return subscription

    def _note(self, task_id: str, project_id: str, what: str, readers: int, **about: str) -> None:
        now = self.heartbeats.now(project_id)
        self._tasks.timelines.note(task_id, now, what, streams=readers, **about)

    async def of_project(self, project_id: str, task_id: str) -> LoadedTask:
        """Return a task of the project; raises NOT_FOUND."""
        loaded = await self._tasks.find(task_id)
        if loaded is None or loaded.task.project_id != project_id:
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
        return loaded

    def inject(self, loaded: LoadedTask, name: str, frame: bytes) -> int:
        """Send a frame to the task's open streams; return how many. No newcomer hears it: it is not kept."""
        if loaded.broadcast.audience:
            loaded.broadcast.send(frame)
            task = loaded.task
            self._note(task.id, task.project_id, "injected", loaded.broadcast.audience, event=name)
        return loaded.broadcast.audience
