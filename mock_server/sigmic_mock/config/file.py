"""The configuration file: more projects, keys and widget apps, and any flag's value under `server`.

An error names its line and, for an unknown name, the nearest valid one. Secrets may be named by environment
variable (`key_env`, `app_secret_env`) so that the file can be shared; none is kept as text.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from sigmic_mock.config.defaults import merged
from sigmic_mock.domain import credentials, form
from sigmic_mock.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_mock.domain.form import BadSettings, Way
from sigmic_mock.domain.model import Role
from sigmic_mock.domain.people import LOCAL_USERS, User
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.domain.secret import Secret
from sigmic_mock.domain.settings_form import SETTINGS, read_settings
from sigmic_spec.strict_yaml import BadYaml, line_of, read_located

_LARGEST_FILE = 1 << 20
_SCALARS = yaml.constructor.SafeConstructor()
_ROOT = ("server", "projects", "users", "model_key", "model_key_env", "default_accounts")
_PROJECT = ("id", "name", "api_keys", "widget_apps", "members", *SETTINGS)
_API_KEY = ("key", "key_env", "name", "username", "role", "expires_at", "revoked")
_WIDGET_APP = ("app_id", "app_secret", "app_secret_env", "name", "allowed_origins")


class ConfigError(Exception):
    """The file cannot be used; the message is one line for its author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The content of the file. `server` holds flag values as text by flag name, without the dashes."""

    server: Mapping[str, str] = field(default_factory=dict)
    seeds: Seeds = field(default_factory=Seeds)
    users: tuple[User, ...] = ()
    """People with a password for the console."""
    model_key: Secret | None = None
    """The key that is sent to the endpoint of a model."""
    default_accounts: bool = True
    """False: the well-known local key and app are not made."""


def load_config(path: Path, *, server_names: Mapping[str, str], environment: Mapping[str, str]) -> Config:
    """Read `path`; raises `ConfigError`.

    `server_names` are the flags that may be set under `server`, each with the separator of several values in
    its text (empty: it takes one).
    """
    try:
        text = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{path}: {(problem.strerror or 'unreadable').lower()}") from None
    if len(text) > _LARGEST_FILE:
        raise ConfigError(f"{path} is larger than 1 MiB, the limit for a configuration file")
    try:
        document = read_located(text)
    except BadYaml as problem:
        raise ConfigError(problem.of(path)) from None
    if document.node is None:
        return Config()
    if not isinstance(document.node, yaml.MappingNode):
        raise ConfigError(f"{path}:1: the file must be a mapping of names")
    try:
        return _Reader(server_names, environment).config(_value((), document.node))
    except BadSettings as problem:
        way = problem.way if problem.name is None else (*problem.way, problem.name)
        raise ConfigError(f"{path}:{line_of(document.lines, way)}: {problem}") from None


def _value(way: Way, node: yaml.Node) -> Any:
    """Return the value of a node: a scalar as its text, or as JSON in the settings of a project."""
    match node:
        case yaml.MappingNode():
            return {key.value: _value((*way, key.value), value) for key, value in node.value}
        case yaml.SequenceNode():
            return [_value((*way, at), item) for at, item in enumerate(node.value)]
        case _:
            is_setting = way[:1] == ("projects",) and any(name in SETTINGS for name in way[2:3])
            return _SCALARS.construct_object(node) if is_setting else str(node.value)


class _Section:
    """A mapping of the file, read by names; raises `BadSettings`."""

    def __init__(self, way: Way, value: Any, known: Iterable[str], *, required: str = "") -> None:
        self.way = way
        self.given = form.mapping(way, value)
        form.require_known(way, self.given, sorted(known))
        if required and required not in self.given:
            raise BadSettings(way, f"{required!r} is missing")

    def text(self, name: str, default: str = "") -> str:
        return _text((*self.way, name), self.given.get(name, default))

    def boolean(self, name: str, default: str) -> bool:
        words = {"true": True, "false": False}
        return form.boolean((*self.way, name), words.get(self.text(name, default).lower()))

    def role(self, name: str = "role") -> Role:
        roles = [role.value for role in Role]
        return Role(form.one_of((*self.way, name), self.given.get(name, Role.MEMBER.value), roles))

    def items(self, name: str) -> Iterator[tuple[Way, Any]]:
        """Yield the items of a list with the way to each."""
        for at, item in enumerate(form.items((*self.way, name), self.given.get(name, []))):
            yield (*self.way, name, at), item

    def section(self, name: str, known: Iterable[str]) -> "_Section":
        return _Section((*self.way, name), self.given.get(name, {}), known)


class _Reader:
    """Reads the values of a file; raises `BadSettings`."""

    def __init__(self, server_names: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._server_names = server_names
        self._environment = environment
        self._declared: set[tuple[str, object]] = set()

    def config(self, value: Any) -> Config:
        root = _Section((), value, _ROOT)
        server = root.section("server", self._server_names)
        default_accounts = root.boolean("default_accounts", "true")
        users = tuple(self._user(*each) for each in root.items("users"))
        known = {*(user.name for user in users), *(user.name for user in LOCAL_USERS if default_accounts)}
        return Config(
            server={name: self._setting(server, name) for name in server.given},
            seeds=reduce(merged, (self._project(*each, known) for each in root.items("projects")), Seeds()),
            users=users,
            model_key=Secret(self._secret(root, "model_key")) if _names_key(root) else None,
            default_accounts=default_accounts,
        )

    def _setting(self, server: _Section, name: str) -> str:
        separator, value = self._server_names[name], server.given[name]
        if separator and isinstance(value, list):
            return separator.join(_text(*each) for each in server.items(name))
        if not isinstance(value, str):
            raise BadSettings((*server.way, name), "must be a single value")
        return value

    def _user(self, way: Way, value: Any) -> User:
        user = _Section(way, value, ("name", "role", "password", "password_env"), required="name")
        self._declare(way, "user", user.text("name"))
        return User(name=user.text("name"), role=user.role(), password=Secret(self._secret(user, "password")))

    def _project(self, way: Way, value: Any, users: AbstractSet[str]) -> Seeds:
        project = _Section(way, value, _PROJECT, required="id")
        project_id = project.text("id")
        self._declare(way, "project", project_id)
        members = project.section("members", users)
        roles = {name: members.role(name) for name in members.given}
        settings = {name: project.given[name] for name in SETTINGS if name in project.given}
        return Seeds(
            projects=(Project(id=project_id, name=project.text("name", project_id)),),
            api_keys=tuple(self._api_key(*each, project_id) for each in project.items("api_keys")),
            widget_apps=tuple(self._widget_app(*each, project_id) for each in project.items("widget_apps")),
            settings={project_id: _settings(way, settings)} if settings else {},
            members={project_id: roles} if roles else {},
        )

    def _api_key(self, way: Way, value: Any, project_id: str) -> ApiKey:
        key = _Section(way, value, _API_KEY)
        text = self._secret(key, "key")
        if not credentials.is_api_key(text):
            raise BadSettings(way, "an API key is sigmic_ and 64 hex digits")
        digest = credentials.digest(text)
        self._declare(way, "this API key", digest)
        name = key.text("name", "configured key")
        return ApiKey(
            id=credentials.uuid_of(digest.hex()),
            digest=digest,
            project_id=project_id,
            name=name,
            username=key.text("username", name),
            role=key.role(),
            expires_at=_instant(key) if "expires_at" in key.given else None,
            revoked=key.boolean("revoked", "false"),
        )

    def _widget_app(self, way: Way, value: Any, project_id: str) -> WidgetApp:
        app = _Section(way, value, _WIDGET_APP, required="app_id")
        app_id = app.text("app_id")
        self._declare(way, "widget app", app_id)
        return WidgetApp(
            id=app_id,
            secret_digest=credentials.digest(self._secret(app, "app_secret")),
            project_id=project_id,
            name=app.text("name", app_id),
            allowed_origins=frozenset(_origin(*each) for each in app.items("allowed_origins")),
        )

    def _declare(self, way: Way, what: str, id: object) -> None:
        """Refuse a second declaration of the same id."""
        if (what, id) in self._declared:
            named = f"{what} {id!r}" if isinstance(id, str) else what
            raise BadSettings(way, f"{named} is declared twice")
        self._declared.add((what, id))

    def _secret(self, section: _Section, name: str) -> str:
        """Read a secret given in place or by an environment variable's name. Never quoted in an error."""
        by_name = f"{name}_env"
        if (name in section.given) == (by_name in section.given):
            raise BadSettings(section.way, f"give either {name} or {by_name}")
        if name in section.given:
            return section.text(name)
        variable = section.text(by_name)
        value = self._environment.get(variable)
        if not value:
            raise BadSettings((*section.way, by_name), f"the environment variable {variable} is not set")
        return value


def _names_key(root: _Section) -> bool:
    return not root.given.keys().isdisjoint({"model_key", "model_key_env"})


def _text(way: Way, value: Any) -> str:
    return form.text(way, value, longest=_LARGEST_FILE)


def _settings(way: Way, settings: Mapping[str, Any]) -> ProjectSettings:
    try:
        return read_settings(settings)
    except BadSettings as problem:
        raise BadSettings((*way, *problem.way), problem.message, name=problem.name) from None


def _origin(way: Way, value: Any) -> str:
    origin = _text(way, value)
    if not credentials.is_origin(origin):
        raise BadSettings(way, "an origin is scheme://host[:port], without path or wildcard")
    return origin


def _instant(key: _Section) -> int:
    try:
        instant = datetime.fromisoformat(key.text("expires_at"))
    except ValueError:
        message = "must be a date and time, for example 2030-01-01T00:00:00Z"
        raise BadSettings((*key.way, "expires_at"), message) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)
