"""Routes: each operation of the document has one handler, and each handler one operation."""

from typing import Any

import pytest
from aiohttp import web

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.http.handlers import HANDLERS
from sigmic_mock.http.routing import PlainRoute, Router, UnboundOperations
from sigmic_spec.document import Document

OPERATIONS = Document.load().operations


async def plain(_request: web.BaseRequest) -> web.StreamResponse:
    return web.Response()


@pytest.fixture
def router() -> Router:
    return Router(
        OPERATIONS, HANDLERS, {"/healthz": PlainRoute("healthz", plain)}, ["/openapi.json", "/docs"]
    )


def test_an_operation_without_a_handler_or_the_reverse_refuses_to_start():
    without = {name: handler for name, handler in HANDLERS.items() if name != "get_task"}

    with pytest.raises(UnboundOperations, match=r"without a handler: \['get_task'\]"):
        Router(OPERATIONS, without, {})
    with pytest.raises(UnboundOperations, match=r"without an operation: \['fly'\]"):
        Router(OPERATIONS, {**HANDLERS, "fly": HANDLERS["get_task"]}, {})


@pytest.mark.parametrize(
    ("path", "near"),
    [
        *((path, None) for path in ("/", "*", "", "/nothing/at/all")),
        *((path, "/api/v1/tasks") for path in ("/api/v1", "/v1/tasks", "/API/v1/tasks", "/api/v1/tasks/")),
        *((path, "/openapi.json") for path in ("/openapi.jsn", "/openapi", "/swagger/openapi.json")),
        ("/doc", "/docs"),
        ("/task", "/api/v1/tasks"),
        *((path, "/api/v1/tasks/{id}") for path in ("/tasks/x", "/api/v2/tasks/x", "/v1/task/x")),
        *((path, "/api/v1/tasks/{id}/messages") for path in ("/tasks/x/messages", "/api/tasks/x/message")),
        *((path, "/api/v1/tasks") for path in ("//api/v1/tasks", "/api/v1//tasks")),
        ("/api/v1/tasks/x/", "/api/v1/tasks/{id}"),
        ("/api/v1/tasks/%ff", "/api/v1/tasks/{id}"),
        ("/api/v1/tasks/x/tools//approve", "POST /api/v1/tasks/{id}/tools/{callId}/approve"),
        ("/api/v1/tasks/x/approve", "POST /api/v1/tasks/{id}/tools/{callId}/approve"),
        ("/api/v1/tasks/x/message", "/api/v1/tasks/{id}/messages"),
        ("/api/v1/tasks/x/cancel", "DELETE /api/v1/tasks/{id}"),
        ("/api/v1/tasks/x/nothing", "/api/v1/tasks/{id}"),
        ("/api/v1/tasks/x/artifacts/a.txt", "/api/v1/tasks/{id}/artifacts"),
    ],
)
def test_nothing_is_at_another_address_and_the_nearest_is_named(router: Router, path: str, near: str | None):
    with pytest.raises(ApiError) as refused:
        router.match("GET", path)

    assert refused.value.code == "NOT_FOUND"
    assert refused.value.message.partition("; did you mean ")[2] == (f"{near}?" if near else "")


def test_options_has_no_route_but_says_what_is_allowed(router: Router):
    match: Any = router.match("OPTIONS", "/api/v1/auth/token")

    assert (match.route, match.allow) == (None, ("OPTIONS", "POST"))
