"""Authenticates callers by key or token, and exchanges an app's credentials for a token.

Every request needs this, so keys and apps are in memory by digest and verified tokens are cached; the
database is read once, at start. Unknown, revoked and expired keys get the same answer (G-89).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from sigmic_mock.domain import credentials
from sigmic_mock.domain.access import reaches
from sigmic_mock.domain.accounts import (
    ApiKey,
    Exchange,
    Project,
    Seeds,
    Variables,
    WidgetApp,
)
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal, Role
from sigmic_mock.domain.tokens import BadToken, Claims, read_claims
from sigmic_mock.domain.variables import as_secrets
from sigmic_mock.ports import Clocks
from sigmic_mock.runtime.ids import ProjectIds
from sigmic_mock.storage.accounts import AccountStore
from sigmic_mock.storage.keyring import JwtSigner, Sealer
from sigmic_spec.nearest import hint

_REMEMBERED_TOKENS = 4096
_NOBODY = credentials.digest("no app has this secret")
_KEEP_EXPIRED_MS = 24 * 3600 * 1000
"""An end user's variables outlive the token by a day, so that a follow-up near its end still finds them."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The answer to an exchange; `expires_at` in epoch milliseconds."""

    token: str
    expires_at: int


class Accounts:
    """Authentication and the token exchange. Without a `signer`, JWT is off on this server."""

    def __init__(
        self,
        store: AccountStore,
        *,
        clocks: Clocks,
        ids: ProjectIds,
        signer: JwtSigner | None,
        sealer: Sealer,
        role_of: Callable[[str, str], Role | None],
    ) -> None:
        """`role_of` returns the present role of a user in a project, None without such a user."""
        self._store = store
        self._clocks = clocks
        self._ids = ids
        self._signer = signer
        self._sealer = sealer
        self._role_of = role_of
        self._keys: dict[bytes, tuple[ApiKey, Principal]] = {}
        self._apps: dict[str, WidgetApp] = {}
        self._projects: dict[str, Project] = {}
        self._declared: str | None = None
        """The default project of a control call."""
        self._origins: frozenset[str] = frozenset()
        self._tokens: OrderedDict[bytes, Claims] = OrderedDict()

    async def start(self, seeds: Seeds) -> None:
        """Declare the accounts of this start and load them into memory."""
        await self._store.seed(seeds)
        known = await self._store.load()
        self._keys = {key.digest: (key, _holder(key)) for key in known.api_keys}
        self._apps = {app.id: app for app in known.widget_apps}
        self._projects = {project.id: project for project in known.projects}
        self._declared = seeds.projects[0].id if seeds.projects else None
        self._origins = frozenset().union(*(app.allowed_origins for app in known.widget_apps))

    def adopt(self, minted: Seeds) -> None:
        """Add minted accounts in memory; `keep` saves them to disk."""
        self._projects.update((project.id, project) for project in minted.projects)
        self._keys.update((key.digest, (key, _holder(key))) for key in minted.api_keys)
        self._apps.update((app.id, app) for app in minted.widget_apps)
        self._origins = self._origins.union(*(app.allowed_origins for app in minted.widget_apps))

    async def keep(self, minted: Seeds) -> None:
        """Save adopted accounts."""
        await self._store.add_minted(minted)

    async def remove(self, project_id: str) -> None:
        """Remove a minted project with its keys, apps and tokens: they stop working.

        Raises CONFLICT for a declared one, which the next start would restore.
        """
        project = self._projects.get(project_id)
        if project is None or not project.minted:
            message = "The configuration declares this project: reset it, or remove it from the configuration"
            raise ApiError(ErrorCode.CONFLICT, message)
        del self._projects[project_id]
        self._keys = {at: held for at, held in self._keys.items() if held[0].project_id != project_id}
        self._apps = {app.id: app for app in self._apps.values() if app.project_id != project_id}
        await self._store.remove_project(project_id)

    @property
    def projects(self) -> tuple[Project, ...]:
        """Every project."""
        return tuple(self._projects.values())

    @property
    def default_project(self) -> str | None:
        """The default project of a control call."""
        return self._declared

    def keys_of(self, project_id: str) -> tuple[ApiKey, ...]:
        """Return the project's keys."""
        return tuple(key for key, _ in self._keys.values() if key.project_id == project_id)

    def require_changeable(self, it: ApiKey | WidgetApp | Project) -> None:
        """Raise CONFLICT for anything that the configuration declares."""
        if not it.minted:
            raise ApiError(ErrorCode.CONFLICT, "The configuration declares it: change it there")

    async def rename(self, project: Project) -> None:
        """Give a project its new name. Raises CONFLICT for a declared one."""
        self.require_changeable(project)
        self._projects[project.id] = project
        await self._store.rename_project(project)

    async def replace_app(self, app: WidgetApp) -> None:
        """Replace the widget app with the same id. Raises CONFLICT for a declared one."""
        self.require_changeable(app)
        self._apps[app.id] = app
        self._origins |= app.allowed_origins
        await self._store.replace_app(app)

    async def remove_app(self, app: WidgetApp) -> None:
        """Remove a widget app: its tokens stop working. Raises CONFLICT for a declared one."""
        self.require_changeable(app)
        self._apps.pop(app.id, None)
        await self._store.remove_app(app.id)

    async def remove_key(self, key: ApiKey) -> None:
        """Remove a key: it stops working. Raises CONFLICT for a declared one."""
        self.require_changeable(key)
        self._keys.pop(key.digest, None)
        await self._store.remove_key(key.id)

    def apps_of(self, project_id: str) -> tuple[WidgetApp, ...]:
        """Return the project's widget apps."""
        return tuple(app for app in self._apps.values() if app.project_id == project_id)

    def knows_origin(self, origin: str) -> bool:
        """True when some widget app may be embedded there (CORS, G-91)."""
        return origin in self._origins

    def authenticate_key(self, text: str) -> Principal:
        """Return the principal of an API key; raises INVALID_API_KEY."""
        known = self._keys.get(credentials.digest(text))
        if known is None or not known[0].is_valid(self._clocks.of(known[0].project_id).now()):
            raise ApiError(ErrorCode.INVALID_API_KEY)
        key, holder = known
        if key.maker is None:
            return holder
        role = self._role_of(key.project_id, key.maker)
        if role is None:
            raise ApiError(ErrorCode.INVALID_API_KEY)
        return holder if reaches(role, key.role) else replace(holder, role=role)

    def project_of_key(self, api_key: str) -> str:
        """Return the project that an API key belongs to; raises INVALID_API_KEY."""
        return self.authenticate_key(api_key).project_id

    def project_named(self, project_id: str | None) -> str:
        """Return `project_id` if it exists; without one the first declared project.

        Raises NOT_FOUND with the nearest id, or VALIDATION_ERROR when there is no project at all.
        """
        if project_id is None:
            if not self._declared:
                raise ApiError(ErrorCode.VALIDATION_ERROR, "Name a project with ?project=<id>")
            return self._declared
        if project_id not in self._projects:
            near = hint(project_id, self._projects)
            raise ApiError(ErrorCode.NOT_FOUND, f"There is no project {project_id[:80]!r}{near}")
        return project_id

    def project_of_app(self, app_id: object) -> str | None:
        """Return the project of a widget app; None if it does not exist."""
        app = self._apps.get(app_id) if isinstance(app_id, str) else None
        return None if app is None else app.project_id

    def require_jwt(self) -> None:
        """Raise JWT_NOT_CONFIGURED when this server has no signing key."""
        if self._signer is None:
            raise ApiError(ErrorCode.JWT_NOT_CONFIGURED)

    async def authenticate_token(self, token: str, origin: str | None) -> Principal:
        """Return the end user behind a JWT (A-09); `origin` is the request's Origin header, if it has one.

        A token of a user of the console has at most that user's present role.
        Raises JWT_NOT_CONFIGURED, INVALID_TOKEN or ORIGIN_NOT_ALLOWED (G-90: an exact match; without a list
        every origin is refused).
        """
        claims = await self._verified(token)
        app = self._apps.get(claims.app_id)
        if app is None or app.project_id != claims.project_id:
            raise ApiError(ErrorCode.INVALID_TOKEN)
        if self._clocks.of(app.project_id).now() >= claims.expires_at * 1000:
            raise ApiError(ErrorCode.INVALID_TOKEN)
        if origin is not None and origin not in app.allowed_origins:
            raise ApiError(ErrorCode.ORIGIN_NOT_ALLOWED)
        return Principal(
            project_id=app.project_id,
            api_key_id=credentials.uuid_of(app.id),
            username=claims.end_user_id,
            role=self._role_of_maker(app.project_id, claims.maker),
            app_id=app.id,
            end_user_id=claims.end_user_id,
            token_id=claims.token_id,
        )

    def _role_of_maker(self, project_id: str, maker: str | None) -> Role:
        role = Role.MEMBER if maker is None else self._role_of(project_id, maker)
        if role is None:
            raise ApiError(ErrorCode.INVALID_TOKEN)
        return Role.MEMBER if reaches(role, Role.MEMBER) else role

    async def _verified(self, token: str) -> Claims:
        signer = await self.open_signer()
        digest = credentials.digest(token)
        claims = self._tokens.get(digest)
        if claims is None:
            try:
                claims = read_claims(signer.open(token))
            except BadToken:
                raise ApiError(ErrorCode.INVALID_TOKEN) from None
            self._tokens[digest] = claims
            if len(self._tokens) > _REMEMBERED_TOKENS:
                self._tokens.popitem(last=False)
        return claims

    async def open_signer(self) -> JwtSigner:
        """Return the signer with its key loaded; raises JWT_NOT_CONFIGURED."""
        signer = self._signer
        if signer is None:
            raise ApiError(ErrorCode.JWT_NOT_CONFIGURED)
        await signer.open_key()
        return signer

    def authenticate_app(self, app_id: str, app_secret: str) -> WidgetApp:
        """Return the widget app; raises INVALID_CREDENTIALS, an unknown app takes as long as a bad secret."""
        app = self._apps.get(app_id)
        if not credentials.matches(app_secret, app.secret_digest if app else _NOBODY) or app is None:
            raise ApiError(ErrorCode.INVALID_CREDENTIALS)
        return app

    async def exchange(
        self,
        app: WidgetApp,
        end_user_id: str,
        *,
        lifetime_seconds: int,
        env: dict[str, str],
        secrets: dict[str, str],
        maker: str | None = None,
    ) -> IssuedToken:
        """Issue a token for an end user; env and secrets stay here, encrypted, under its id (G-92).

        `maker` is the user of the console who asked for it.
        """
        signer = await self.open_signer()
        now = self._clocks.of(app.project_id).now()
        claims = Claims(
            end_user_id=end_user_id,
            app_id=app.id,
            project_id=app.project_id,
            issued_at=now // 1000,
            expires_at=now // 1000 + lifetime_seconds,
            token_id=self._ids.of(app.project_id).uuid(),
            maker=maker,
        )
        sealed = await self._sealer.seal({"env": env, "secrets": secrets}) if env or secrets else None
        await self._store.add_exchange(
            Exchange(
                token_id=claims.token_id,
                app_id=app.id,
                end_user_id=end_user_id,
                created_at=now,
                expires_at=claims.expires_at * 1000,
                sealed=sealed,
            ),
            forget_before=now - _KEEP_EXPIRED_MS,
        )
        return IssuedToken(signer.sign(claims.as_json()), claims.expires_at * 1000)

    async def token_variables(self, token_id: str) -> Variables:
        """Return the newest variables of the end user behind `token_id` (G-95); empty without any."""
        return await self.variables_of(await self._store.newest_exchange(token_id))

    async def variables_of(self, exchange: Exchange | None) -> Variables:
        """Return the variables of an exchange; empty if it left none."""
        if exchange is None or exchange.sealed is None:
            return Variables(env={}, secrets={})
        held = await self._sealer.unseal(exchange.sealed)
        return Variables(env=held["env"], secrets=as_secrets(held["secrets"]))


def _holder(key: ApiKey) -> Principal:
    return Principal(project_id=key.project_id, api_key_id=key.id, username=key.username, role=key.role)
