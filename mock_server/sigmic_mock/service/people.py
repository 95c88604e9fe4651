"""People: the users of the console, their sessions, and their role in each project.

Sessions are kept by digest and in memory: they end with the server. Roles are durable: those in the
configuration are fixed, others are given while the server runs and last until a reset.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sigmic_mock.domain import credentials
from sigmic_mock.domain.access import reaches
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.people import User
from sigmic_mock.domain.secret import Secret
from sigmic_mock.ports import Clock
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.service.sign_in_tries import SignInTries
from sigmic_mock.storage.members import MemberStore

SESSION_SECONDS = 12 * 3600
_MOST_SESSIONS = 10_000
_NOBODY = credentials.digest("not the password of any user")


@dataclass(frozen=True, slots=True)
class _Session:
    user: User
    until: float


class People:
    """Sign-in and roles. Sign-in requires `users`. Fulfils `service.snapshots.SnapshotPart`."""

    def __init__(
        self,
        users: Sequence[User],
        members: MemberStore,
        clock: Clock,
        background: BackgroundWork,
        *,
        declared: Mapping[str, Mapping[str, Role]],
    ) -> None:
        """`declared` are the roles of the configuration, by project and user."""
        self.users = {user.name: user for user in users}
        self._members = members
        self._clock = clock
        self._background = background
        self._declared = declared
        self._saving = asyncio.Lock()
        self._sessions: dict[bytes, _Session] = {}
        self._given: dict[str, dict[str, Role]] = {}
        self._tries = SignInTries(clock)

    async def start(self) -> None:
        """Read the roles."""
        for (project_id, name), role in (await self._members.load()).items():
            self._given.setdefault(project_id, {})[name] = role

    def sign_in(self, name: str, password: str | None, address: str) -> tuple[User, Secret]:
        """Start a session; return the user and the value of the cookie. `address` is that of the caller.

        Raises FORBIDDEN when this server has no users, INVALID_CREDENTIALS, RATE_LIMITED.
        """
        if not self.users:
            message = "This server has no users: declare some in its configuration"
            raise ApiError(ErrorCode.FORBIDDEN, message)
        user = self.users.get(name)
        if user is None or user.password is not None:
            self._tries.check(name, address)
            remembered = _NOBODY if user is None else credentials.digest(_revealed(user))
            if not credentials.matches(password or "", remembered) or user is None:
                self._tries.count(name, address)
                raise ApiError(ErrorCode.INVALID_CREDENTIALS, "Wrong name or password")
            self._tries.clear(name, address)
        token = secrets.token_hex(32)
        self._forget_old()
        self._sessions[credentials.digest(token)] = _Session(user, self._clock.monotonic() + SESSION_SECONDS)
        return user, Secret(token)

    def user_of(self, token: str) -> User | None:
        """Return the user of a session, None if it does not exist or has ended."""
        session = self._sessions.get(credentials.digest(token))
        is_open = session is not None and self._clock.monotonic() < session.until
        return session.user if session is not None and is_open else None

    def sign_out(self, token: str) -> None:
        """End a session."""
        self._sessions.pop(credentials.digest(token), None)

    def role(self, user: User, project_id: str) -> Role:
        """Return a user's role in a project: as declared, else as given, else their own."""
        given = self._given.get(project_id, {}).get(user.name, user.role)
        return self._declared.get(project_id, {}).get(user.name, given)

    def is_declared(self, project_id: str, name: str) -> bool:
        """True for a role from the configuration, which can be changed only there."""
        return name in self._declared.get(project_id, {})

    def members(self, project_id: str) -> dict[str, Role]:
        """Return every user's role in a project, by name."""
        return {name: self.role(user, project_id) for name, user in self.users.items()}

    def role_of(self, project_id: str, name: str) -> Role | None:
        """Return the role of the user of that name in a project; None without such a user."""
        user = self.users.get(name)
        return None if user is None else self.role(user, project_id)

    async def give(self, project_id: str, name: str, role: Role) -> None:
        """Give a user another role in a project.

        Raises CONFLICT for a declared role, and for the last owner, whose role is unchanged.
        """
        self._require_changeable(project_id, name)
        self._require_an_owner(project_id, name, role)
        await self.replace(project_id, {**self._given.get(project_id, {}), name: role})

    async def take_back(self, project_id: str, name: str, most: Role) -> None:
        """Remove a given role, so that a user has their own role again. `most` is the highest allowed.

        Raises FORBIDDEN for a higher one, CONFLICT as `give`.
        """
        self._require_changeable(project_id, name)
        own = self.users[name].role
        if not reaches(most, own):
            message = f"This would restore the role {own.value}, which is above your own"
            raise ApiError(ErrorCode.FORBIDDEN, message)
        self._require_an_owner(project_id, name, own)
        given = self._given.get(project_id, {})
        await self.replace(project_id, {each: role for each, role in given.items() if each != name})

    async def replace(self, project_id: str, roles: Mapping[str, Role]) -> None:
        """Set the roles in a project, without any others; they are saved on return. Raises CONFLICT."""
        for name in roles:
            self._require_changeable(project_id, name)
        self._set(project_id, roles)
        await self._save(project_id)

    async def reset(self, project_id: str) -> None:
        """Remove the roles that were given in a project."""
        self._set(project_id, {})
        await self._save(project_id)

    async def forget(self, project_id: str) -> None:
        """Forget a deleted project; its rows are already deleted."""
        self._set(project_id, {})

    def capture(self, project_id: str) -> Mapping[str, Role]:
        return dict(self._given.get(project_id, {}))

    def restore(self, project_id: str, captured: Mapping[str, Role], _renamed: Mapping[str, str]) -> None:
        self._set(project_id, captured)
        _ = self._background.start(self._save(project_id), name=f"keep the members of {project_id}")

    def _set(self, project_id: str, roles: Mapping[str, Role]) -> None:
        if roles:
            self._given[project_id] = dict(roles)
        else:
            self._given.pop(project_id, None)

    async def _save(self, project_id: str) -> None:
        """Save the current state to disk: of several saves the last one wins."""
        async with self._saving:
            await self._members.replace(project_id, self._given.get(project_id, {}))

    def _require_an_owner(self, project_id: str, name: str, role: Role) -> None:
        """Raise CONFLICT when a project's only owner would get another role."""
        owners = {each for each, has in self.members(project_id).items() if has is Role.OWNER}
        if role is not Role.OWNER and owners == {name}:
            message = f"{name} is the last owner of this project: make another member an owner first"
            raise ApiError(ErrorCode.CONFLICT, message)

    def _require_changeable(self, project_id: str, name: str) -> None:
        if self.is_declared(project_id, name):
            message = f"The role of {name} is declared in the configuration: change it there"
            raise ApiError(ErrorCode.CONFLICT, message)

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._sessions = {at: held for at, held in self._sessions.items() if held.until > now}
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]


def _revealed(user: User) -> str:
    return user.password.reveal() if user.password is not None else ""
