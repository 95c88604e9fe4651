"""The target's profile: where it is, what it offers, how long its windows are, and the credentials for it.

Two values on purpose: a `Profile` is public and goes to judges and reports; `Credentials` go to the driver
only.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

SCHEMA = Path(__file__).with_name("target.schema.json")
CAPABILITIES = frozenset(
    {"files", "zip", "approvals", "artifacts", "tools", "widget", "environment", "sessions"}
)


class ProfileError(Exception):
    """The profile, a flag or a credential cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known about a target beforehand. Seconds and bytes; defaults are the documented values.

    `reference` is True for this project's own mock, which the decisions of this project bind as well.
    """

    base_url: str
    reference: bool = False
    without: frozenset[str] = frozenset()
    heartbeat_seconds: float = 15.0
    max_files: int = 20
    accepted_file_bytes: int = 50_000_000
    max_file_bytes: int = 52_428_800
    session_expiry_seconds: float | None = None
    artifact_download_path: str = "/api/v1/tasks/{id}/artifacts/download"
    allowed_origin: str | None = None
    read_only: bool = False
    concurrency: int = 8
    wall_seconds: float = 900.0
    task_seconds: float = 120.0
    answer_seconds: float = 15.0
    upload_bytes: int = 2 << 30
    has_second_key: bool = False
    roles: frozenset[str] = frozenset()
    """Roles beside owner and second for which there is a credential."""
    has_widget: bool = False

    @property
    def window_seconds(self) -> float:
        """Length of the heartbeat window: three intervals and a second (46 s at the documented 15 s)."""
        return 3 * self.heartbeat_seconds + 1

    def offers(self, capability: str) -> bool:
        """Whether the target is said, or by default assumed, to have a capability."""
        return capability not in self.without

    def public(self) -> dict[str, Any]:
        """The profile as JSON values, for reports."""
        return asdict(self) | {"without": sorted(self.without), "roles": sorted(self.roles)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The secrets a run may use; never printed."""

    api_key: str = field(repr=False)
    second_api_key: str | None = field(default=None, repr=False)
    app_id: str | None = None
    app_secret: str | None = field(default=None, repr=False)
    roles: Mapping[str, str] = field(default_factory=dict, repr=False)

    def secrets(self) -> tuple[str, ...]:
        """All values that must not be recorded."""
        values = (self.api_key, self.second_api_key, self.app_secret, *self.roles.values())
        return tuple(value for value in values if value)


def load_profile(path: Path) -> dict[str, Any]:
    """Read and check a profile file; raise ProfileError with one clear line."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"cannot read the profile {path}: {_reason(error)}") from error
    except yaml.YAMLError as error:
        raise ProfileError(f"the profile {path} is not YAML: {' '.join(str(error).split())}") from error
    document = {} if loaded is None else loaded
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for problem in validator.iter_errors(document):
        where = "/".join(str(step) for step in problem.instance_path) or "the document"
        raise ProfileError(f"the profile {path}, {where}: {problem.message}")
    return dict(document)


def resolve(
    document: Mapping[str, Any], *, environment: Mapping[str, str], overrides: Mapping[str, Any]
) -> tuple[Profile, Credentials]:
    """Make profile and credentials of a profile document, flags laid over it, and the environment.

    `overrides` has the keys of the document; None means "not given". Raise ProfileError when no URL or key
    results.
    """
    merged = dict(document) | {key: value for key, value in overrides.items() if value is not None}
    base_url = merged.get("base_url")
    if not base_url:
        raise ProfileError("no target: give --target URL, or base_url in the profile")
    if not str(base_url).startswith(("http://", "https://")):
        raise ProfileError(f"the target must be an http or https URL, not {base_url!r}")
    widget = merged.get("widget") or {}
    credentials = Credentials(
        api_key=_secret(environment, merged.get("api_key_env") or "SIGMIC_API_KEY", "the API key"),
        second_api_key=_optional(environment, merged.get("second_api_key_env"), "the second API key"),
        app_id=_optional(environment, widget.get("app_id_env"), "the widget app's id"),
        app_secret=_optional(environment, widget.get("app_secret_env"), "the widget app's secret"),
    )
    limits, budget = merged.get("limits") or {}, merged.get("budget") or {}
    simple = {
        key: merged[key]
        for key in (
            "heartbeat_seconds",
            "session_expiry_seconds",
            "artifact_download_path",
            "read_only",
            "concurrency",
        )
        if merged.get(key) is not None
    }
    profile = Profile(
        base_url=str(base_url).rstrip("/"),
        without=frozenset(merged.get("without") or ()),
        allowed_origin=widget.get("allowed_origin"),
        has_second_key=credentials.second_api_key is not None,
        has_widget=credentials.app_id is not None and credentials.app_secret is not None,
    )
    return replace(profile, **simple, **limits, **budget), credentials


def _secret(environment: Mapping[str, str], name: str, what: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise ProfileError(f"{what} is missing: the environment variable {name} is not set")
    if not value.isascii() or not value.isprintable():
        raise ProfileError(f"{what} in {name} holds characters that no header can carry")
    return value


def _optional(environment: Mapping[str, str], name: str | None, what: str) -> str | None:
    return None if name is None else _secret(environment, name, what)


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
