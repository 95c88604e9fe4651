"""Projects, keys and tokens created while the server runs: one test, one project, nothing shared.

Creating one costs microseconds: it works immediately and is written to the data folder afterwards. One writer
writes everything in order, so a project is on disk before anything of it. It lasts, over restarts too, until
it is deleted; with `--ephemeral` until the server stops.
"""

import asyncio
from dataclasses import replace
from typing import TypeAlias

from sigmic_mock.domain import credentials
from sigmic_mock.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.secret import Secret
from sigmic_mock.ports import Clocks
from sigmic_mock.runtime.background import BackgroundWork
from sigmic_mock.runtime.ids import Ids
from sigmic_mock.service.accounts import Accounts, IssuedToken

MINTED_BY = "minted"


MintedKey: TypeAlias = tuple[ApiKey, Secret]
"""A key with its text, which is shown once; only its digest is stored."""
MintedApp: TypeAlias = tuple[WidgetApp, Secret]
"""A widget app with its secret."""


class Minting:
    """Creates accounts."""

    def __init__(self, accounts: Accounts, clocks: Clocks, ids: Ids, background: BackgroundWork) -> None:
        self.accounts = accounts
        self._background = background
        self._clocks = clocks
        self._ids = ids
        self._keeping: asyncio.Task[None] | None = None
        """The newest save; one writer saves everything in order."""

    def project(self, name: str, origins: frozenset[str]) -> tuple[Project, MintedKey, MintedApp]:
        """Create a project with an owner's key and a widget app that may be embedded on `origins`."""
        project = self.empty_project(name)
        key = self.key(project.id, role=Role.OWNER, username=MINTED_BY, lifetime_seconds=None)
        return project, key, self.app(project.id, name, origins)

    def empty_project(self, name: str) -> Project:
        """Create a project without a key or an app."""
        project = Project(id=self._ids.uuid(), name=name, minted=True)
        self._adopt(Seeds(projects=(project,)))
        return project

    def app(self, project_id: str, name: str, origins: frozenset[str]) -> MintedApp:
        """Create a widget app that may be embedded on `origins`."""
        secret = self._random()
        app = WidgetApp(
            id=f"app_{self._random()[:16]}",
            secret_digest=credentials.digest(secret),
            project_id=project_id,
            name=name,
            allowed_origins=origins,
            minted=True,
        )
        self._adopt(Seeds(widget_apps=(app,)))
        return app, Secret(secret)

    async def rotate(self, app: WidgetApp) -> Secret:
        """Give a widget app another secret; the old one stops working."""
        secret = self._random()
        await self.accounts.replace_app(replace(app, secret_digest=credentials.digest(secret)))
        return Secret(secret)

    def key(
        self,
        project_id: str,
        *,
        role: Role,
        username: str,
        lifetime_seconds: float | None,
        name: str = MINTED_BY,
        maker: str | None = None,
    ) -> MintedKey:
        """Create a key; its lifetime is of the project's time. Its role never exceeds that of `maker`."""
        text = credentials.KEY_PREFIX + self._random()
        expires_at = None
        if lifetime_seconds is not None:
            expires_at = self._clocks.of(project_id).now() + round(lifetime_seconds * 1000)
        key = ApiKey(
            id=self._ids.uuid(),
            digest=credentials.digest(text),
            project_id=project_id,
            name=name,
            username=username,
            role=role,
            expires_at=expires_at,
            maker=maker,
            minted=True,
        )
        self._adopt(Seeds(api_keys=(key,)))
        return key, Secret(text)

    async def kept(self) -> None:
        """Wait until everything created so far is on disk."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping})

    def _adopt(self, minted: Seeds) -> None:
        self.accounts.adopt(minted)
        self._keeping = self._background.start(self.accounts.keep(minted), name="keep minted accounts")

    async def token(
        self,
        project_id: str,
        end_user_id: str,
        *,
        app_id: str | None,
        lifetime_seconds: int,
        maker: str | None = None,
    ) -> IssuedToken:
        """Issue a widget token of the project's app, or of `app_id`; it does no more than `maker` may.

        Raises NOT_FOUND, JWT_NOT_CONFIGURED.
        """
        apps = self.accounts.apps_of(project_id)
        app = next((app for app in apps if app_id in (None, app.id)), None)
        if app is None:
            raise ApiError(ErrorCode.NOT_FOUND, "The project has no such widget app")
        return await self.accounts.exchange(
            app, end_user_id, lifetime_seconds=lifetime_seconds, env={}, secrets={}, maker=maker
        )

    def _random(self) -> str:
        """Return 64 hex digits."""
        return (self._ids.uuid() + self._ids.uuid()).replace("-", "")
