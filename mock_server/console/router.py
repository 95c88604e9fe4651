"""From an address under /console/api to its handler: guard, route, who, which role, then the body.

Rule: what a role may do is in `domain.access.RIGHTS` alone; a route only names the right that it needs.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.console.cookie import session_of
from sigmic_conformance.mock_server.console.guard import check_body, check_page
from sigmic_conformance.mock_server.control.router import match_path, require_known
from sigmic_conformance.mock_server.domain.access import Right, require
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.people import User
from sigmic_conformance.mock_server.http.body import SMALL, JsonLimits, read_object
from sigmic_conformance.mock_server.http.envelope import Answer, encoded_answer, json_answer
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.service.people import People

PREFIX = "/console/api"
_WRITING = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleCall:
    """One call that may be answered. `project_id` and `role` are empty where no project is meant."""

    request: web.BaseRequest
    path: Mapping[str, str]
    body: Mapping[str, Any]
    user: User | None
    project_id: str = ""
    role: Role = Role.VIEWER

    @property
    def caller(self) -> User:
        """Who is signed in."""
        if self.user is None:
            raise ApiError(ErrorCode.AUTH_REQUIRED)
        return self.user


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A handler's answer: data of the envelope, or `bare` without one, and headers of its own."""

    data: Any
    bare: bool = False
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


ConsoleHandler = Callable[[ConsoleCall], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """One route. `right` is what it needs in its project; None: no project is meant.

    `fields` are the names that a body may hold, `limits` how much. `is_open` is answered to callers who have
    not signed in.
    """

    method: str
    path: str
    handler: ConsoleHandler
    right: Right | None = None
    fields: tuple[str, ...] = ()
    is_open: bool = field(default=False, kw_only=True)
    limits: JsonLimits = field(default=SMALL, kw_only=True)


class Console:
    """Every route of the console; fulfils `http.mount.Mount`."""

    name = "console"

    def __init__(self, people: People, accounts: Accounts, routes: Iterable[ConsoleRoute]) -> None:
        self._people = people
        self._accounts = accounts
        self.routes = tuple(routes)

    def speaks_for(self, raw_path: str) -> bool:
        """True for every address of the console's API, known or not."""
        return raw_path == PREFIX or raw_path.startswith(f"{PREFIX}/")

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one call; raises `ApiError`."""
        check_page(request)
        route, path = self._route(request.method, request.rel_url.raw_path)
        check_body(request)
        require_known(request.rel_url.query, (), "query parameter")
        user = None if route.is_open else session_of(request, self._people)[0]
        project_id, role = "", Role.VIEWER
        if user is not None and route.right is not None:
            project_id = self._accounts.project_named(path["project"])
            role = self._people.role(user, project_id)
            require(role, route.right)
        call = ConsoleCall(
            request=request,
            path=path,
            body=await _body(request, route),
            user=user,
            project_id=project_id,
            role=role,
        )
        said = await route.handler(call)
        if said.bare:
            return json_answer(said.data, said.status, headers)
        answer = Answer(data=said.data, status=said.status)
        return encoded_answer(answer.encoded(), CIMultiDict({**headers, **said.headers}))

    def _route(self, method: str, raw_path: str) -> tuple[ConsoleRoute, Mapping[str, str]]:
        segments = raw_path[len(PREFIX) + 1 :].split("/")
        found = {
            route.method: (route, path)
            for route in self.routes
            if (path := match_path(tuple(route.path.split("/")[1:]), segments)) is not None
        }
        if not found:
            raise ApiError(ErrorCode.NOT_FOUND)
        if method not in found:
            raise ApiError(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": ", ".join(sorted(found))})
        return found[method]


async def _body(request: web.BaseRequest, route: ConsoleRoute) -> Mapping[str, Any]:
    if request.method not in _WRITING:
        return {}
    body = await read_object(request, route.limits)
    require_known(body, route.fields, "field")
    return body
