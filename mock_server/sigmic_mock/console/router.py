"""From an address under /console/api to its handler: guard, route, who, which role, then the body.

Callers are the console's own pages, and programs of this machine or with a session. Cookies are shared by all
ports of a host, and SameSite counts them as one site: another development server on localhost is "the same
site". So every call that changes something needs the own Origin, JSON if it has a body and, where the browser
says it, `Sec-Fetch-Site: same-origin`. No CORS header, ever.

Rule: what a role may do is in `domain.access.RIGHTS` alone; a row of `console.yaml` only names the right.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.console.cookie import session_of
from sigmic_mock.control.fields import require_known
from sigmic_mock.control.guard import check_json
from sigmic_mock.control.router import Routes, body_of
from sigmic_mock.control.table import Table, load_table
from sigmic_mock.domain.access import Right, require
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.people import User
from sigmic_mock.http.envelope import Answer, encoded_answer, json_answer
from sigmic_mock.http.local_caller import require_no_foreign_page, require_own_page
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.people import People

PREFIX = "/console/api"
_SAFE = frozenset({"GET", "HEAD"})


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
class ConsoleAnswer:
    """A handler's answer: the data of its envelope, and more headers."""

    data: Any
    headers: Mapping[str, str] = field(default_factory=dict)


ConsoleHandler = Callable[[ConsoleCall], Awaitable[ConsoleAnswer]]
Handlers = Mapping[str, ConsoleHandler]
"""By the ids of their operations."""


def console_table() -> Table:
    """Return the table of the console's API."""
    return load_table(Path(__file__).with_name("console.yaml"))


class Console:
    """Every operation of the console; fulfils `http.mount.Mount`."""

    name = "console"

    def __init__(self, people: People, accounts: Accounts, handlers: Handlers) -> None:
        self._people = people
        self._accounts = accounts
        self._handlers = handlers
        self._routes = Routes(console_table(), handlers)

    def speaks_for(self, raw_path: str) -> bool:
        """True for every address of the console's API, known or not."""
        return raw_path == PREFIX or raw_path.startswith(f"{PREFIX}/")

    async def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.StreamResponse:
        """Answer one call; raises `ApiError`."""
        # Before the path is looked at.
        (require_no_foreign_page if request.method in _SAFE else require_own_page)(request, "The console")
        found = self._routes.find(request.method, request.rel_url.raw_path.removeprefix(PREFIX))
        if found is None:
            raise ApiError(ErrorCode.NOT_FOUND)
        operation, path = found
        if operation.takes_body:
            check_json(request)
        require_known(request.rel_url.query, (), "query parameter")
        user = None if "open" in operation.row else session_of(request, self._people)[0]
        project_id, role = "", Role.VIEWER
        if user is not None and "right" in operation.row:
            project_id = self._accounts.project_named(path["project"])
            role = self._people.role(user, project_id)
            require(role, Right(operation.row["right"]))
        call = ConsoleCall(
            request=request,
            path=path,
            body=await body_of(request, operation) if operation.takes_body else {},
            user=user,
            project_id=project_id,
            role=role,
        )
        said = await self._handlers[operation.id](call)
        if "bare" in operation.row:
            return json_answer(said.data, 200, headers)
        answer = Answer(data=said.data, status=int(operation.row.get("status", 200)))
        return encoded_answer(answer.encoded(), CIMultiDict({**headers, **said.headers}))
