"""Open streams: a newcomer gets the replay, then everything that happens, until the run ends."""

from mock_server.core.model import Principal
from mock_server.ports import Subscriber
from mock_server.service.broadcast import Subscription
from mock_server.service.heartbeat import Heartbeats
from mock_server.service.loaded import LoadedTask, LoadedTasks


class Streams:
    """Every open stream of every task."""

    def __init__(self, tasks: LoadedTasks, heartbeats: Heartbeats) -> None:
        self._tasks = tasks
        self.heartbeats = heartbeats
        self.opened = 0

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
        return self._join(await self._tasks.visible(principal, id), subscriber)

    def _join(self, loaded: LoadedTask, subscriber: Subscriber) -> Subscription:
        """Must not await: an event between replay and join would be lost."""
        self.opened += 1
        subscriber.write(loaded.journal.replay())
        if not loaded.journal.is_streaming:
            subscriber.finish()
            return Subscription(subscriber, None, 0)
        subscription = loaded.broadcast.join(subscriber)
        subscription.pulse = self.heartbeats.of(loaded.task.project_id).add(subscription)
        return subscription
