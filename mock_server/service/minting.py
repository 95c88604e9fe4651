"""Projects, keys and tokens made while the server runs: one test, one project, nothing shared.

They live in memory until the server stops: making one costs microseconds, and a key of a test that has ended
opens nothing tomorrow. Declare in the configuration file what is to last.
"""

from dataclasses import dataclass

from mock_server.core import credentials
from mock_server.core.accounts import ApiKey, Project, Seeds, WidgetApp
from mock_server.core.errors import ApiError, ErrorCode
from mock_server.core.model import Role
from mock_server.core.secret import Secret
from mock_server.ports import Clocks, Ids
from mock_server.service.accounts import Accounts, IssuedToken

MINTED_BY = "minted"


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedKey:
    """A key that is shown once; only its digest is kept."""

    id: str
    text: Secret
    role: Role
    expires_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MintedProject:
    """A fresh project with an owner's key and a widget app."""

    id: str
    name: str
    key: MintedKey
    app_id: str
    app_secret: Secret


class Minting:
    """Makes accounts."""

    def __init__(self, accounts: Accounts, clocks: Clocks, ids: Ids) -> None:
        self._accounts = accounts
        self._clocks = clocks
        self._ids = ids

    def project(self, name: str, origins: frozenset[str]) -> MintedProject:
        """Make a project; its app may be embedded on `origins`."""
        project = Project(id=self._ids.uuid(), name=name)
        app_id, app_secret = f"app_{self._random()[:16]}", self._random()
        app = WidgetApp(
            id=app_id,
            secret_digest=credentials.digest(app_secret),
            project_id=project.id,
            name=name,
            allowed_origins=origins,
        )
        self._accounts.adopt(Seeds(projects=(project,), widget_apps=(app,)))
        return MintedProject(
            id=project.id,
            name=name,
            key=self.key(project.id, role=Role.OWNER, username=MINTED_BY, lifetime_seconds=None),
            app_id=app_id,
            app_secret=Secret(app_secret),
        )

    def key(self, project_id: str, *, role: Role, username: str, lifetime_seconds: float | None) -> MintedKey:
        """Make a key; its lifetime is of the project's time."""
        text = credentials.KEY_PREFIX + self._random()
        expires_at = None
        if lifetime_seconds is not None:
            expires_at = self._clocks.of(project_id).now() + round(lifetime_seconds * 1000)
        key = ApiKey(
            id=self._ids.uuid(),
            digest=credentials.digest(text),
            project_id=project_id,
            name=MINTED_BY,
            username=username,
            role=role,
            expires_at=expires_at,
        )
        self._accounts.adopt(Seeds(api_keys=(key,)))
        return MintedKey(id=key.id, text=Secret(text), role=role, expires_at=expires_at)

    async def token(
        self, project_id: str, end_user_id: str, *, app_id: str | None, lifetime_seconds: int
    ) -> IssuedToken:
        """Issue a widget token of the project's app, or of `app_id`. Raises NOT_FOUND, JWT_NOT_CONFIGURED."""
        apps = self._accounts.apps_of(project_id)
        app = next((app for app in apps if app_id in (None, app.id)), None)
        if app is None:
            raise ApiError(ErrorCode.NOT_FOUND, "The project has no such widget app")
        return await self._accounts.exchange(
            app, end_user_id, lifetime_seconds=lifetime_seconds, env={}, secrets={}
        )

    def _random(self) -> str:
        """Return 64 hex digits."""
        return (self._ids.uuid() + self._ids.uuid()).replace("-", "")
