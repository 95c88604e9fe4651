"""The task's stream of server-sent events (api-facts section 3, decisions G-47..G-58)."""

from contextlib import suppress

from aiohttp import hdrs, web
from multidict import CIMultiDict, istr

from mock_server.api.call import Call
from mock_server.api.careless_stream import CarelessStream
from mock_server.api.connection import Connection
from mock_server.api.event_stream import Ending, EventStream
from mock_server.api.journal_keeping import notes_of
from mock_server.api.two_framings import ChunksForAll, TwoFramings
from mock_server.core.errors import ApiError

_UNBUFFERED = istr("X-Accel-Buffering")


async def stream_task(call: Call) -> web.StreamResponse:
    """Replay the history, then follow the run. An unknown task is a JSON 404 (G-55)."""
    headers = CIMultiDict(call.headers)
    headers.add(hdrs.CONTENT_TYPE, "text/event-stream")
    headers.add(_UNBUFFERED, "no")
    careless = CarelessStream(call)
    careless.head(headers)
    answer = _kind(call)(status=call.deviation.head(call, headers, 200), headers=headers)
    answer.force_close()
    if call.request.method == "HEAD":
        await call.platform.tasks.get(call.caller, call.task_id)
        return answer
    await careless.before()
    notes = notes_of(call.request)
    stream = call.streams.add(None if notes is None else notes.stream(call, answer.status))
    faulty = call.deviation.stream(call, careless.outlet(stream))
    try:
        reader = await careless.reader(faulty)
        subscription = await call.platform.streams.subscribe(call.caller, call.task_id, reader)
        try:
            _raise_failure(stream)
            await careless.wait()
            await _serve(call, answer, stream)
        finally:
            subscription.close()
            faulty.close()
            careless.close()
            await _leave(call, stream)
    finally:
        call.streams.remove(stream)
    return answer


def _kind(call: Call) -> type[web.StreamResponse]:
    if call.deviation.frames_twice(call):
        return TwoFramings
    return ChunksForAll if call.deviation.chunks_for_all(call) else web.StreamResponse


async def _leave(call: Call, stream: EventStream) -> None:
    has_left = stream.ended.done() and stream.ended.result() is Ending.GONE
    if has_left and call.deviation.cancels_on_leaving(call):
        with suppress(ApiError):
            await call.platform.tasks.cancel(call.caller, call.task_id)


async def _serve(call: Call, answer: web.StreamResponse, stream: EventStream) -> None:
    request = call.request
    chunked = request.version >= (1, 1) or isinstance(answer, ChunksForAll)
    if request.version >= (1, 1):
        answer.enable_chunked_encoding()
    await answer.prepare(request)
    connection = request.protocol
    transport = request.transport
    if transport is None or not isinstance(connection, Connection):
        raise ConnectionResetError("the client left before the stream began")
    stream.open(connection, transport, chunked=chunked)
    with call.clock.waiting():
        ending = await stream.ended
    _raise_failure(stream)
    if ending is not Ending.FINISHED:
        raise ConnectionResetError(f"the stream's client is {ending.value}")
    await answer.write_eof()


def _raise_failure(stream: EventStream) -> None:
    if stream.failure is not None:
        raise stream.failure
