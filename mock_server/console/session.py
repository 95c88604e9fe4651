"""/session and /me: who may sign in by one click, signing in and out, and what one may do where."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.console.cookie import session_cookie, session_of
from sigmic_conformance.mock_server.console.fields import LONGEST_NAME
from sigmic_conformance.mock_server.console.projects import project_data, rights_of
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
        return {"name": user.name, "rights": rights_of(user.role), "projects": projects}

    def known(call: ConsoleCall) -> dict[str, Any] | None:
        """Return what `/me` says; None for who has not signed in. A page asks so without being refused."""
        try:
            return seen_by(session_of(call.request, people)[0])
        except ApiError:
            return None

    async def ways(call: ConsoleCall) -> Said:
        users = people.users.values()
        clicks = [{"name": user.name, "role": user.role.value} for user in users if user.password is None]
        has_passwords = any(user.password is not None for user in users)
        return Said(data={"me": known(call), "oneClick": clicks, "byPassword": has_passwords})

    async def sign_in(call: ConsoleCall) -> Said:
        name, password = call.body.get("name"), call.body.get("password")
        if not isinstance(name, str) or not isinstance(password, str | None):
            raise ApiError(ErrorCode.VALIDATION_ERROR, "name must be a string, and password, if there is one")
        if len(name) > LONGEST_NAME:
            message = f"name must have at most {LONGEST_NAME} characters"
            raise ApiError(ErrorCode.VALIDATION_ERROR, message)
        user, token = people.sign_in(name, password, call.request.remote or "")
        cookie = session_cookie(call.request, token.reveal(), SESSION_SECONDS)
        return Said(data=seen_by(user), headers={"Set-Cookie": cookie})

    async def sign_out(call: ConsoleCall) -> Said:
        people.sign_out(session_of(call.request, people)[1])
        gone = session_cookie(call.request, "", 0)
        return Said(data={"name": call.caller.name}, headers={"Set-Cookie": gone})

    async def me(call: ConsoleCall) -> Said:
        return Said(data=seen_by(call.caller))

    return (
        ConsoleRoute("GET", "/session", ways, is_open=True),
        ConsoleRoute("POST", "/session", sign_in, fields=("name", "password"), is_open=True),
        ConsoleRoute("DELETE", "/session", sign_out),
        ConsoleRoute("GET", "/me", me),
    )
