"""/session and /me: the users for sign-in by one click, signing in and out, and what one may do where."""

from typing import Any

from sigmic_mock.console.cookie import session_cookie, session_of
from sigmic_mock.console.projects import project_data, rights_of
from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.router import by_name
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.people import User
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.people import SESSION_SECONDS, People


def handlers(people: People, accounts: Accounts) -> Handlers:
    """Return the handlers."""

    def seen_by(user: User) -> dict[str, Any]:
        projects = [
            project_data(project, people.role(user, project.id), declared=not project.minted)
            for project in accounts.projects
        ]
        return {"name": user.name, "rights": rights_of(user.role), "projects": projects}

    def known(call: ConsoleCall) -> dict[str, Any] | None:
        """Return what `/me` says; None without a session. A page asks so without being refused."""
        try:
            return seen_by(session_of(call.request, people)[0])
        except ApiError:
            return None

    async def ways_to_sign_in(call: ConsoleCall) -> ConsoleAnswer:
        users = people.users.values()
        clicks = [{"name": user.name, "role": user.role.value} for user in users if user.password is None]
        has_passwords = any(user.password is not None for user in users)
        return ConsoleAnswer(data={"me": known(call), "oneClick": clicks, "byPassword": has_passwords})

    async def sign_in(call: ConsoleCall) -> ConsoleAnswer:
        name, password = call.body["name"], call.body.get("password")
        user, token = people.sign_in(name, password, call.request.remote or "")
        cookie = session_cookie(call.request, token.reveal(), SESSION_SECONDS)
        return ConsoleAnswer(data=seen_by(user), headers={"Set-Cookie": cookie})

    async def sign_out(call: ConsoleCall) -> ConsoleAnswer:
        people.sign_out(session_of(call.request, people)[1])
        gone = session_cookie(call.request, "", 0)
        return ConsoleAnswer(data={"name": call.caller.name}, headers={"Set-Cookie": gone})

    async def who_am_i(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=seen_by(call.caller))

    return by_name(ways_to_sign_in, sign_in, sign_out, who_am_i)
