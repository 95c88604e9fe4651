"""Faults of opening a stream: whether it is, what is sent first, in which coding, and when it ends.

The platform really does so: it works again for everybody who looks, it keeps the head back until there is
news, it forgets to empty its compressor.
"""

import asyncio
import base64
import json
import zlib
from contextlib import nullcontext, suppress

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Task
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext
from sigmic_conformance.mock_server.faults.behaviour.event_stream import FaultyEventStream
from sigmic_conformance.mock_server.faults.behaviour.streams import FaultyStreams
from sigmic_conformance.mock_server.faults.observer import FaultyRequestObserver
from sigmic_conformance.mock_server.faults.spec import FaultSpec
from sigmic_conformance.mock_server.faults.wire.stream import Outlet
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.event_stream import StreamAnswer
from sigmic_conformance.mock_server.http.handlers.stream import TaskStream
from sigmic_conformance.mock_server.http.observer import Ending
from sigmic_conformance.mock_server.ports import Subscriber
from sigmic_conformance.mock_server.service.broadcast import Subscription

_MEDIA, _ANYTHING = "text/event-stream", "*/*"
_MARKER = b"event: history_done\n"
_PATIENCE_SECONDS = 30.0
"""Real seconds that a head is kept back at most."""
_GZIP_WBITS = 31
_WRONG_LENGTH = "1000000"


async def stream_task(ctx: RequestContext) -> web.StreamResponse:
    """Open the stream of a task as the armed faults will have it.

    Who may not have it is refused before any of them is asked: they would change a head that nobody sees.
    """
    streams = ctx.platform.streams
    if isinstance(streams, FaultyStreams):
        await streams.find(ctx.caller, ctx.task_id)
    return await FaultyTaskStream(FaultyContext.of(ctx)).open()


class FaultyTaskStream(TaskStream):
    """One task's stream to one client, with the faults that it meets."""

    __slots__ = ("_coding", "_tell_at_the_end", "_withheld")

    ctx: FaultyContext

    def __init__(self, ctx: FaultyContext) -> None:
        super().__init__(ctx)
        offered = "offered" if "gzip" in ctx.request.headers.get("Accept-Encoding", "") else "unasked"
        # What is never emptied says less than without a coding to who has heard it to its end.
        codes = not self._asker.is_idle("stream.compressed")
        self._tell_at_the_end = self._asker.rehearsed("stream.compressed", offered) if codes else None
        self._coding = self._asker.parameters("stream.compressed", offered, acts=_is_ended)
        self._withheld: _Withheld | None = None

    @property
    def _asker(self) -> Asker:
        """Who asks for the faults; made when it is asked for: ten thousand streams may be open."""
        return self.ctx.asker()

    def answer(self, headers: CIMultiDict[str]) -> StreamAnswer:
        if self._coding is not None:
            headers["Content-Encoding"] = "gzip"
        kind = self._kind()
        return kind(status=self.ctx.answer_faults().head(headers, 200), headers=headers)

    def _kind(self) -> type[StreamAnswer]:
        knows_chunks = self.ctx.request.version >= (1, 1)
        if knows_chunks:
            return _TwoFramings if self._asker.wanted("stream.two-framings") else StreamAnswer
        return _ChunksForAll if self._asker.wanted("stream.always-chunked") else StreamAnswer

    async def follow(self) -> Subscription:
        ctx, streams = self.ctx, self.ctx.platform.streams
        await self._before()
        reader = await self._reader(ctx.faulty_stream(self.stream, self._outlet()))
        subscription = await streams.subscribe(ctx.caller, await self._task_id(), reader)
        self.subscription = subscription
        if self._withheld is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    await self._withheld.news.wait()
        return subscription

    async def _before(self) -> None:
        """Refuse a reader, or let the agent work once more. Raises VALIDATION_ERROR."""
        ctx = self.ctx
        accept = ", ".join(ctx.request.headers.getall("Accept", ()))
        anything = _MEDIA not in accept and (not accept or _ANYTHING in accept)
        if anything and self._asker.wanted("stream.accept"):
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Accept must be {_MEDIA}")
        if not self._asker.is_idle("stream.runs-again"):
            task = await self._task()
            if task.status.is_final and self._asker.wanted("stream.runs-again"):
                await ctx.platform.tasks.send_message(ctx.caller, task.id, task.message)

    def _outlet(self) -> Outlet:
        """Return where the frames go: to the connection, or through a compressor first."""
        stream = self.stream
        if not isinstance(stream, FaultyEventStream):
            raise TypeError("an honest stream cannot send what faults make of it")
        if not self._asker.is_idle("stream.impatient"):
            stream.impatience = self._impatience
        self._end_with_token()
        return stream if self._coding is None else _Compressing(stream, **self._coding)

    def _impatience(self) -> float | None:
        wanted = self._asker.parameters("stream.impatient")
        return None if wanted is None else float(wanted["seconds"])

    def _end_with_token(self) -> None:
        ctx, stream = self.ctx, self.stream
        if self._asker.is_idle("stream.ends-with-token") or not ctx.caller.is_end_user:
            return

        def end() -> None:
            if self._asker.wanted("stream.ends-with-token"):
                stream.finish()

        left = _expiry(ctx.request.headers["Authorization"]) - ctx.clock.now() / 1000
        timer = ctx.clock.call_later(max(0.0, left), end, timer="fault")
        stream.ended.add_done_callback(lambda _ended: timer.cancel())

    async def _task_id(self) -> str:
        """Return the task whose stream is sent: with a fault, the one that `Last-Event-ID` names."""
        ctx = self.ctx
        named = ctx.request.headers.get("Last-Event-ID", "")
        if self._asker.is_idle("stream.resumes-elsewhere") or named in {"", ctx.task_id}:
            return ctx.task_id
        with suppress(ApiError):
            other = (await ctx.platform.tasks.get(ctx.caller, named)).task
            if self._asker.wanted("stream.resumes-elsewhere"):
                return other.id
        return ctx.task_id

    async def _reader(self, reader: Subscriber) -> Subscriber:
        """Return who is given the replay and what follows."""
        if self.ctx.request.headers.get("Last-Event-ID") and self._asker.wanted("stream.resumes"):
            return _Resumed(reader)
        if not self._asker.is_idle("stream.head-withheld"):
            task = await self._task()
            if not task.status.is_final and self._asker.wanted("stream.head-withheld"):
                self._withheld = _Withheld(reader)
                return self._withheld
        return reader

    async def _task(self) -> Task:
        return (await self.ctx.platform.tasks.get(self.ctx.caller, self.ctx.task_id)).task

    def over(self, ended: "asyncio.Future[Ending]") -> None:
        super().over(ended)
        if ended.result() is not Ending.GONE:
            if self._tell_at_the_end is not None:
                self._tell_at_the_end(lambda spec: not _is_ended(spec))
            return
        observer, services = self.ctx.observer, self.ctx.services
        with observer.resumed() if isinstance(observer, FaultyRequestObserver) else nullcontext():
            is_cancelled = self._asker.wanted("stream.leaving")
        if is_cancelled:
            _ = services.background.start(self._cancel(), name=f"leave {self.ctx.task_id}")

    async def _cancel(self) -> None:
        with self.ctx.clock.working(), suppress(ApiError):
            await self.ctx.platform.tasks.cancel(self.ctx.caller, self.ctx.task_id)


