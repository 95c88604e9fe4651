"""Subscriptions: a new reader of a task gets the replay, then everything until the turn ends."""

from functools import partial

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal
from sigmic_mock.ports import Subscriber
from sigmic_mock.runtime.slices import turn
from sigmic_mock.service.broadcast import Subscription
from sigmic_mock.service.heartbeat import Heartbeats
from sigmic_mock.service.task_cache import CachedTask, TaskCache
from sigmic_mock.service.timeline import Timelines

_LONG_BYTES = 64 * 1024
"""A history that is longer is written a piece at a time, and others are served in between."""


class Streams:
    """The readers of every task. `http.event_stream.OpenStreams` has their connections."""

    def __init__(self, cache: TaskCache, heartbeats: Heartbeats, timelines: Timelines) -> None:
        self._cache = cache
        self.heartbeats = heartbeats
        self.timelines = timelines

    @property
    def active(self) -> int:
        """Streams that are open now."""
        return self.heartbeats.active

    def open_in(self, project_id: str) -> list[str]:
        """Return the task of every open stream of a project, once a stream."""
        return [
            cached.task.id
            for cached in self._cache.in_memory()
            if cached.task.project_id == project_id
            for _ in range(cached.broadcast.subscriber_count)
        ]

    async def subscribe(self, principal: Principal, id: str, subscriber: Subscriber) -> Subscription:
        """Write the replay to `subscriber`, then live events and heartbeats, then call its `finish()`.

        The end of the replay and the subscription are one synchronous step: nothing is lost or sent twice
        between them. The beginning of a long history never changes, and is written before that step.
        `finish()` may already have been called when this returns (an idle task). Close the subscription when
        the reader is gone. Raises NOT_FOUND before anything is written.
        """
        cached = await self._cache.visible(principal, id)
        return self._join(cached, subscriber, await self._begin(cached, subscriber))

    async def _begin(self, cached: CachedTask, subscriber: Subscriber) -> int:
        """Write the pieces of a long history; return how many."""
        log, sent = cached.event_log, 0
        if log.size <= _LONG_BYTES:
            return 0
        await turn()
        while (piece := log.piece(sent)) is not None:
            subscriber.write(piece)
            sent += 1
            await turn()
        return sent

    def _join(self, cached: CachedTask, subscriber: Subscriber, sent: int) -> Subscription:
        """Must not await: an event between replay and join would be lost."""
        task = cached.task
        subscriber.write(self._replay(cached, sent))
        if not cached.event_log.is_streaming:
            subscriber.finish()
            self._note(task.id, task.project_id, "stream_replayed", 0)
            return Subscription.ended(subscriber)
        broadcast = cached.broadcast
        subscription = broadcast.join(subscriber)
        if broadcast.on_leave is None:
            broadcast.on_leave = partial(self._note, task.id, task.project_id, "stream_closed")
        self._note(task.id, task.project_id, "stream_opened", broadcast.subscriber_count)
        subscription.pulse = self.heartbeats.of(task.project_id).add(subscription)
        return subscription

    def _replay(self, cached: CachedTask, sent: int) -> bytes:
        return cached.event_log.replay(sent)

    def _note(self, task_id: str, project_id: str, what: str, streams: int, **about: str) -> None:
        self.timelines.note(task_id, self.heartbeats.now(project_id), what, streams=streams, **about)

    async def of_project(self, project_id: str, task_id: str) -> CachedTask:
        """Return a task of the project; raises NOT_FOUND."""
        cached = await self._cache.find(task_id)
        if cached is None or cached.task.project_id != project_id:
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
        return cached

    def inject(self, cached: CachedTask, name: str, frame: bytes) -> int:
        """Send a frame to the task's open streams; return their number. A later replay does not have it."""
        count = cached.broadcast.subscriber_count
        if count:
            cached.broadcast.send(frame)
            self._note(cached.task.id, cached.task.project_id, "injected", count, event=name)
        return count
