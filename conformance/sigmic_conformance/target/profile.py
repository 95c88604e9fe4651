"""The target's profile: its address, what it supports, the length of its windows, and its credentials.

Two separate values: a `Profile` is public and is passed to checks and reports; `Credentials` only to the
driver.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sigmic_conformance.exit_codes import Refused
from sigmic_conformance.target import extra_headers
from sigmic_conformance.target.extra_headers import Header
from sigmic_conformance.target.proxy import Proxy, ProxyRefused, proxy_for

CAPABILITIES = frozenset(
    {
        "files",
        "zip",
        "approvals",
        "artifacts",
        "tools",
        "widget",
        "environment",
        "sessions",
        "subagents",
        "roles",
        "mcp",
    }
)


class Role(NamedTuple):
    """A caller with its own API key: the profile's key that names its variable, and the default variable."""

    key: str
    variable: str
    words: str


ROLES = {
    "viewer": Role("viewer_api_key_env", "SIGMIC_VIEWER_API_KEY", "the API key of a viewer"),
    "another": Role(
        "another_api_key_env", "SIGMIC_ANOTHER_API_KEY", "another API key of the owner's project"
    ),
    "mcp": Role(
        "mcp_api_key_env", "SIGMIC_MCP_API_KEY", "the API key of the project with the suite's MCP server"
    ),
}
"""Roles in addition to owner and second."""

_SETS = ("without", "found", "roles")
EXPIRY_SECONDS = 30.0
WAITING = "waiting"
SHORTEST_SECRET = 6
"""Redacting a shorter value would remove much of a report."""

