"""The task's stream of server-sent events (api-facts section 3, decisions G-47..G-58).

A stream outlives its request: once it is open no coroutine waits for it, and the request's data is freed.
"""

import asyncio

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.event_stream import EventStream, StreamAnswer
from sigmic_mock.http.observer import Ending
from sigmic_mock.service.broadcast import Subscription

_UNBUFFERED = istr("X-Accel-Buffering")


async def stream_task(ctx: RequestContext) -> web.StreamResponse:
    """Replay the history, then follow the run. An unknown task is a JSON 404 (G-55)."""
    return await TaskStream(ctx).open()


class TaskStream:
    """The stream of one task to one client, from the request until the client has everything or left."""

    __slots__ = ("ctx", "stream", "subscription")

    def __init__(self, ctx: RequestContext) -> None:
        self.ctx = ctx
        self.stream: EventStream
        self.subscription: Subscription | None = None

    async def open(self) -> StreamAnswer:
        """Return when the stream is open; HEAD gets only its head."""
        answer = self.head()
        if self.ctx.method == "HEAD":
            await self.ctx.platform.tasks.get(self.ctx.caller, self.ctx.task_id)
            return answer
        self.stream = self.ctx.open_stream(answer)
        try:
            self.subscription = await self.follow()
            await self.hand_over(answer)
        except BaseException:
            self.close()
            raise
        self.stream.ended.add_done_callback(self.over)
        return answer

    def head(self) -> StreamAnswer:
        """Return the head. The end of the stream is the end of the connection."""
        headers = CIMultiDict(self.ctx.headers)
        headers.add(hdrs.CONTENT_TYPE, "text/event-stream")
        headers.add(_UNBUFFERED, "no")
        answer = StreamAnswer(headers=headers)
        answer.force_close()
        return answer

    async def follow(self) -> Subscription:
        """Write the replay to the stream, and all later events."""
        ctx = self.ctx
        return await ctx.platform.streams.subscribe(ctx.caller, ctx.task_id, self.stream)

    async def hand_over(self, answer: StreamAnswer) -> None:
        """Send the head. From then on the stream owns the connection."""
        if self.stream.failure is not None:
            raise self.stream.failure
        await answer.begin(self.ctx.request, self.stream)

    def over(self, _ended: "asyncio.Future[Ending]") -> None:
        """Record that the client has received everything, or has left."""
        self.close()

    def close(self) -> None:
        """Stop writing to the stream."""
        if self.subscription is not None:
            self.subscription.close()
        self.ctx.services.open_streams.remove(self.stream)
