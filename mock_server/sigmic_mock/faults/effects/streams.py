"""Streams that are refused, replayed in part or left without heartbeats; their head, coding and end."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any
from weakref import WeakKeyDictionary

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.events import HistoryDone
from sigmic_mock.domain.model import Principal, Task, TaskStatus
from sigmic_mock.domain.sse import encode
from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.effect import ANY, after, before, effect
from sigmic_mock.faults.engine import Here
from sigmic_mock.faults.fault import FaultSpec
from sigmic_mock.faults.observer import FaultyRequestObserver
from sigmic_mock.faults.wire.answer_faults import AnswerFaults
from sigmic_mock.faults.wire.stream import FaultyStream, Gzip
from sigmic_mock.http.event_stream import EventStream, StreamAnswer
from sigmic_mock.http.handlers.stream import TaskStream
from sigmic_mock.http.observer import Ending
from sigmic_mock.ports import Subscriber
from sigmic_mock.service.broadcast import Broadcast, Subscription
from sigmic_mock.service.streams import Streams
from sigmic_mock.service.task_cache import CachedTask

_FEW_STREAMS = 5
"""Open streams of one task beyond which a fault refuses another one."""
_OPENED = frozenset({"stream_opened", "stream_replayed"})
_MEDIA, _ANYTHING = "text/event-stream", "*/*"
_PATIENCE_SECONDS = 30.0
"""Real seconds that a head is withheld at most."""
_WRONG_LENGTH = "1000000"
_JOINED: WeakKeyDictionary[Broadcast, int] = WeakKeyDictionary()
"""How many streams of a run were ever opened: more than are open means that one was closed."""


# -- whether a stream is opened, and with which replay ------------------------------------------------------

_DECIDED_LATE = (
    "phase.few-readers",
    "stream.second-is-idle",
    "phase.reconnect-without-history",
)


@effect("frame", *_DECIDED_LATE, at=Streams._begin)
async def writes_nothing_early(_here: Here, _self: Streams, *_: object) -> int:
    """Write no piece before the fault is checked: sent frames cannot be recalled."""
    return 0


def _joins(
    point: str,
    is_meant: Callable[[CachedTask], bool],
    instead: Callable[[CachedTask, Subscriber], Subscription],
) -> None:
    """Register another stream for a reader."""

    @effect(point, at=Streams._join)
    def join(
        here: Here, _self: Streams, cached: CachedTask, subscriber: Subscriber, sent: int
    ) -> Subscription:
        if is_meant(cached) and here.fires(cached.task.status.value):
            return instead(cached, subscriber)
        return here.step(cached, subscriber, sent)


def _refused(_cached: CachedTask, _subscriber: Subscriber) -> Subscription:
    raise ApiError(ErrorCode.NOT_FOUND, "The task has no stream now")


def _idle(cached: CachedTask, subscriber: Subscriber) -> Subscription:
    """Send the history and a marker without a running turn, even if one is running."""
    log = cached.event_log
    subscriber.write(log.saved_frames() + encode(HistoryDone(log.message_count, is_streaming=False)))
    subscriber.finish()
    return Subscription.ended(subscriber)


def _is_watched(cached: CachedTask) -> bool:
    """Return whether a task waits for an answer while another reader has its stream."""
    return cached.task.status is TaskStatus.AWAITING_APPROVAL and cached.broadcast.subscriber_count > 0


_joins("phase.few-readers", lambda it: it.broadcast.subscriber_count >= _FEW_STREAMS, _refused)
_joins("stream.second-is-idle", _is_watched, _idle)


@after("phase.reconnect-without-history", at=Streams._join)
def note_joined(
    _here: Here, _self: Streams, subscription: Subscription, cached: CachedTask, *_: object
) -> Subscription:
    if subscription.is_open:
        _JOINED[cached.broadcast] = _JOINED.get(cached.broadcast, 0) + 1
    return subscription


@effect("phase.reconnect-without-history", at=Streams._replay)
def replays_no_history(here: Here, _self: Streams, cached: CachedTask, sent: int) -> bytes:
    log, joined = cached.event_log, _JOINED.get(cached.broadcast, 0)
    if joined > cached.broadcast.subscriber_count and here.fires(cached.task.status.value):
        return encode(HistoryDone(0, log.is_streaming)) + log.catch_up_frames()
    return here.step(cached, sent)


@effect(ANY, at=Streams._note)
def note_reader(
    here: Here, _self: Streams, task_id: str, project_id: str, what: str, *given: Any, **about: Any
) -> None:
    here.step(task_id, project_id, what, *given, **about)
    request = current_request()
    if request.task == task_id and what in _OPENED:
        request.is_coming = False


# -- the request for a stream -------------------------------------------------------------------------------


async def _task(ctx: Any) -> Task:
    task: Task = (await ctx.platform.tasks.get(ctx.caller, ctx.task_id)).task
    return task


@before("stream.compressed", "stream.two-framings", "stream.chunks-for-all", "answer", at=TaskStream.open)
async def checks_first(_here: Here, self: TaskStream) -> None:
    """Refuse a caller without access to the stream before any fault of a head that no client sees."""
    await _task(self.ctx)


@after("answer", at=TaskStream.head)
def alters_head(here: Here, self: TaskStream, answer: StreamAnswer) -> StreamAnswer:
    answer.set_status(AnswerFaults(here.faults, self.ctx).head(answer.headers, answer.status))
    return answer


class _TwoFramings(StreamAnswer):
    """Adds a `Content-Length` to a chunked answer, after the library has removed it."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Content-Length"] = _WRONG_LENGTH


