"""The application around its handlers: mounts, and responses that are never lost."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.mount import Mounts
from sigmic_mock.http.server import HttpServer
from tests.fakes.served import ORIGIN, Served, serving_instead

TASKS = "/api/v1/tasks"


class Pages:
    """A mount with two pages."""

    name = "pages"

    def speaks_for(self, raw_path: str) -> bool:
        return raw_path.startswith("/pages/")

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        if request.rel_url.raw_path != "/pages/one":
            raise ApiError(ErrorCode.NOT_FOUND, "There is no such page")
        return web.Response(text="one", headers=headers)


async def test_a_mount_answers_for_its_addresses_and_refuses_in_the_envelope(mock: Served):
    server = HttpServer(replace(mock.application.server.app, mounts=Mounts((Pages(),))))
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


async def test_an_open_operation_has_no_caller_to_ask_for(mock: Served):
    asked: list[str] = []

    async def asks(ctx: RequestContext) -> web.StreamResponse:
        asked.append(ctx.name)
        _ = ctx.caller
        raise AssertionError("nobody was authenticated")

    async with serving_instead(mock, create_token=asks) as there:
        reply = await there.call("POST", "/api/v1/auth/token", headers={}, json={})

    assert (asked, reply.status) == (["create_token"], 500)
