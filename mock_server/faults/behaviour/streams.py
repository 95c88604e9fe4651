"""Streams that are refused, replayed in part, or left without heartbeats."""

from weakref import WeakKeyDictionary

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.event_log import EventLog
from sigmic_conformance.mock_server.domain.events import HistoryDone
from sigmic_conformance.mock_server.domain.model import Principal, TaskStatus
from sigmic_conformance.mock_server.domain.sse import encode
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjectingPart
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.request_in_hand import in_hand
from sigmic_conformance.mock_server.faults.wire.stream import FaultyStream
from sigmic_conformance.mock_server.ports import Subscriber
from sigmic_conformance.mock_server.service.broadcast import Broadcast, Subscription
from sigmic_conformance.mock_server.service.heartbeat import Heartbeats
from sigmic_conformance.mock_server.service.streams import Streams
from sigmic_conformance.mock_server.service.task_cache import CachedTask, TaskCache
from sigmic_conformance.mock_server.service.timeline import Timelines

_FEW_STREAMS = 5
"""Open streams of one task beyond which a fault refuses another one."""


_OPENED = frozenset({"stream_opened", "stream_replayed"})


class FaultyStreams(FaultInjectingPart, Streams):
    """Refuses streams, hides a run or its history, and forgets heartbeats."""

    def __init__(
        self, cache: TaskCache, heartbeats: Heartbeats, timelines: Timelines, *, faults: Faults
    ) -> None:
        self._faults = faults
        super().__init__(cache, heartbeats, timelines)
        self._joined: WeakKeyDictionary[Broadcast, int] = WeakKeyDictionary()
        """How many streams of a run were ever opened: more than are open means that one was closed."""

    def _asker(self, cached: CachedTask) -> Asker:
        task = cached.task
        return Asker(self._faults, task.project_id, task=task.id, code=task.status.value)

    async def find(self, principal: Principal, id: str) -> None:
        """Raise NOT_FOUND for who may not have the stream of a task."""
        await self._cache.visible(principal, id)

    async def _begin(self, cached: CachedTask, subscriber: Subscriber) -> int:
        """Write nothing early when a fault is armed: what is on the stream cannot be taken back."""
        return await super()._begin(cached, subscriber) if self._faults.is_at_rest else 0

    def _join(self, cached: CachedTask, subscriber: Subscriber, sent: int) -> Subscription:
        if self._refuses(cached):
            raise ApiError(ErrorCode.NOT_FOUND, "The task has no stream now")
        if cached.event_log.is_streaming and self._hides_run(cached):
            subscriber.write(_idle_replay(cached.event_log))
            subscriber.finish()
            return Subscription.ended(subscriber)
        subscription = super()._join(cached, subscriber, sent)
        if subscription.is_open:
            self._joined[cached.broadcast] = self._joined.get(cached.broadcast, 0) + 1
        return subscription

    def _refuses(self, cached: CachedTask) -> bool:
        """True for a stream of a finished task, or of one that has its few streams already."""
        asker = self._asker(cached)
        if cached.task.status.is_final and asker.wanted("stream.refused"):
            return True
        return cached.broadcast.subscriber_count >= _FEW_STREAMS and asker.wanted("stream.few-readers")

    def _hides_run(self, cached: CachedTask) -> bool:
        """True when a pending task is called idle, or a waiting one to a further reader."""
        status, asker = cached.task.status, self._asker(cached)
        if status is TaskStatus.PENDING and asker.wanted("stream.pending-is-idle"):
            return True
        is_watched = status is TaskStatus.AWAITING_APPROVAL and cached.broadcast.subscriber_count > 0
        return is_watched and asker.wanted("stream.second-is-idle")

    def _replay(self, cached: CachedTask, sent: int) -> bytes:
        if self._hides_history(cached):
            return _replay_without_history(cached.event_log)
        return super()._replay(cached, sent)

    def _hides_history(self, cached: CachedTask) -> bool:
        """True when the history is told once, to no follow-up, or only when the run is over."""
        asker = self._asker(cached)
        was_left = self._joined.get(cached.broadcast, 0) > cached.broadcast.subscriber_count
        if was_left and asker.wanted("stream.history-once"):
            return True
        if not cached.event_log.is_streaming:
            return False
        if cached.stored.message_count > 1 and asker.wanted("stream.history-first-run"):
            return True
        return asker.wanted("stream.history-later")

    def _note(self, task_id: str, project_id: str, what: str, streams: int, **about: str) -> None:
        super()._note(task_id, project_id, what, streams, **about)
        request = in_hand() if self._faults.is_confined else None
        if request is not None and request.task == task_id and what in _OPENED:
            request.is_coming = False

    def _start_heartbeats(self, cached: CachedTask, subscription: Subscription) -> None:
        missing = "heartbeat.first-reader"
        is_first = cached.broadcast.subscriber_count == 1
        asker, frames = self._asker(cached), subscription.subscriber
        if not is_first and isinstance(frames, FaultyStream) and not asker.is_idle(missing):
            frames.tell_of_a_missing_heartbeat(asker.rehearsed(missing))
        if is_first or asker.parameters_unrehearsed(missing) is None:
            super()._start_heartbeats(cached, subscription)


def _idle_replay(log: EventLog) -> bytes:
    """Return the history and a marker that says nothing follows, whatever is going on."""
    return log.saved_frames() + encode(HistoryDone(log.message_count, is_streaming=False))


def _replay_without_history(log: EventLog) -> bytes:
    return encode(HistoryDone(0, log.is_streaming)) + log.catch_up_frames()
