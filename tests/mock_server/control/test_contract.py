"""The control plane keeps to its own OpenAPI document: addresses, parameters, bodies and answers."""

from collections.abc import Iterable, Mapping
from typing import Any

import jsonschema_rs
import pytest

from sigmic_conformance.mock_server.control.contract import load_contract
from sigmic_conformance.mock_server.control.router import ControlPlane, ControlRoute
from tests.fakes.served import Served

CONTRACT = load_contract()
ROOT = "/__mock/v1"


def documented() -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in CONTRACT["paths"].items()
        for method, operation in operations.items()
    }


def parameters(operation: Mapping[str, Any], place: str) -> set[str]:
    given = [each for each in operation.get("parameters", ()) if "$ref" not in each]
    return {each["name"] for each in given if each["in"] == place}


def fields(operation: Mapping[str, Any]) -> set[str]:
    body = operation.get("requestBody", {"content": {"application/json": {"schema": {}}}})
    return set(body["content"]["application/json"]["schema"].get("properties", ()))


def routes(mock: Served) -> Iterable[ControlRoute]:
    control = mock.application.server.app.mounts[0]
    assert isinstance(control, ControlPlane)
    return control.routes


async def test_every_route_is_in_the_document_and_the_reverse(mock: Served) -> None:
    assert {(route.method, route.path) for route in routes(mock)} == set(documented())


async def test_every_route_takes_what_the_document_says(mock: Served) -> None:
    operations = documented()
    for route in routes(mock):
        operation = operations[route.method, route.path]
        assert parameters(operation, "query") == set(route.query), route.path
        assert fields(operation) == set(route.fields or ()), route.path
        scoped = any("$ref" in each for each in operation.get("parameters", ()))
        assert scoped == route.scoped, route.path


def is_as_documented(method: str, path: str, answer: Any) -> None:
    schema = documented()[method, path]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": CONTRACT["components"]}
    jsonschema_rs.validator_for(whole).validate(answer)


@pytest.mark.parametrize(
    "path", sorted(path for method, path in documented() if method == "GET" and "{" not in path)
)
async def test_what_is_read_looks_as_documented(mock: Served, path: str) -> None:
    reply = await mock.call("GET", f"{ROOT}{path}", headers=mock.control, params={})

    assert reply.status == 200, reply.body
    if path != "/journal/export":
        is_as_documented("GET", path, reply.json)


async def test_what_is_done_looks_as_documented(mock: Served) -> None:
    task = await mock.finished()
    calls: list[tuple[str, str, str, dict[str, Any]]] = [
        ("POST", "/projects", "/projects", {"name": "a"}),
        ("POST", "/keys", "/keys", {}),
        ("POST", "/tokens", "/tokens", {"end_user": "u"}),
        ("PUT", "/settings", "/settings", {"mcp_servers": {"crm": {"url": "http://{{mcp.H}}"}}}),
        ("POST", "/mcp-servers/{name}/test", "/mcp-servers/crm/test", {}),
        ("PUT", "/clock", "/clock", {"mode": "manual"}),
        ("POST", "/clock/advance", "/clock/advance", {"by": "1s"}),
        ("POST", "/seed", "/seed", {"seed": 1}),
        ("POST", "/faults", "/faults", {"fault": "sse.crlf"}),
        ("POST", "/faults/next", "/faults/next", {"fault": "sse.crlf"}),
        ("DELETE", "/faults", "/faults", {}),
        ("GET", "/faults/catalogue/{id}", "/faults/catalogue/sse.crlf", {}),
        ("POST", "/playbooks/reload", "/playbooks/reload", {}),
        ("GET", "/playbooks/{name}", "/playbooks/retry", {}),
        ("POST", "/playbooks/{name}/check", "/playbooks/p/check", {"yaml": "name: [", "message": "x"}),
        ("POST", "/explain", "/explain", {"message": "Hello"}),
        ("POST", "/journal/wait", "/journal/wait", {"kind": "request"}),
        ("GET", "/tasks/{task}/timeline", f"/tasks/{task}/timeline", {}),
        ("POST", "/snapshots", "/snapshots", {"name": "s"}),
        ("GET", "/snapshots/{name}", "/snapshots/s", {}),
        ("POST", "/snapshots/{name}/fork", "/snapshots/s/fork", {}),
        ("POST", "/snapshots/{name}/restore", "/snapshots/s/restore", {}),
        ("DELETE", "/snapshots/{name}", "/snapshots/s", {}),
        ("DELETE", "/playbooks", "/playbooks", {}),
        ("POST", "/reset", "/reset", {}),
        ("DELETE", "/journal", "/journal", {}),
    ]

    for method, documented_path, path, body in calls:
        more = {"json": body} if method in {"POST", "PUT"} else {}
        reply = await mock.call(method, f"{ROOT}{path}", headers=mock.control, **more)
        assert reply.status == 200, (path, reply.body)
        is_as_documented(method, documented_path, reply.json)