class _ChunksForAll(StreamAnswer):
    """Announces chunks to a client of HTTP/1.0, and sends them."""

    @property
    def in_chunks(self) -> bool:
        return True

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers["Transfer-Encoding"] = "chunked"


def _as(kind: type[StreamAnswer], answer: StreamAnswer) -> StreamAnswer:
    other = kind(status=answer.status, headers=answer.headers)
    other.force_close()
    return other


@after("stream.two-framings", at=TaskStream.head)
def frames_twice(here: Here, self: TaskStream, answer: StreamAnswer) -> StreamAnswer:
    return _as(_TwoFramings, answer) if self.ctx.request.version >= (1, 1) and here.fires() else answer


@after("stream.chunks-for-all", at=TaskStream.head)
def always_chunks(here: Here, self: TaskStream, answer: StreamAnswer) -> StreamAnswer:
    return _as(_ChunksForAll, answer) if self.ctx.request.version < (1, 1) and here.fires() else answer


@effect("stream.compressed", at=TaskStream.open)
async def compresses(here: Here, self: TaskStream) -> StreamAnswer:
    """Send gzip, emptied after each event or never, ended or not."""
    offered = "offered" if "gzip" in self.ctx.request.headers.get("Accept-Encoding", "") else "unasked"
    coding, confirm = here.later(offered)
    confirm(_is_ended)
    if coding is not None:
        self.ctx.headers["Content-Encoding"] = "gzip"
        _CODINGS[self] = coding
    answer = await here.step()
    if answer.stream is not None:
        # If gzip is never flushed, the bytes that a reader has at the end show it.
        answer.stream.ended.add_done_callback(
            lambda ended: ended.result() is Ending.GONE or confirm(lambda spec: not _is_ended(spec))
        )
    return answer


def _is_ended(spec: FaultSpec) -> bool:
    """Whether a fault that sends gzip ends it: then a reader finds all that was sent so far."""
    return bool(spec.params.get("ends", True))


_CODINGS: dict[TaskStream, Any] = {}


@before("stream.compressed", at=TaskStream.follow)
def begins_coding(here: Here, self: TaskStream) -> None:
    coding = _CODINGS.pop(self, None)
    if coding is not None:
        _of(here, self.stream).coding = Gzip(**coding)


@before("stream.accept-exact", at=TaskStream.follow)
async def demands_accept(here: Here, self: TaskStream) -> None:
    accept = ", ".join(self.ctx.request.headers.getall("Accept", ()))
    anything = _MEDIA not in accept and (not accept or _ANYTHING in accept)
    if anything:
        await _task(self.ctx)
    if anything and here.fires():
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"Accept must be {_MEDIA}")


@before("phase.runs-again", at=TaskStream.follow)
async def runs_again(here: Here, self: TaskStream) -> None:
    """Let the agent work once more for each reader."""
    ctx, task = self.ctx, await _task(self.ctx)
    if task.status.is_final and here.fires():
        await ctx.platform.tasks.send_message(ctx.caller, task.id, task.message)


