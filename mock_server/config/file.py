"""The configuration file: more projects, keys and widget apps, and any flag's value under `server`.

A mistake is told with its line and, for a misspelt name, the nearest right one. Secrets may be named by
environment variable (`key_env`, `app_secret_env`) so that the file can be shared; none is kept as text.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

from sigmic_conformance.mock_server.domain import credentials
from sigmic_conformance.mock_server.domain.accounts import ApiKey, Project, Seeds, WidgetApp
from sigmic_conformance.mock_server.domain.form import BadSettings
from sigmic_conformance.mock_server.domain.model import Role
from sigmic_conformance.mock_server.domain.people import LOCAL_USERS, User
from sigmic_conformance.mock_server.domain.project_settings import ProjectSettings
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.domain.settings_form import SETTINGS, read_settings
from sigmic_conformance.spec.nearest import hint_of_known

_LARGEST_FILE = 1 << 20


class ConfigError(Exception):
    """The file cannot be used; the message is one line for the person who wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the file says. `server` holds flag values as text by flag name, without the dashes."""

    server: Mapping[str, str] = field(default_factory=dict)
    seeds: Seeds = field(default_factory=Seeds)
    users: tuple[User, ...] = ()
    """People who may sign in at the console by a password."""
    default_accounts: bool = True
    """False: the well-known local key and app are not made."""


def load_config(path: Path, *, server_names: Mapping[str, str], environment: Mapping[str, str]) -> Config:
    """Read `path`; raises `ConfigError`.

    `server_names` are the flags that may be set under `server`, each with what separates several values in
    its text (empty: it takes one).
    """
    try:
        text = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{path}: {(problem.strerror or 'unreadable').lower()}") from None
    if len(text) > _LARGEST_FILE:
        raise ConfigError(f"{path} is larger than 1 MiB, the limit for a configuration file")
    root = _compose(path, text)
    if root is None:
        return Config()
    return _Reader(path, server_names, environment).config(root)


def _compose(path: Path, text: bytes) -> yaml.Node | None:
    try:
        return yaml.compose(text.decode(), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
    except yaml.MarkedYAMLError as problem:
        line = f":{problem.problem_mark.line + 1}" if problem.problem_mark else ""
        raise ConfigError(f"{path}{line}: not YAML: {problem.problem}") from None
    except (yaml.YAMLError, RecursionError):
        raise ConfigError(f"{path}: not YAML") from None


_SCALARS = yaml.constructor.SafeConstructor()


class _Reader:
    """Walks the YAML nodes, which know their lines."""

    def __init__(self, path: Path, server_names: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._path = path
        self._server_names = server_names
        self._environment = environment
        self._projects: dict[str, Project] = {}
        self._keys: dict[bytes, ApiKey] = {}
        self._apps: dict[str, WidgetApp] = {}
        self._settings: dict[str, ProjectSettings] = {}
        self._members: dict[str, dict[str, Role]] = {}
        self._users: dict[str, User] = {}

    def config(self, root: yaml.Node) -> Config:
        fields = self._fields(root, "the file", {"server", "projects", "users", "default_accounts"})
        server: dict[str, str] = {}
        if "server" in fields:
            for name, node in self._fields(fields["server"], "server", self._server_names.keys()).items():
                server[name] = self._setting(node, f"server.{name}", self._server_names[name])
        told = fields.get("default_accounts")
        default_accounts = told is None or self._boolean(told, "default_accounts")
        for node in self._items(fields.get("users"), "users"):
            user = self._user(node)
            if user.name in self._users:
                raise self._error(node, f"user {user.name!r} is declared twice")
            self._users[user.name] = user
        known = {*self._users, *(user.name for user in LOCAL_USERS if default_accounts)}
        for node in self._items(fields.get("projects"), "projects"):
            self._project(node, known)
        return Config(
            server=server,
            seeds=Seeds(
                projects=tuple(self._projects.values()),
                api_keys=tuple(self._keys.values()),
                widget_apps=tuple(self._apps.values()),
                settings=self._settings,
                members=self._members,
            ),
            users=tuple(self._users.values()),
            default_accounts=default_accounts,
        )

    def _user(self, node: yaml.Node) -> User:
        fields = self._fields(node, "a user", {"name", "role", "password", "password_env"}, required={"name"})
        password = Secret(self._secret(node, fields, "password"))
        return User(
            name=self._text(fields["name"], "name"), role=self._role(fields.get("role")), password=password
        )

    def _project(self, node: yaml.Node, users: AbstractSet[str]) -> None:
        known = {"id", "name", "api_keys", "widget_apps", "members", *SETTINGS}
        fields = self._fields(node, "a project", known, required={"id"})
        project_id = self._text(fields["id"], "id")
        if project_id in self._projects:
            raise self._error(fields["id"], f"project {project_id!r} is declared twice")
        name = self._text(fields["name"], "name") if "name" in fields else project_id
        self._projects[project_id] = Project(id=project_id, name=name)
        for item in self._items(fields.get("api_keys"), "api_keys"):
            self._api_key(item, project_id)
        for item in self._items(fields.get("widget_apps"), "widget_apps"):
            self._widget_app(item, project_id)
        if "members" in fields:
            members = self._fields(fields["members"], "members, which are users", users)
            self._members[project_id] = {name: self._role(role) for name, role in members.items()}
        settings = {name: fields[name] for name in SETTINGS if name in fields}
        if settings:
            self._settings[project_id] = self._read_settings(settings)

    def _read_settings(self, fields: Mapping[str, yaml.Node]) -> ProjectSettings:
        try:
            return read_settings({name: self._value(node) for name, node in fields.items()})
        except BadSettings as problem:
            name = str(problem.way[0])
            raise self._error(_at(fields[name], problem.way[1:]), str(problem)) from None

    def _value(self, node: yaml.Node) -> object:
        """Return what a node stands for, as JSON has it."""
        match node:
            case yaml.MappingNode():
                names = {self._scalar(key, "a name") for key, _ in node.value}
                fields = self._fields(node, "this mapping", names)
                return {name: self._value(value) for name, value in fields.items()}
            case yaml.SequenceNode():
                return [self._value(item) for item in node.value]
            case _:
                return _SCALARS.construct_object(node)

    def _api_key(self, node: yaml.Node, project_id: str) -> None:
        known = {"key", "key_env", "name", "username", "role", "expires_at", "revoked"}
        fields = self._fields(node, "an API key", known)
        key = self._secret(node, fields, "key")
        if not credentials.is_api_key(key):
            raise self._error(node, "an API key is sigmic_ and 64 hex digits")
        digest = credentials.digest(key)
        if digest in self._keys:
            raise self._error(node, "this API key is declared twice")
        name = self._text(fields["name"], "name") if "name" in fields else "configured key"
        self._keys[digest] = ApiKey(
            id=credentials.uuid_of(digest.hex()),
            digest=digest,
            project_id=project_id,
            name=name,
            username=self._text(fields["username"], "username") if "username" in fields else name,
            role=self._role(fields.get("role")),
            expires_at=self._instant(fields["expires_at"]) if "expires_at" in fields else None,
            revoked="revoked" in fields and self._boolean(fields["revoked"], "revoked"),
        )

    def _widget_app(self, node: yaml.Node, project_id: str) -> None:
        known = {"app_id", "app_secret", "app_secret_env", "name", "allowed_origins"}
        fields = self._fields(node, "a widget app", known, required={"app_id"})
        app_id = self._text(fields["app_id"], "app_id")
        if app_id in self._apps:
            raise self._error(fields["app_id"], f"widget app {app_id!r} is declared twice")
        self._apps[app_id] = WidgetApp(
            id=app_id,
            secret_digest=credentials.digest(self._secret(node, fields, "app_secret")),
            project_id=project_id,
            name=self._text(fields["name"], "name") if "name" in fields else app_id,
            allowed_origins=frozenset(
                self._origin(item) for item in self._items(fields.get("allowed_origins"), "allowed_origins")
            ),
        )

    def _secret(self, node: yaml.Node, fields: Mapping[str, yaml.Node], name: str) -> str:
        """Read a secret given in place or by an environment variable's name. Never quoted in an error."""
        by_name = fields.get(f"{name}_env")
        if (name in fields) == (by_name is not None):
            raise self._error(node, f"give either {name} or {name}_env")
        if by_name is None:
            return self._text(fields[name], name)
        variable = self._text(by_name, f"{name}_env")
        value = self._environment.get(variable)
        if not value:
            raise self._error(by_name, f"the environment variable {variable} is not set")
        return value

    def _origin(self, node: yaml.Node) -> str:
        origin = self._text(node, "allowed_origins")
        if not credentials.is_origin(origin):
            raise self._error(node, "an origin is scheme://host[:port], without path or wildcard")
        return origin

    def _role(self, node: yaml.Node | None) -> Role:
        if node is None:
            return Role.MEMBER
        text = self._text(node, "role")
        roles = {role.value for role in Role}
        if text not in roles:
            raise self._error(node, f"unknown role {text!r}{hint_of_known(text, sorted(roles), cutoff=0.5)}")
        return Role(text)

    def _instant(self, node: yaml.Node) -> int:
        text = self._text(node, "expires_at")
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            raise self._error(
                node, "expires_at must be a date and time, for example 2030-01-01T00:00:00Z"
            ) from None
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        return round(instant.timestamp() * 1000)

    def _fields(
        self,
        node: yaml.Node,
        what: str,
        known: AbstractSet[str],
        *,
        required: set[str] | None = None,
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"{what} must be a mapping")
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self._text(key, "a name")
            if name not in known:
                raise self._error(
                    key, f"unknown name {name!r} in {what}{hint_of_known(name, sorted(known), cutoff=0.5)}"
                )
            if name in fields:
                raise self._error(key, f"{name!r} is given twice")
            fields[name] = value
        for name in sorted((required or set()) - set(fields)):
            raise self._error(node, f"{what} needs {name!r}")
        return fields

    def _items(self, node: yaml.Node | None, what: str) -> list[yaml.Node]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, f"{what} must be a list")
        return list(node.value)

    def _text(self, node: yaml.Node, what: str) -> str:
        text = self._scalar(node, what)
        if not text:
            raise self._error(node, f"{what} must not be empty")
        return text

    def _scalar(self, node: yaml.Node, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(node, f"{what} must be a single value")
        return str(node.value)

    def _setting(self, node: yaml.Node, what: str, separator: str) -> str:
        if not separator or not isinstance(node, yaml.SequenceNode):
            return self._scalar(node, what)
        return separator.join(self._text(item, what) for item in node.value)

    def _boolean(self, node: yaml.Node, what: str) -> bool:
        words: Mapping[str, bool] = {"true": True, "false": False}
        text = self._scalar(node, what).lower()
        if text not in words:
            raise self._error(node, f"{what} must be true or false")
        return words[text]

    def _error(self, node: yaml.Node, message: str) -> ConfigError:
        return ConfigError(f"{self._path}:{node.start_mark.line + 1}: {message}")


def _at(node: yaml.Node, way: Iterable[str | int]) -> yaml.Node:
    """Return the node to which names and positions lead, or the last one on the way."""
    for step in way:
        found: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = node.value[step]
        if found is None:
            break
        node = found
    return node
