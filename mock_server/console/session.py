"""/session and /me: signing in and out, and what one may do where."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.console.guard import session_cookie, session_token
from sigmic_conformance.mock_server.console.projects import project_data
from sigmic_conformance.mock_server.console.router import ConsoleCall, ConsoleRoute, Said
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.people import User
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.service.people import SESSION_SECONDS, People


def routes(people: People, accounts: Accounts) -> Iterable[ConsoleRoute]:
    """Return the routes."""

    def seen_by(user: User) -> dict[str, Any]:
        projects = [
            project_data(project, people.role(user, project.id), declared=accounts.is_declared(project))
            for project in accounts.projects
        ]
        return {"name": user.name, "projects": projects}

    async def sign_in(call: ConsoleCall) -> Said:
        name, password = call.body.get("name"), call.body.get("password")
        if not isinstance(name, str) or not isinstance(password, str | None):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "name must be a string, and password, if there is one")
        user, token = people.sign_in(name, password)
        cookie = session_cookie(call.request, token.reveal(), SESSION_SECONDS)
        return Said(data=seen_by(user), headers={"Set-Cookie": cookie})

    async def sign_out(call: ConsoleCall) -> Said:
        people.sign_out(session_token(call.request))
        gone = session_cookie(call.request, "", 0)
        return Said(data={"name": call.caller.name}, headers={"Set-Cookie": gone})

    async def me(call: ConsoleCall) -> Said:
        return Said(data=seen_by(call.caller))

    return (
        ConsoleRoute("POST", "/session", sign_in, fields=("name", "password"), is_open=True),
        ConsoleRoute("DELETE", "/session", sign_out),
        ConsoleRoute("GET", "/me", me),
    )
