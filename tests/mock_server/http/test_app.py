"""The application around its handlers: mounts, an observer that hears, and what is never lost."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.observer import Ending
from sigmic_conformance.mock_server.http.server import HttpServer
from tests.fakes.served import ORIGIN, Served, serving_instead
from tests.fakes.waiting import eventually

TASKS = "/api/v1/tasks"


class Pages:
    """A mount of two pages."""

    name = "pages"

    def speaks_for(self, raw_path: str) -> bool:
        return raw_path.startswith("/pages/")

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        if request.rel_url.raw_path != "/pages/one":
            raise ApiError(ErrorCode.NOT_FOUND, "There is no such page")
        return web.Response(text="one", headers=headers)


class Heard:
    """Observes traffic, requests, parts and streams alike: notes what it hears."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    def began(self, request: web.BaseRequest, request_id: str) -> "Heard":
        self.said.append(("began", request.method))
        return self

    def concerns(self, project_id: str) -> None:
        self.said.append(("concerns",))

    async def read_body(self, body: bytes) -> None:
        self.said.append(("read body", body))

    def began_part(self, name: str | None, filename: str | None, content_type: str | None) -> "Heard":
        self.said.append(("part", name))
        return self

    def read(self, piece: bytes) -> None:
        if piece:
            self.said.append(("read", piece))

    def opened_stream(self, task_id: str, answer: web.StreamResponse) -> "Heard":
        self.said.append(("opened stream", answer.status))
        return self

    def wrote(self, data: bytes) -> None:
        self.said.append(("wrote",))

    def handled(self) -> None:
        self.said.append(("handled",))

    def ended(self, *stream: Ending, unsent: int = 0, **request: Any) -> None:
        self.said.append(("stream ended", *stream, unsent) if stream else ("ended", request["operation"]))


async def observed(mock: Served, observer: Heard) -> tuple[HttpServer, Served]:
    server = HttpServer(replace(mock.application.server.app, observer=observer))
    port = await server.listen("127.0.0.1", 0)
    return server, Served(mock.application, port, mock.session)


async def test_a_mount_answers_for_its_addresses_and_refuses_in_the_envelope(mock: Served):
    server = HttpServer(replace(mock.application.server.app, mounts=(Pages(),)))
    port = await server.listen("127.0.0.1", 0)
    there = Served(mock.application, port, mock.session)
    try:
        page = await there.call("GET", "/pages/one", headers={"Origin": ORIGIN})
        missing = await there.call("GET", "/pages/two", headers={})
        task = await there.call("GET", TASKS)
    finally:
        await server.stop()

    assert (page.status, page.body) == (200, b"one")
    assert "X-Request-Id" in page.headers
    assert "Access-Control-Allow-Origin" not in page.headers
    assert (missing.status, missing.code) == (404, "NOT_FOUND")
    assert task.status == 200
    rendered = mock.application.server.app.access_log.metrics.render()
    assert b'operation="pages",status="404"' in rendered


async def test_an_observer_hears_of_a_request_step_by_step(mock: Served):
    observer = Heard()
    server, there = await observed(mock, observer)
    try:
        _ = await there.call("POST", TASKS, json={"message": "What is 2+2?"})
    finally:
        await server.stop()

    assert observer.said == [
        ("began", "POST"),
        ("concerns",),
        ("read body", b'{"message": "What is 2+2?"}'),
        ("handled",),
        ("ended", "create_task"),
    ]


async def test_an_observer_hears_of_the_parts_of_a_form(mock: Served):
    observer = Heard()
    server, there = await observed(mock, observer)
    body = b'--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nhi\r\n--X--\r\n'
    headers = {**there.key, "Content-Type": "multipart/form-data; boundary=X"}
    try:
        _ = await there.call("POST", TASKS, data=body, headers=headers)
    finally:
        await server.stop()

    assert observer.said[2:4] == [("part", "message"), ("read", b"hi")]


async def test_an_observer_hears_of_a_stream_until_its_end_and_then_of_its_request(mock: Served):
    observer = Heard()
    task = await mock.finished()
    server, there = await observed(mock, observer)
    try:
        _ = await there.call("GET", f"{TASKS}/{task}/stream")
        await eventually(lambda: ("ended", "stream_task") in observer.said)
    finally:
        await server.stop()

    assert observer.said == [
        ("began", "GET"),
        ("concerns",),
        ("opened stream", 200),
        ("wrote",),
        ("handled",),
        ("stream ended", Ending.FINISHED, 0),
        ("ended", "stream_task"),
    ]


async def test_an_open_operation_has_no_caller_to_ask_for(mock: Served):
    asked: list[str] = []

    async def asks(ctx: RequestContext) -> web.StreamResponse:
        asked.append(ctx.name)
        _ = ctx.caller
        raise AssertionError("nobody was authenticated")

    async with serving_instead(mock, create_token=asks) as there:
        reply = await there.call("POST", "/api/v1/auth/token", headers={}, json={})

    assert (asked, reply.status) == (["create_token"], 500)
