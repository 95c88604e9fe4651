"""People: who may sign in at the console, who has, and which role each has in each project.

Sessions are kept by digest and in memory: they end with the server. What is durable are the roles.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_conformance.mock_server.domain import credentials
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.people import User
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.ports import Clock
from sigmic_conformance.mock_server.storage.members import MemberStore

SESSION_SECONDS = 12 * 3600
_MOST_TRIES = 5
_TRIES_SECONDS = 60.0
_MOST_SESSIONS = 10_000
_NOBODY = credentials.digest("nobody has this password")


@dataclass(frozen=True, slots=True)
class _Session:
    user: User
    until: float


class People:
    """Sign-in and roles. Without `users` nobody can sign in."""

    def __init__(self, users: Sequence[User], members: MemberStore, clock: Clock) -> None:
        self.users = {user.name: user for user in users}
        self._members = members
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}
        self._given: dict[tuple[str, str], Role] = {}
        self._tries: dict[str, deque[float]] = {}

    async def start(self) -> None:
        """Read the roles."""
        self._given = await self._members.load()

    def sign_in(self, name: str, password: str | None) -> tuple[User, Secret]:
        """Begin a session; return the user and what the cookie holds.

        Raises FORBIDDEN when this server has no users, INVALID_CREDENTIALS, RATE_LIMITED.
        """
        if not self.users:
            message = "This server has no users: declare some in its configuration"
            raise ApiError(ErrorCode.FORBIDDEN, message)
        user = self.users.get(name)
        if user is None or user.password is not None:
            self._count_try(name)
            remembered = _NOBODY if user is None else credentials.digest(_revealed(user))
            if not credentials.matches(password or "", remembered) or user is None:
                raise ApiError(ErrorCode.INVALID_CREDENTIALS, "Wrong name or password")
            self._tries.pop(name, None)
        token = secrets.token_hex(32)
        self._forget_old()
        self._sessions[credentials.digest(token)] = _Session(user, self._clock.monotonic() + SESSION_SECONDS)
        return user, Secret(token)

    def signed_in(self, token: str) -> User:
        """Return who a cookie belongs to; raises AUTH_REQUIRED."""
        session = self._sessions.get(credentials.digest(token))
        if session is None or self._clock.monotonic() >= session.until:
            raise ApiError(ErrorCode.AUTH_REQUIRED, "Sign in first: POST /console/api/session")
        return session.user

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(credentials.digest(token), None)

    def role(self, user: User, project_id: str) -> Role:
        """Return a user's role in a project."""
        return self._given.get((project_id, user.name), user.role)

    def members(self, project_id: str) -> dict[str, Role]:
        """Return every user's role in a project, by name."""
        return {name: self.role(user, project_id) for name, user in self.users.items()}

    async def give(self, project_id: str, name: str, role: Role) -> None:
        """Give a user another role in a project."""
        self._given[project_id, name] = role
        await self._members.keep(project_id, name, role)

    async def take_back(self, project_id: str, name: str) -> None:
        """Let a user have their own role in a project again."""
        self._given.pop((project_id, name), None)
        await self._members.drop(project_id, name)

    async def forget(self, project_id: str) -> None:
        """The project is no more; its rows have gone with it."""
        self._given = {at: role for at, role in self._given.items() if at[0] != project_id}

    def _count_try(self, name: str) -> None:
        now = self._clock.monotonic()
        tries = self._tries.setdefault(name, deque(maxlen=_MOST_TRIES))
        if len(tries) == _MOST_TRIES and now - tries[0] < _TRIES_SECONDS:
            message = f"Too many tries for this name; wait {_TRIES_SECONDS:g} seconds"
            raise ApiError(ErrorCode.RATE_LIMITED, message, headers={"Retry-After": f"{_TRIES_SECONDS:g}"})
        tries.append(now)
        while len(self._tries) > _MOST_SESSIONS:
            del self._tries[next(iter(self._tries))]

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._sessions = {at: held for at, held in self._sessions.items() if held.until > now}
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]


def _revealed(user: User) -> str:
    return user.password.reveal() if user.password is not None else ""
