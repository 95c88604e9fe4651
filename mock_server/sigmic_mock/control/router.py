"""From an address under /__mock/v1 to its handler: guard first, then route, then content type, then body.

A resource is one module with `handlers(...)`: a handler for each operation of `control.yaml` that it does.
What the table states of an operation's fields holds before its handler is called.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from aiohttp import web

from sigmic_mock.control.fields import checked, read_query
from sigmic_mock.control.guard import Guard, check_json
from sigmic_mock.control.table import (
    CONTROL_PATH,
    DECK,
    Field,
    Operation,
    Table,
    control_table,
)
from sigmic_mock.domain.errors import ApiError, ErrorCode, method_not_allowed
from sigmic_mock.http.body import LARGE, SMALL, JsonLimits, has_body, read_object
from sigmic_mock.http.envelope import json_answer
from sigmic_mock.http.paths import Paths
from sigmic_mock.service.accounts import Accounts
from sigmic_spec.nearest import nearest

_LIMITS = {"small": SMALL, "large": LARGE, "origins": JsonLimits(32 * 1024)}
"""How much a body may hold, by `limits` of its row; `origins`: a hundred, each as long as it may be."""
_PROJECT = Field("project", {"type": "string"}, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCall:
    """One call that passed the guard. `project_id` is the project it is about."""

    request: web.BaseRequest
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    project_id: str

    @property
    def is_server_wide(self) -> bool:
        """True when the caller said `scope=server`: about all callers instead of one project."""
        return self.query.get("scope") == "server"


ControlHandler = Callable[[ControlCall], Awaitable[Any]]
"""Returns a JSON value, or a whole answer (an export)."""
Handlers = Mapping[str, ControlHandler]
"""By the ids of their operations."""
_Handler = TypeVar("_Handler", bound=Callable[..., Any])


def by_name(*handlers: _Handler) -> dict[str, _Handler]:
    """Return handlers by the ids of their operations, which are their names."""
    return {handler.__name__: handler for handler in handlers}


class Routes:
    """The operations of a table, found by method and path. Each has a handler; no handler is without one."""

    def __init__(self, table: Table, handlers: Collection[str]) -> None:
        if astray := sorted(set(table.operations) ^ set(handlers)):
            what = "has no handler" if astray[0] in table.operations else "is not in the table"
            raise ValueError(f"operation {astray[0]} {what}")
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in table.operations.values():
            methods = by_path.setdefault(operation.path, {})
            if methods.setdefault(operation.method, operation) is not operation:
                raise ValueError(f"two operations for {operation.method} {operation.path}")
        self.paths = sorted(by_path)
        self._paths = Paths(by_path)

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation at a path, and the values of its names; raises METHOD_NOT_ALLOWED."""
        found = self._paths.find(path)
        if found is None:
            return None
        methods, names = found
        if method not in methods:
            raise method_not_allowed(methods)
        return methods[method], names


async def body_of(request: web.BaseRequest, operation: Operation) -> Mapping[str, Any]:
    """Return the body of a call as its operation states it; raises VALIDATION_ERROR."""
    given = await read_object(request, _LIMITS[operation.row.get("limits", "small")])
    return checked(given, operation.body, "field")


class ControlPlane:
    """Every control route of the server; fulfils `http.mount.Mount`."""

    name = "control"

    def __init__(self, guard: Guard, accounts: Accounts, handlers: Handlers, off: Mapping[str, str]) -> None:
        """`off`: why this server refuses the operations below a path, for which there are no handlers."""
        self._guard = guard
        self._accounts = accounts
        self._handlers = handlers
        self._off = off

    @cached_property
    def routes(self) -> Routes:
        """Every route. A start does not wait for the table."""
        table = control_table()
        off = (name for name, operation in table.operations.items() if self._why_off(operation))
        return Routes(table, {*self._handlers, *off})

    def _why_off(self, operation: Operation) -> str | None:
        return next((why for path, why in self._off.items() if operation.path.startswith(path)), None)

    def speaks_for(self, raw_path: str) -> bool:
        """True for every address of the control plane, known or not."""
        is_ours = raw_path.startswith("/__mock/") or raw_path == "/__mock"
        return is_ours and not is_of_deck(raw_path)

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one call; raises `ApiError`."""
        self._guard.check(request)
        operation, path = self._operation(request.method, request.rel_url.raw_path)
        if why := self._why_off(operation):
            raise ApiError(ErrorCode.CONFLICT, why)
        query = _query(request, operation)
        body = await _body(request, operation)
        call = ControlCall(
            request=request,
            path=path,
            query=query,
            body=body,
            project_id=self._project(request, operation, query),
        )
        value = await self._handlers[operation.id](call)
        if isinstance(value, web.StreamResponse):
            if not value.prepared:
                value.headers.update(headers)
            return value
        return json_answer(value, 200, headers)

    def _operation(self, method: str, raw_path: str) -> tuple[Operation, Mapping[str, str]]:
        if not raw_path.startswith(CONTROL_PATH + "/"):
            raise ApiError(
                ErrorCode.NOT_FOUND,
                f"The control plane is under {CONTROL_PATH}/; see {CONTROL_PATH}/openapi.json",
            )
        path = raw_path.removeprefix(CONTROL_PATH)
        if found := self.routes.find(method, path):
            return found
        near = nearest(path, self.routes.paths)
        told = f"; did you mean {CONTROL_PATH}{near}?" if near else ""
        raise ApiError(ErrorCode.NOT_FOUND, f"There is no {CONTROL_PATH}{path[:80]}{told}")

    def _project(self, request: web.BaseRequest, operation: Operation, query: Mapping[str, Any]) -> str:
        if operation.row.get("about") == "server":
            return ""
        if query.get("scope") == "server":
            if "project" in query:
                raise ApiError(ErrorCode.VALIDATION_ERROR, "Give either project or scope=server")
            return ""
        key = request.headers.get("X-API-Key")
        if key is not None and "project" not in query:
            return self._accounts.project_of_key(key)
        return self._accounts.project_named(query.get("project"))


def is_of_deck(raw_path: str) -> bool:
    """True for the address of the deck and of each of its tabs."""
    return raw_path == DECK or raw_path.startswith(f"{DECK}/")


def _query(request: web.BaseRequest, operation: Operation) -> Mapping[str, Any]:
    given = request.rel_url.query
    for name in given:
        if len(given.getall(name)) > 1:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Give the query parameter {name} once")
    return read_query(given, {**operation.query, "project": _PROJECT})


async def _body(request: web.BaseRequest, operation: Operation) -> Mapping[str, Any]:
    if operation.takes_body:
        check_json(request)
    elif not has_body(request):
        return {}
    # A write without a body still declares JSON, which is what keeps a foreign form out.
    return await body_of(request, operation)