_LOOKS_LIKE_A_KEY = re.compile(r"sigmic_[0-9a-zA-Z]{12,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryCommand:
    """A program and its arguments that end a session. Not public: arguments may reveal the operator."""

    argv: tuple[str, ...]
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryHook:
    """A URL of the operator that ends a session, and its bearer token if it needs one."""

    url: str
    token: str | None = None
    timeout_seconds: float
    proxy: Proxy | None = None


class ProfileError(Refused):
    """The profile, a flag or a credential cannot be used; the text names it and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known about a target beforehand. Seconds and bytes; defaults are the documented values.

    `reference` is True for this project's own mock, which the decisions of this project bind as well.
    `session_expiry_seconds` is the time until a session has certainly expired: the wait, or the timeout of
    the command or hook if `session_expiry_by` names one.
    """

    base_url: str
    reference: bool = False
    without: frozenset[str] = frozenset()
    found: frozenset[str] = frozenset()
    """Capabilities in `without` that the run found all the same."""
    roles: frozenset[str] = frozenset()
    """Roles with a credential, in addition to owner and second (`ROLES`)."""
    heartbeat_seconds: float = 15.0
    max_files: int = 20
    accepted_file_bytes: int = 50_000_000
    max_file_bytes: int = 52_428_800
    session_expiry_seconds: float | None = None
    session_expiry_by: str = WAITING
    artifact_download_path: str = "/api/v1/tasks/{id}/artifacts/download"
    allowed_origin: str | None = None
    read_only: bool = False
    tier: str | None = None
    journeys: str | None = None
    concurrency: int = 8
    turn_seconds: float = 0.0
    rate: float | None = None
    """The most requests that may start per second."""
    wake_seconds: float = 12.0
    """How long the first answer may take: the target may have to start up."""
    wall_seconds: float = 900.0
    task_seconds: float = 120.0
    answer_seconds: float = 15.0
    model_turns: int | None = None
    upload_bytes: int = 2 << 30
    has_second_key: bool = False
    has_widget: bool = False
    has_mcp_widget: bool = False
    """Whether there are credentials of a widget app in the project of the role `mcp`."""

    @property
    def window_seconds(self) -> float:
        """Length of the heartbeat window: three intervals and a second (46 s at the documented 15 s)."""
        return 3 * self.heartbeat_seconds + 1

    def offers(self, capability: str) -> bool:
        """Whether the target is declared, or by default assumed, to have a capability."""
        return capability not in self.without

    def lacks(self, capabilities: Iterable[str]) -> list[str]:
        """Capabilities that are declared absent and that the run did not find."""
        return sorted(name for name in capabilities if not self.offers(name) and name not in self.found)

    def public(self) -> dict[str, Any]:
        """The profile as JSON values, for reports."""
        return asdict(self) | {name: sorted(getattr(self, name)) for name in _SETS}

    @classmethod
    def restored(cls, values: Mapping[str, Any]) -> "Profile":
        """The profile from the output of `public`; keys of another version are left out."""
        known = {each.name for each in fields(cls)}
        sets = {name: frozenset(values.get(name, ())) for name in _SETS}
        return cls(**{key: value for key, value in values.items() if key in known} | sets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The secrets a run may use; never printed."""

    api_key: str = field(repr=False)
    second_api_key: str | None = field(default=None, repr=False)
    app_id: str | None = None
    app_secret: str | None = field(default=None, repr=False)
    roles: Mapping[str, str] = field(default_factory=dict, repr=False)
    mcp_app_id: str | None = None
    mcp_app_secret: str | None = field(default=None, repr=False)
    expiry: ExpiryCommand | ExpiryHook | None = field(default=None, repr=False)
    headers: tuple[Header, ...] = field(default=(), repr=False)
    """Additional headers of every request."""
    proxy: Proxy | None = None
    """The proxy to the target, if any."""

    def secrets(self) -> tuple[str, ...]:
        """All values that must not be recorded."""
        token = self.expiry.token if isinstance(self.expiry, ExpiryHook) else None
        apps = (self.app_secret, self.mcp_app_secret)
        along = (value for _, value in self.headers if len(value) >= extra_headers.SHORTEST_SECRET)
        login = self.proxy.authorization if self.proxy else None
        values = (self.api_key, self.second_api_key, *apps, token, login, *self.roles.values(), *along)
        return tuple(value for value in values if value)


def resolve(document: Mapping[str, Any], *, environment: Mapping[str, str]) -> tuple[Profile, Credentials]:
    """Create profile and credentials from a checked profile document and the environment.

    Raises ProfileError if there is no URL or key, or a variable that the document names is not set.
    """
    base_url = document.get("base_url")
    if not base_url:
        raise ProfileError(
            "no target: give --target URL, set SIGMIC_TARGET, or write base_url in the profile"
        )
    base_url = _address(str(base_url))
    credentials = _credentials(document, environment)
    expiry = credentials.expiry
    profile = Profile(
        base_url=base_url,
        without=frozenset(document.get("without") or ()),
        roles=frozenset(credentials.roles),
        allowed_origin=(document.get("widget") or {}).get("allowed_origin"),
        has_second_key=credentials.second_api_key is not None,
        has_widget=credentials.app_id is not None and credentials.app_secret is not None,
        has_mcp_widget=credentials.mcp_app_id is not None and credentials.mcp_app_secret is not None,
    )
    if expiry is not None:
        by = "a command" if isinstance(expiry, ExpiryCommand) else "a hook"
        profile = replace(profile, session_expiry_by=by, session_expiry_seconds=expiry.timeout_seconds)
    return laid_over(profile, document), credentials


def _address(text: str) -> str:
    """The base URL without a slash at its end. Raises ProfileError, which never repeats a password."""
    example = "write it like https://api.example.com:8443, with an IPv6 address in brackets"
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ProfileError(f"the target's URL holds a space or a character other than ASCII; {example}")
    unusable = ProfileError(f"the target has no URL with a host and a port from 1 to 65535; {example}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise unusable from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise unusable
    if parts.username is not None:
        raise ProfileError(
            "leave the user name and password out of the target's URL: the suite sends only the API key"
        )
    if parts.query or parts.fragment:
        raise ProfileError("leave out everything from ? or # in the target's URL: paths of the API follow it")
    return text.rstrip("/?#")


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port of a URL: the server that a key is sent to. Raises ValueError."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def laid_over(profile: Profile, document: Mapping[str, Any]) -> Profile:
    """The profile with the plain values of a checked document."""
    names = {each.name for each in fields(profile)} - {"base_url", "without"}
    simple = {key: value for key, value in document.items() if key in names and value is not None}
    if profile.session_expiry_by != WAITING:
        simple.pop("session_expiry_seconds", None)
    return replace(profile, **simple, **(document.get("limits") or {}), **(document.get("budget") or {}))


def _credentials(document: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials:
    widget, mcp = document.get("widget") or {}, document.get("mcp_widget") or {}
    given = {
        name: _optional(environment, document.get(role.key), role.words, role.variable)
        for name, role in ROLES.items()
    }
    made = Credentials(
        api_key=_secret(environment, document.get("api_key_env") or "SIGMIC_API_KEY", "the API key"),
        second_api_key=_optional(
            environment, document.get("second_api_key_env"), "the second API key", "SIGMIC_SECOND_API_KEY"
        ),
        app_id=_optional(environment, widget.get("app_id_env"), "the widget app's id", "SIGMIC_APP_ID"),
        app_secret=_optional(
            environment, widget.get("app_secret_env"), "the widget app's secret", "SIGMIC_APP_SECRET"
        ),
        roles={role: secret for role, secret in given.items() if secret is not None},
        mcp_app_id=_optional(
            environment, mcp.get("app_id_env"), "the MCP project's app id", "SIGMIC_MCP_APP_ID"
        ),
        mcp_app_secret=_optional(
            environment, mcp.get("app_secret_env"), "the MCP project's app secret", "SIGMIC_MCP_APP_SECRET"
        ),
        expiry=_expiry(document.get("session_expiry"), environment),
        headers=_headers(environment),
        proxy=_proxy(document.get("base_url") or "", environment),
    )
    if any(len(secret) < SHORTEST_SECRET for secret in made.secrets()):
        raise ProfileError(
            f"a credential is shorter than {SHORTEST_SECRET} characters, so it can't be masked"
        )
    return made


def _headers(environment: Mapping[str, str]) -> tuple[Header, ...]:
    lines = environment.get(extra_headers.VARIABLE, "").splitlines()
    try:
        return extra_headers.read_headers(filter(None, map(str.strip, lines)), environment)
    except extra_headers.HeaderRefused as refusal:
        raise ProfileError(str(refusal)) from refusal


def _proxy(url: str, environment: Mapping[str, str]) -> Proxy | None:
    try:
        return proxy_for(url, environment)
    except ProxyRefused as refusal:
        raise ProfileError(str(refusal)) from refusal


def _expiry(
    way: Mapping[str, Any] | None, environment: Mapping[str, str]
) -> ExpiryCommand | ExpiryHook | None:
    if way is None:
        return None
    seconds = float(way.get("timeout_seconds") or EXPIRY_SECONDS)
    if "command" in way:
        return ExpiryCommand(argv=tuple(way["command"]), timeout_seconds=seconds)
    token = way.get("token_env")
    return ExpiryHook(
        url=way["hook"],
        token=_secret(environment, token, "the token of the expiry hook") if token else None,
        timeout_seconds=seconds,
        proxy=_proxy(way["hook"], environment),
    )


def _secret(environment: Mapping[str, str], name: str, what: str) -> str:
    if _LOOKS_LIKE_A_KEY.fullmatch(name):
        # The secret was given instead of its variable's name: it must not be repeated.
        raise ProfileError(f"{what} must be the name of an environment variable, not the value")
    value = environment.get(name, "").strip()
    if not value:
        raise ProfileError(
            f"{what} is missing: the environment variable {name} is not set. Set it with `export {name}=…`"
        )
    if not value.isascii() or not value.isprintable():
        raise ProfileError(f"{what} in {name} holds characters that no header can carry")
    return value


def _optional(environment: Mapping[str, str], name: str | None, what: str, default: str) -> str | None:
    """The named secret, which must exist; without a name, the default variable's value if there is one."""
    if name is not None:
        return _secret(environment, name, what)
    return _secret(environment, default, what) if environment.get(default, "").strip() else None
