"""The stream over HTTP: its head, its phases, its end."""

import asyncio
import weakref
from pathlib import Path

from aiohttp import web

from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.handlers.stream import stream_task
from tests.fakes.served import Served, answering, serving, serving_instead
from tests.fakes.waiting import eventually

TASKS = "/api/v1/tasks"


async def test_a_client_that_leaves_is_counted_when_it_has_left(mock: Served):
    task_id = await mock.create("Wait 60 seconds.")
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{TASKS}/{task_id}/stream"))
    await reader.readuntil(b"history_done")

    metrics = mock.application.server.app.access_log.metrics
    assert b'operation="stream_task"' not in metrics.render()
    writer.transport.abort()
    await eventually(lambda: b'operation="stream_task",status="499"} 1.0' in metrics.render())

    assert len(mock.application.server.streams) == 0
    assert mock.application.platform.streams.active == 0


async def test_an_open_stream_holds_nothing_of_its_request(tmp_path: Path):
    requests: list[weakref.ref[web.BaseRequest]] = []

    async def watched(ctx: RequestContext) -> web.StreamResponse:
        requests.append(weakref.ref(ctx.request))
        return await stream_task(ctx)

    async with serving(tmp_path, journal=0) as whole, serving_instead(whole, stream_task=watched) as mock:
        task_id = await mock.create("Wait 60 seconds.")
        reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
        writer.write(mock.head("GET", f"{TASKS}/{task_id}/stream"))
        await reader.readuntil(b"history_done")

        await eventually(lambda: [each() for each in requests] == [None])
        assert len(mock.application.server.streams) == 1
        writer.close()


async def test_bytes_after_the_request_are_discarded_and_the_end_is_noticed(mock: Served):
    task_id = await mock.create("Wait 60 seconds.")
    reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
    writer.write(mock.head("GET", f"{TASKS}/{task_id}/stream", "Content-Length: 10000000"))
    await reader.readuntil(b"history_done")

    writer.write(bytes(10_000_000))
    await writer.drain()
    assert len(mock.application.server.streams) == 1
    writer.write_eof()
    await eventually(lambda: len(mock.application.server.streams) == 0)
    writer.close()


async def test_an_answer_that_the_document_does_not_describe_is_an_error_of_ours(mock: Served):
    async with serving_instead(mock, list_tasks=answering("not a list")) as faulty:
        reply = await faulty.call("GET", TASKS)

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