class _Withheld:
    """Hears of the first thing that is neither replay nor heartbeat."""

    def __init__(self, reader: Subscriber) -> None:
        self.news = asyncio.Event()
        self._reader = reader
        self._is_replayed = False

    def write(self, frames: bytes) -> None:
        if self._is_replayed and not frames.startswith(b":"):
            self.news.set()
        self._is_replayed = True
        self._reader.write(frames)

    def finish(self) -> None:
        self.news.set()
        self._reader.finish()


class _Resumed:
    """Leaves out what a reader with a last event id is thought to have."""

    def __init__(self, reader: Subscriber) -> None:
        self._reader = reader

    def write(self, frames: bytes) -> None:
        self._reader.write(frames[max(0, frames.find(_MARKER)) :])

    def finish(self) -> None:
        self._reader.finish()


class _Compressing:
    """Fulfils `faults.wire.stream.Outlet`: sends gzip, emptied after each event or never, ended or not."""

    def __init__(self, outlet: Outlet, *, flush: str, ends: bool) -> None:
        self._outlet = outlet
        self._flush = flush
        self._ends = ends
        self._coder = zlib.compressobj(wbits=_GZIP_WBITS)

    def write(self, frames: bytes) -> None:
        self.put(frames)

    def put(self, data: bytes, faults: tuple[str, ...] = ()) -> None:
        coded = self._coder.compress(data)
        if self._flush == "events" and not data.startswith(b":"):
            coded += self._coder.flush(zlib.Z_SYNC_FLUSH)
        self._outlet.put(coded, (*faults, "stream.compressed"))

    def finish(self) -> None:
        if self._ends:
            self._outlet.put(self._coder.flush(), ("stream.compressed",))
        self._outlet.finish()

    def cut(self, *, reset: bool) -> None:
        self._outlet.cut(reset=reset)


class _TwoFramings(StreamAnswer):
    """Adds a `Content-Length` to a chunked answer, after the library has taken care that there is none."""

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


def _is_ended(spec: FaultSpec) -> bool:
    """Whether a fault that sends gzip ends it: then whoever reads it finds all that was said so far."""
    return bool(spec.params.get("ends", True))


def _expiry(authorization: str) -> float:
    """Return when the token ends that the caller was let in with, in seconds since the epoch."""
    claims = authorization.split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return float(told["exp"])
