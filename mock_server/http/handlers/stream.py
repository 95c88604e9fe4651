"""The task's stream of server-sent events (api-facts section 3, decisions G-47..G-58).

A stream outlives its request: once it is open nobody waits for it, and what the request needed is let go.
"""

import asyncio

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from sigmic_conformance.mock_server.faults.stream import FaultyStream
from sigmic_conformance.mock_server.http.careless_stream import CarelessStream, Leaving
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.event_stream import Ending, EventStream
from sigmic_conformance.mock_server.http.journal_recorder import notes_of
from sigmic_conformance.mock_server.http.stream_answer import StreamAnswer
from sigmic_conformance.mock_server.http.stream_recorder import StreamNotes
from sigmic_conformance.mock_server.http.two_framings import ChunksForAll, TwoFramings
from sigmic_conformance.mock_server.service.broadcast import Subscription

_UNBUFFERED = istr("X-Accel-Buffering")


async def stream_task(call: Call) -> web.StreamResponse:
    """Replay the history, then follow the run. An unknown task is a JSON 404 (G-55).

    Returns as soon as the stream is open.
    """
    careless = CarelessStream(call)
    answer = _answer(call, careless)
    if call.request.method == "HEAD":
        await call.platform.tasks.get(call.caller, call.task_id)
        return answer
    await careless.before()
    notes = notes_of(call.request)
    stream = call.streams.add(None if notes is None else StreamNotes(notes, call, answer))
    opened = _Opened(call, stream, call.deviation.stream(call, careless.outlet(stream)))
    try:
        reader = await careless.reader(opened.faulty)
        task_id = await careless.task_id()
        opened.subscription = await call.platform.streams.subscribe(call.caller, task_id, reader)
        await careless.wait()
        _raise_failure(stream)
        await answer.begin(call.request, stream)
    except BaseException:
        opened.close()
        raise
    stream.ended.add_done_callback(opened.over)
    return answer


def _answer(call: Call, careless: CarelessStream) -> StreamAnswer:
    headers = CIMultiDict(call.headers)
    headers.add(hdrs.CONTENT_TYPE, "text/event-stream")
    headers.add(_UNBUFFERED, "no")
    careless.head(headers)
    answer = _kind(call)(status=call.deviation.head(call, headers, 200), headers=headers)
    answer.force_close()
    return answer


def _kind(call: Call) -> type[StreamAnswer]:
    if call.deviation.frames_twice(call):
        return TwoFramings
    return ChunksForAll if call.deviation.chunks_for_all(call) else StreamAnswer


def _raise_failure(stream: EventStream) -> None:
    if stream.failure is not None:
        raise stream.failure


class _Opened:
    """What is held for an open stream until its end, and all of it: ten thousand may be open."""

    __slots__ = ("faulty", "leaving", "stream", "streams", "subscription")

    def __init__(self, call: Call, stream: EventStream, faulty: FaultyStream) -> None:
        self.streams = call.streams
        self.stream = stream
        self.faulty = faulty
        self.subscription: Subscription | None = None
        self.leaving = Leaving(call)

    def over(self, ended: "asyncio.Future[Ending]") -> None:
        """The client has everything, or has left."""
        self.close()
        if ended.result() is Ending.GONE:
            self.leaving.left()

    def close(self) -> None:
        """Write nothing more to the stream."""
        if self.subscription is not None:
            self.subscription.close()
        self.faulty.close()
        self.streams.remove(self.stream)
