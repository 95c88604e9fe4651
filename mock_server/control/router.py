"""From an address under /__mock/v1 to its handler: guard first, then route, then content type, then body.

A resource is one module with `routes(...)`, which says of each route what its body and query may hold: a
misspelt name is refused with the nearest one and never ignored.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from aiohttp import web

from sigmic_conformance.mock_server.control.guard import Guard, check_json
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.body import SMALL, JsonLimits, has_body, read_object
from sigmic_conformance.mock_server.http.envelope import json_answer
from sigmic_conformance.spec.nearest import hint, hint_of_known, nearest

PREFIX = "/__mock/v1"
DECK = "/__mock/ui"
"""The page over the control plane, served with the other pages: it asks as any client does."""
_WRITING = frozenset({"POST", "PUT", "PATCH"})


class Projects(Protocol):
    """Which project a call is about."""

    def project_of_key(self, api_key: str) -> str:
        """Return the project that an API key belongs to; raises INVALID_API_KEY."""

    def project_named(self, project_id: str | None) -> str:
        """Return `project_id` if it exists, without one the only or the default project.

        Raises NOT_FOUND, or VALIDATION_ERROR when a project must be named.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCall:
    """One call that passed the guard. `project_id` is the project it is about."""

    request: web.BaseRequest
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    project_id: str

    @property
    def is_server_wide(self) -> bool:
        """True when the caller said `scope=server`: about everybody, not about one project."""
        return self.query.get("scope") == "server"

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string of the body; raises VALIDATION_ERROR. Without a default the field is required."""
        value = self.body.get(name, default)
        if not isinstance(value, str):
            raise ApiError(
                ErrorCode.VALIDATION_ERROR,
                f"{name} is required" if value is None else f"{name} must be a string",
            )
        return value


ControlHandler = Callable[[ControlCall], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One route. The handler returns a JSON value, or a whole answer of its own (an export).

    `fields` are the names that a body may hold, `limits` how much; `query` the parameters besides `project`.
    `scoped` is False when the call is about no project; where `query` has `scope`, a caller may say
    `scope=server` and then it is about none either.
    """

    method: str
    path: str
    handler: ControlHandler
    fields: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    scoped: bool = field(default=True, kw_only=True)
    limits: JsonLimits = field(default=SMALL, kw_only=True)


class ControlPlane:
    """Every control route of the server; fulfils `http.mount.Mount`."""

    name = "control"

    def __init__(self, guard: Guard, projects: Projects, routes: Iterable[ControlRoute]) -> None:
        self._guard = guard
        self._projects = projects
        self._routes: dict[tuple[str, ...], dict[str, ControlRoute]] = {}
        for route in routes:
            methods = self._routes.setdefault(tuple(route.path.split("/")[1:]), {})
            if route.method in methods:
                message = f"two handlers for {route.method} {route.path}"
                raise ValueError(message)
            methods[route.method] = route

    @property
    def routes(self) -> tuple[ControlRoute, ...]:
        """Every route."""
        return tuple(route for methods in self._routes.values() for route in methods.values())

    def speaks_for(self, raw_path: str) -> bool:
        """True for every address of the control plane, known or not."""
        is_ours = raw_path.startswith("/__mock/") or raw_path == "/__mock"
        return is_ours and not is_of_deck(raw_path)

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one call; raises `ApiError`."""
        self._guard.check(request)
        route, path = self._route(request.method, request.rel_url.raw_path)
        query = _query(request, route)
        body = await _body(request, route)
        call = ControlCall(
            request=request,
            path=path,
            query=query,
            body=body,
            project_id=self._project(request, route, query),
        )
        value = await route.handler(call)
        if isinstance(value, web.StreamResponse):
            if not value.prepared:
                value.headers.update(headers)
            return value
        return json_answer(value, 200, headers)

    def _route(self, method: str, raw_path: str) -> tuple[ControlRoute, Mapping[str, str]]:
        if not raw_path.startswith(PREFIX + "/"):
            raise ApiError(ErrorCode.NOT_FOUND, f"The control plane is under {PREFIX}")
        segments = raw_path[len(PREFIX) + 1 :].split("/")
        for pattern, methods in self._routes.items():
            path = match_path(pattern, segments)
            if path is None:
                continue
            route = methods.get(method)
            if route is None:
                raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(methods))})
            return route, path
        known = sorted({"/" + "/".join(pattern) for pattern in self._routes})
        raise ApiError(
            ErrorCode.NOT_FOUND, f"There is no {PREFIX}/{'/'.join(segments)[:80]}{_hint(known, segments)}"
        )

    def _project(self, request: web.BaseRequest, route: ControlRoute, query: Mapping[str, str]) -> str:
        if not route.scoped:
            return ""
        if "scope" in query and one_of("scope", query["scope"], ("project", "server")) == "server":
            if "project" in query:
                raise ApiError(ErrorCode.VALIDATION_ERROR, "Give either project or scope=server")
            return ""
        key = request.headers.get("X-API-Key")
        if key is not None and "project" not in query:
            return self._projects.project_of_key(key)
        return self._projects.project_named(query.get("project"))


def is_of_deck(raw_path: str) -> bool:
    """True for the address of the deck and of each of its tabs."""
    return raw_path == DECK or raw_path.startswith(f"{DECK}/")


def match_path(pattern: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """Return the values of the names in a pattern, decoded; None when the segments do not fit."""
    if len(pattern) != len(segments):
        return None
    path: dict[str, str] = {}
    for expected, given in zip(pattern, segments, strict=True):
        if expected.startswith("{") and given:
            path[expected.strip("{}")] = unquote(given, errors="replace")
        elif expected != given:
            return None
    return path


def _hint(known: list[str], segments: list[str]) -> str:
    near = nearest("/" + "/".join(segments), known)
    return f"; did you mean {PREFIX}{near}?" if near else ""


def _query(request: web.BaseRequest, route: ControlRoute) -> Mapping[str, str]:
    given = request.rel_url.query
    require_known(given, (*route.query, "project"), "query parameter")
    for name in given:
        if len(given.getall(name)) > 1:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Give the query parameter {name} once")
    return dict(given)


async def _body(request: web.BaseRequest, route: ControlRoute) -> Mapping[str, Any]:
    if request.method in _WRITING:
        check_json(request)
    elif not has_body(request):
        return {}
    # A write without a body still declares JSON, which is what keeps a foreign form out.
    body = await read_object(request, route.limits)
    require_known(body, route.fields, "field")
    return body


def require_known(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raise VALIDATION_ERROR for the first name in `given` that is not `known`, with the nearest one."""
    names = sorted(known)
    for name in given:
        if name not in names:
            known_names = hint_of_known(name, names)
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"Unknown {what} {name[:80]!r}{known_names}")


def one_of(name: str, value: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; else raise VALIDATION_ERROR with the nearest one."""
    names = sorted(choices)
    if value in names:
        return value
    raise ApiError(
        ErrorCode.VALIDATION_ERROR, f"{name} must be one of {', '.join(names)}{hint(value, names)}"
    )
