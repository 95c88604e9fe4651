"""The settings of a run in addition to the profile file: flags and environment variables.

One table serves the verbs, the pytest plugin and the environment. A flag overrides a variable, a variable the
file. The result is checked against the profile's schema; an error names the source of the value.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_conformance.target.profile import ProfileError
from sigmic_conformance.target.profile_file import load_profile, problems
from sigmic_spec.nearest import unfit
from sigmic_spec.units import read_bytes, read_seconds

PROFILE_VARIABLE = "SIGMIC_PROFILE"
TARGET = "target"
SCOPE = "what is tested"
LIMITS = "limits"
VERDICT = "verdict and report"
"""Groups of the help text."""


def per_second(text: str) -> float:
    """Read a number of requests a second."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("must be a number of requests a second, such as 20 or 0.5")
    return value


def count(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise ValueError("must be a whole number") from None


def switch(text: str) -> bool:
    """Read a switch."""
    lowered = text.strip().lower()
    if lowered not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        raise ValueError("must be 1, true, yes or on, or their opposite")
    return lowered in {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag; `key` is that of the profile (dotted) that it or a variable may give.

    A setting whose value is the name of a variable has none.
    """

    flag: str
    text: str
    key: str = ""
    metavar: str | None = None
    read: Callable[[str], Any] = str
    group: str = TARGET

    @property
    def name(self) -> str:
        """The flag's name as an attribute."""
        return self.flag.removeprefix("--").replace("-", "_")

    @property
    def variable(self) -> str | None:
        """The environment variable of the same setting."""
        return None if self.key.endswith("_env") else f"SIGMIC_{self.name.upper()}"

    def declared(self) -> dict[str, Any]:
        """The arguments of `add_argument` for the flag."""
        if self.read is switch:
            return {"action": "store_true", "default": None, "help": self.text}
        return {"metavar": self.metavar, "help": self.text}


SETTINGS = (
    Setting("--target", "base URL of the platform to test", "base_url", "URL"),
    Setting(
        "--api-key-env",
        "environment variable with the API key (default SIGMIC_API_KEY)",
        "api_key_env",
        "NAME",
    ),
    Setting(
        "--second-api-key-env",
        "environment variable with an API key of another project (default SIGMIC_SECOND_API_KEY)",
        "second_api_key_env",
        "NAME",
    ),
    Setting("--heartbeat", "heartbeat interval (default 15s)", "heartbeat_seconds", "TIME", read_seconds),
    Setting(
        "--session-expiry",
        "idle time after which a session has certainly expired (default: unknown)",
        "session_expiry_seconds",
        "TIME",
        read_seconds,
    ),
    Setting("--allowed-origin", "origin that the widget app allows", "widget.allowed_origin", "ORIGIN"),
    Setting(
        "--tier",
        "smoke, standard or full; standard unless requirements are chosen by name, full for --mock",
        "tier",
        "TIER",
        group=SCOPE,
    ),
    Setting(
        "--journeys",
        "none, pairs or triples of situations (default: pairs; triples with --tier full)",
        "journeys",
        "LEVEL",
        group=SCOPE,
    ),
    Setting(
        "--max-turns",
        "maximum number of accepted tasks and follow-ups",
        "budget.model_turns",
        "N",
        count,
        group=LIMITS,
    ),
    Setting(
        "--max-bytes",
        "maximum number of bytes to send, for example 200MB (default 2GiB)",
        "budget.upload_bytes",
        "SIZE",
        read_bytes,
        group=LIMITS,
    ),
    Setting(
        "--max-seconds",
        "time limit of the run, for example 15m (the default)",
        "budget.wall_seconds",
        "TIME",
        read_seconds,
        group=LIMITS,
    ),
    Setting(
        "--rate",
        "maximum requests per second (default: as fast as the target allows)",
        "rate",
        "N",
        per_second,
        group=LIMITS,
    ),
    Setting(
        "--wake", "time to wait for the first response (default 12s)", "wake_seconds", "TIME", read_seconds
    ),
    Setting(
        "--read-only", "send only GET, HEAD and OPTIONS requests", "read_only", read=switch, group=LIMITS
    ),
)


def effective(
    options: Mapping[str, Any], environment: Mapping[str, str], *, mock: bool = False
) -> dict[str, Any]:
    """The profile document from the file, the variables and the flags, each overriding the one before.

    `options` has the values of flags by name, None if a flag was not given, and `profile` with the path of
    the file. With `mock` the file and an address are ignored: the target is the reference platform. Raises
    ProfileError with one line for any invalid value.
    """
    path = None if mock else options.get("profile") or environment.get(PROFILE_VARIABLE)
    document = load_profile(Path(path)) if path else {}
    sources: dict[tuple[str | int, ...], str] = {}
    for setting in SETTINGS:
        if mock and setting.key == "base_url":
            continue
        given, source = _given(setting, options, environment)
        if given is None:
            continue
        key = tuple(setting.key.split("."))
        _put(document, key, given)
        sources[key] = source
    for at, trouble in problems(document):
        if at in sources:
            name = ".".join(map(str, at))
            raise ProfileError(f"{sources[at]}: {trouble.removeprefix(f'{name}: ')}")
        raise ProfileError(trouble)
    return document


def _given(setting: Setting, options: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Any, str]:
    source = setting.flag
    value = options.get(setting.name)
    if value is None and setting.variable is not None:
        source, value = setting.variable, environment.get(setting.variable, "").strip() or None
    if not isinstance(value, str):
        return None if value is False else value, source
    try:
        return setting.read(value), source
    except ValueError as error:
        raise ProfileError(unfit(source, error, value)) from None


def _put(document: dict[str, Any], key: tuple[str, ...], value: Any) -> None:
    inner = document
    for step in key[:-1]:
        inner = inner.setdefault(step, {})
    inner[key[-1]] = value