@effect("stream.leaving", at=TaskStream.over)
def leaving_cancels(here: Here, self: TaskStream, ended: "asyncio.Future[Ending]") -> None:
    here.step(ended)
    if ended.result() is not Ending.GONE:
        return
    observer, background = self.ctx.observer, self.ctx.platform.tasks._deps.background
    with observer.resumed() if isinstance(observer, FaultyRequestObserver) else nullcontext():
        is_cancelled = here.fires()
    if is_cancelled:
        _ = background.start(_cancel(self.ctx), name=f"leave {self.ctx.task_id}")


async def _cancel(ctx: Any) -> None:
    with ctx.clock.working(), suppress(ApiError):
        await ctx.platform.tasks.cancel(ctx.caller, ctx.task_id)


def _last_event_id() -> str:
    return current_request().headers.get("Last-Event-ID", "")


@effect("event.after-reconnect-foreign", at=Streams.subscribe)
async def resumes_elsewhere(
    here: Here, self: Streams, principal: Principal, id: str, subscriber: Subscriber
) -> Subscription:
    """Send the stream of the task that `Last-Event-ID` names."""
    named = _last_event_id()
    if named not in {"", id}:
        await self._cache.visible(principal, id)
        with suppress(ApiError):
            other = (await self._cache.visible(principal, named)).task
            if here.fires():
                return await here.step(principal, other.id, subscriber)
    return await here.step(principal, id, subscriber)


@effect("stream.head-withheld", at=Streams.subscribe)
async def withholds_head(
    here: Here, self: Streams, principal: Principal, id: str, subscriber: Subscriber
) -> Subscription:
    """Return only when there is a frame other than replay and heartbeat."""
    task = (await self._cache.visible(principal, id)).task
    if task.status.is_final or not here.fires():
        return await here.step(principal, id, subscriber)
    news, replays = asyncio.Event(), [True]

    def look(frames: bytes) -> bytes:
        if not (replays and replays.pop()) and not frames.startswith(b":"):
            news.set()
        return frames

    subscription = await here.step(principal, id, _Reader(subscriber, look, news.set))
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await news.wait()
    return subscription


class _Reader:
    """A subscriber that receives the frames as changed by `change`; `over` is called at the end."""

    def __init__(
        self, reader: Subscriber, change: Callable[[bytes], bytes], over: Callable[[], object] = bool
    ) -> None:
        self._reader = reader
        self._change = change
        self._over = over

    def write(self, frames: bytes) -> None:
        self._reader.write(self._change(frames))

    def finish(self) -> None:
        self._over()
        self._reader.finish()


# -- frames -------------------------------------------------------------------------------------------------

_ON_WIRE = ("frame", "stream.compressed")
_STREAMS: dict[EventStream, FaultyStream] = {}
"""The open streams that a fault could act on."""


def _of(here: Here, stream: EventStream) -> FaultyStream:
    """Return the stream with its faults; from now on it gets every frame until the end of the stream."""
    if stream not in _STREAMS:
        faulty = _STREAMS[stream] = FaultyStream(stream, here.faults)
        release = here.faults.hold_step("frame")

        def close(_ended: object) -> None:
            faulty.close()
            del _STREAMS[stream]
            release()

        stream.ended.add_done_callback(close)
    return _STREAMS[stream]


@effect(*_ON_WIRE, at=EventStream.write)
def writes(here: Here, self: EventStream, frames: bytes) -> None:
    if self.ended.done() or not (self in _STREAMS or here.faults.is_armed("frame", self.project_id)):
        here.step(frames)
    else:
        _of(here, self).write(frames)


@effect(*_ON_WIRE, at=EventStream.finish)
def finishes(here: Here, self: EventStream) -> None:
    if self in _STREAMS:
        _STREAMS[self].finish()
    else:
        here.step()


@effect("frame", at=EventStream._end_if_all_is_out)
def breaks_off(here: Here, self: EventStream) -> None:
    transport, faulty = self._transport, _STREAMS.get(self)
    is_out = not (self._waiting or transport is None or self._is_closing or self.ended.done())
    if not is_out or faulty is None or transport is None or not faulty.break_off(transport):
        here.step()


@effect("stream.reader-impatient", at=EventStream._limit_the_rest)
def is_impatient(here: Here, self: EventStream) -> None:
    before = self._deadline
    here.step()
    wanted = here.params() if self._deadline is not before else None
    if wanted is not None and self._deadline is not None:
        self._deadline.cancel()
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(float(wanted["seconds"]), self._drop)
