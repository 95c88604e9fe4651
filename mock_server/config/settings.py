"""The settings of a start, by precedence: flag, environment variable, configuration file, default.

This is the only module of the mock that reads the environment.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.config.file import Config, ConfigError, load_config
from sigmic_conformance.mock_server.config.flags import DEFAULT_PORT, FLAGS, Flag
from sigmic_conformance.mock_server.runtime.clock.mode import REAL, Mode
from sigmic_conformance.spec.nearest import hint

_LOOPBACK = frozenset({"127.0.0.1", "::1"})


class SettingsError(Exception):
    """A start was asked for that cannot be; the message is one line naming the flag, variable or line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A whole start. `data_dir` None means a temporary folder that is removed at the end."""

    host: str = "127.0.0.1"
    allow_host: tuple[str, ...] = ()
    """Names that callers use for this server besides those of this machine."""
    port: int = DEFAULT_PORT
    data_dir: Path | None = None
    session_idle: float = 1800.0
    heartbeat: float = 15.0
    clock: Mode = REAL
    seed: int | None = None
    journal: int = 5000
    sandbox: str = "auto"
    spare_sandboxes: int = 2
    playbooks: Path | None = None
    mcp_tools: Path | None = None
    """Packages from which MCP servers are started; None when there is no place for any."""
    jwt: bool = True
    no_faults: bool = False
    fault: str = ""
    """What is armed for everybody from the start, as it was written: not yet looked up."""
    header_faults: bool = False
    check_responses: bool = False
    public_control: bool = False
    no_ui: bool = False
    ready_file: Path | None = None
    until_stdin_ends: bool = False
    json: bool = False
    log_level: str = "info"
    log_format: str = "text"
    config: Config = field(default_factory=Config)
    notes: tuple[str, ...] = ()
    """Things worth telling the person who started it, one line each."""

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can connect."""
        return self.host in _LOOPBACK


_OF_COMMANDS = {"SIGMIC_MOCK_CONTROL_URL", "SIGMIC_MOCK_CONTROL_TOKEN"}
_BY_NAME = {flag.name: flag for flag in FLAGS}


def environment() -> Mapping[str, str]:
    """Return this process's environment."""
    return os.environ


def resolve(given: Mapping[str, str], environ: Mapping[str, str]) -> Settings:
    """Combine flags (`given`: name to text), environment and configuration file; raises `SettingsError`."""
    flags = {name: (text, f"--{name}") for name, text in given.items()}
    variables = {
        flag.name: (environ[flag.variable], flag.variable) for flag in FLAGS if environ.get(flag.variable)
    }
    path, config = _config(variables | flags, environ)
    file = {name: (text, f"{path}: server.{name}") for name, text in config.server.items()}
    layers = [
        {name: _read(_BY_NAME[name], text, source) for name, (text, source) in layer.items()}
        for layer in (flags, variables, file)
    ]
    values = layers[2] | layers[1] | layers[0]
    values.pop("config", None)
    values.pop("ephemeral", None)
    values["data-dir"] = _data_dir(layers, environ)
    values.setdefault("mcp-tools", tools_folder(environ))
    fields = {_BY_NAME[name].field: value for name, value in values.items()}
    return Settings(config=config, notes=tuple(_unknown_variables(environ)), **fields)


def _config(spoken: Mapping[str, tuple[str, str]], environ: Mapping[str, str]) -> tuple[Path | None, Config]:
    if "config" not in spoken:
        return None, Config()
    path: Path = _read(_BY_NAME["config"], *spoken["config"])
    names = {flag.name: flag.separator for flag in FLAGS if flag.in_file}
    try:
        return path, load_config(path, server_names=names, environment=environ)
    except ConfigError as problem:
        raise SettingsError(str(problem)) from None


def _data_dir(layers: Sequence[Mapping[str, Any]], environ: Mapping[str, str]) -> Path | None:
    """Return the folder, None for a temporary one: the first layer that speaks of either decides."""
    for layer in layers:
        is_temporary, folder = layer.get("ephemeral", False), layer.get("data-dir")
        if is_temporary and folder is not None:
            raise SettingsError("use either --ephemeral or --data-dir, not both")
        if is_temporary:
            return None
        if folder is not None:
            return Path(folder)
    return state_folder(environ)


def _read(flag: Flag, text: str, source: str) -> Any:
    try:
        return flag.read(text)
    except ValueError as problem:
        raise SettingsError(f"{source} {problem}, not {text!r}") from None


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Name what looks like a misspelt setting; it is not refused, for it may be another program's."""
    known = {flag.variable for flag in FLAGS} | _OF_COMMANDS
    for variable in sorted(environ):
        near = hint(variable, known, cutoff=0.85)
        if variable.startswith("SIGMIC_MOCK_") and variable not in known and near:
            yield f"unknown environment variable {variable}{near}"


def tools_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where `mcp add` puts packages unless it is told: beside the data folder, which stays private."""
    try:
        return state_folder(environ).with_name("sigmic-mock-tools")
    except SettingsError:
        return None


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the data folder of the XDG base directory specification (relative values are to be ignored)."""
    state = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # noqa: PTH117 - Path("").is_absolute() would hide the empty case
        return Path(state) / "sigmic-mock"
    try:
        return Path.home() / ".local" / "state" / "sigmic-mock"
    except RuntimeError:
        raise SettingsError("there is no home folder for the data: give --data-dir or --ephemeral") from None
