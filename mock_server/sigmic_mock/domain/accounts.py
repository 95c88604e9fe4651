"""Accounts: projects, their API keys and widget apps, and the variables of a token exchange.

Keys and app secrets appear here only as digests (`domain.credentials.digest`). Times are epoch milliseconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sigmic_mock.domain.model import Role
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """An isolated configuration with its own keys, apps and tasks."""

    id: str
    name: str
    minted: bool = False
    """Made while a server ran: a configuration that does not declare it does not remove it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """One API key of a project (A-07); `id` is the `apiKeyId` of the tasks it creates."""

    id: str
    digest: bytes
    project_id: str
    name: str
    username: str
    role: Role = Role.MEMBER
    expires_at: int | None = None
    revoked: bool = False
    maker: str | None = None
    """The user of the console who created it, whose role it never exceeds; None for other keys."""
    minted: bool = False

    def is_valid(self, now: int) -> bool:
        """False once revoked or expired; the caller gets INVALID_API_KEY either way (G-89)."""
        return not self.revoked and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetApp:
    """A chat widget registered with a project (A-08): the origins that may embed it, its secret's digest."""

    id: str
    secret_digest: bytes
    project_id: str
    name: str
    allowed_origins: frozenset[str] = frozenset()
    minted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """The accounts that a start declares: the default ones and those of the configuration file."""

    projects: tuple[Project, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()
    widget_apps: tuple[WidgetApp, ...] = ()
    settings: Mapping[str, ProjectSettings] = field(default_factory=dict)
    """By project, for those that declare any."""
    members: Mapping[str, Mapping[str, Role]] = field(default_factory=dict)
    """Roles by project and user, for those that declare any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The data of one token exchange on the server; `sealed` is encrypted, None without variables."""

    token_id: str
    app_id: str
    end_user_id: str
    created_at: int
    expires_at: int
    sealed: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """The env and secrets that accompany an end user (X-05, X-06)."""

    env: Mapping[str, str]
    secrets: Mapping[str, Secret]
