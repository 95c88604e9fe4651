"""Addresses, bodies and queries of the control plane: what is misspelt is refused with the nearest name."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sigmic_conformance.mock_server.control.guard import Guard
from sigmic_conformance.mock_server.control.router import ControlCall, ControlPlane
from sigmic_conformance.mock_server.control.table import Table
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.secret import Secret

TABLE = Table(
    {
        "operations": {
            "advance": {"post": "/clock/advance", "body": {"by": "text", "to?": "text"}},
            "show": {"get": "/clock", "query": {"limit?": "count"}},
            "clear": {"delete": "/tasks/{task}/faults"},
        }
    }
)
OWNER = {"Authorization": "Bearer t"}


class _Projects:
    def project_of_key(self, api_key: str) -> str:
        return {"sigmic_a": "project-a"}[api_key]

    def project_named(self, project_id: str | None) -> str:
        if project_id not in (None, "project-b"):
            raise ApiError(ErrorCode.NOT_FOUND, "no such project")
        return project_id or "the-only-one"


async def _echo(call: ControlCall) -> dict[str, Any]:
    return {
        "path": dict(call.path),
        "body": dict(call.body),
        "query": dict(call.query),
        "project": call.project_id,
    }


@pytest.fixture
async def control():
    plane = ControlPlane(
        Guard(Secret("t")),
        _Projects(),
        lambda: TABLE,
        dict.fromkeys(TABLE.operations, _echo),
    )

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await plane.answer(request, {"X-Request-Id": "1"})
        except ApiError as refusal:
            return web.json_response(
                {"code": refusal.code.value, "message": refusal.message}, status=refusal.status
            )

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=OWNER) as session:

        async def call(method: str, path: str, **options: Any) -> tuple[int, Any]:
            async with session.request(method, path, **options) as reply:
                return reply.status, await reply.json()

        yield call
    await runner.cleanup()


async def test_a_call_reaches_its_handler(control) -> None:
    status, value = await control("POST", "/__mock/v1/clock/advance", json={"by": "15s"})

    assert status == 200
    assert value == {"path": {}, "body": {"by": "15s"}, "query": {}, "project": "the-only-one"}


async def test_the_address_names_what_the_call_is_about(control) -> None:
    status, value = await control("DELETE", "/__mock/v1/tasks/a%2Fb/faults?project=project-b")

    assert (status, value["path"], value["project"]) == (200, {"task": "a/b"}, "project-b")


async def test_a_project_can_be_named_by_its_key(control) -> None:
    _, value = await control("GET", "/__mock/v1/clock", headers={"X-API-Key": "sigmic_a"})

    assert value["project"] == "project-a"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "told"),
    [
        ("GET", "/__mock/v1/clok", {}, 404, "did you mean /__mock/v1/clock?"),
        ("GET", "/__mock/v2/clock", {}, 404, "under /__mock/v1"),
        ("PUT", "/__mock/v1/clock", {}, 405, ""),
        ("POST", "/__mock/v1/clock/advance", {"json": {"xyz": "15s"}}, 400, "known: by, to"),
        ("POST", "/__mock/v1/clock/advance", {"json": ["by"]}, 400, "must be a JSON object"),
        ("GET", "/__mock/v1/clock?limit=1&limit=2", {}, 400, "once"),
        ("GET", "/__mock/v1/clock?project=nowhere", {}, 404, "no such project"),
        ("POST", "/__mock/v1/clock/advance", {"data": b"{}"}, 415, "application/json"),
    ],
)
async def test_a_mistake_is_told(control, method, path, options, status, told) -> None:
    answered, value = await control(method, path, **options)

    assert answered == status
    assert told in value["message"]


@pytest.mark.parametrize("body", [b"{", b'{"by":1,"by":2}', b"\xff", b"NaN"])
async def test_a_broken_body_is_told(control, body: bytes) -> None:
    status, value = await control(
        "POST", "/__mock/v1/clock/advance", data=body, headers={"Content-Type": "application/json"}
    )

    assert (status, value["code"]) == (400, "VALIDATION_ERROR")
