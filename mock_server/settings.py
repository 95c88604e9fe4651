"""What a start can be told, and by whom: flag, environment variable, configuration file, then default.

The one table `FLAGS` feeds the command line, the environment, the configuration file and
docs/reference/flags.md. This is the only module of the mock that reads the environment.
"""

import difflib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mock_server.clock.mode import REAL, Mode, read_mode
from mock_server.config import Config, ConfigError, load_config

DEFAULT_PORT = 8787
_LAST_PORT = 65535
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


class SettingsError(Exception):
    """A start was asked for that cannot be; the message is one line naming the flag, variable or line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A whole start. `data_dir` None means a temporary folder that is removed at the end."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data_dir: Path | None = None
    session_idle: float = 1800.0
    heartbeat: float = 15.0
    clock: Mode = REAL
    sandbox: str = "auto"
    playbooks: Path | None = None
    jwt: bool = True
    check_responses: bool = False
    public_control: bool = False
    ready_file: Path | None = None
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


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > _LAST_PORT:
        raise ValueError("must be a port number, 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    message = "must be a number of seconds above 0"
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(message) from None
    if not 0 < seconds < 1e9:  # noqa: PLR2004 - also refuses nan and inf
        raise ValueError(message)
    return seconds


def _switch(text: str) -> bool:
    words = {
        "on": True,
        "true": True,
        "1": True,
        "yes": True,
        "off": False,
        "false": False,
        "0": False,
        "no": False,
    }
    if text.lower() not in words:
        raise ValueError("must be on or off")
    return words[text.lower()]


def _folder(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError("must be a path")
    return Path(text).expanduser().absolute()


def _host(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("must be an address or host name")
    # The name has two addresses, and port 0 would take a different port on each.
    return "127.0.0.1" if text == "localhost" else text


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            close = difflib.get_close_matches(text, choices, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ValueError(f"must be one of {', '.join(choices)}{hint}")
        return text

    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One setting: `--name VALUE`, or `--name` alone when it is a `switch`."""

    name: str
    read: Callable[[str], Any]
    value: str = ""
    default: str = ""
    """As shown in the reference."""
    help: str
    switch: bool = False
    in_file: bool = True
    """False: cannot be set in the configuration file."""

    @property
    def variable(self) -> str:
        """The environment variable of the same meaning."""
        return "SIGMIC_MOCK_" + self.name.upper().replace("-", "_")

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.replace("-", "_")


FLAGS: Sequence[Flag] = (
    Flag(name="host", read=_host, value="ADDRESS", default="127.0.0.1", help="address to listen on"),
    Flag(name="port", read=_port, value="NUMBER", default=str(DEFAULT_PORT), help="port; 0 takes a free one"),
    Flag(
        name="data-dir",
        read=_folder,
        value="FOLDER",
        default="$XDG_STATE_HOME/sigmic-mock or ~/.local/state/sigmic-mock",
        help="where tasks, workspaces and keys are kept; one server at a time",
    ),
    Flag(
        name="ephemeral",
        read=_switch,
        switch=True,
        default="off",
        help="keep everything in a temporary folder that is removed at the end",
    ),
    Flag(
        name="session-idle",
        read=_seconds,
        value="SECONDS",
        default="1800",
        help="idle time after which a session expires; its workspace is kept, a follow-up restores it",
    ),
    Flag(
        name="heartbeat",
        read=_seconds,
        value="SECONDS",
        default="15",
        help="period of the stream's heartbeat; the platform's is 15",
    ),
    Flag(
        name="clock",
        read=read_mode,
        value="MODE",
        default="real",
        help="how each project's time moves: real, scaled:N (N times as fast), manual (only when told to),"
        " autojump (to the next timer whenever nothing else goes on)",
    ),
    Flag(
        name="sandbox",
        read=_one_of("auto", "ns", "process"),
        value="BACKEND",
        default="auto",
        help="auto: the strongest this machine allows; ns: Linux namespaces; process: weak, loopback only."
        " A weaker one than asked for is refused",
    ),
    Flag(
        name="playbooks",
        read=_folder,
        value="FOLDER",
        default="the bundled ones",
        help="folder of agent playbooks (*.yaml) used before the bundled ones",
    ),
    Flag(
        name="jwt",
        read=_switch,
        value="on|off",
        default="on",
        help="off: the server has no signing key and answers JWT_NOT_CONFIGURED",
    ),
    Flag(
        name="config",
        read=_folder,
        value="FILE",
        default="none",
        help="YAML file with projects, API keys and widget apps; may set any flag under `server`",
        in_file=False,
    ),
    Flag(
        name="check-responses",
        read=_switch,
        switch=True,
        default="off",
        help="check every answer and event against the OpenAPI document; a mismatch is a 500",
    ),
    Flag(
        name="public-control",
        read=_switch,
        switch=True,
        default="off",
        help="let other machines use the control plane too, which with --host alone they cannot;"
        " the token is still asked for",
    ),
    Flag(
        name="ready-file",
        read=_folder,
        value="FILE",
        default="none",
        help="write how to reach the server there, as JSON, once its port answers (mode 0600)",
    ),
    Flag(
        name="json",
        read=_switch,
        switch=True,
        default="off",
        help="print the content of the ready file on one line instead of the banner",
    ),
    Flag(
        name="log-level",
        read=_one_of("debug", "info", "warning", "error"),
        value="LEVEL",
        default="info",
        help="least severity that is logged; `info` has one line a request",
    ),
    Flag(
        name="log-format",
        read=_one_of("text", "json"),
        value="FORMAT",
        default="text",
        help="form of the log lines on standard error",
    ),
)
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
    fields = {_BY_NAME[name].field: value for name, value in values.items()}
    return Settings(config=config, notes=tuple(_unknown_variables(environ)), **fields)


def _config(spoken: Mapping[str, tuple[str, str]], environ: Mapping[str, str]) -> tuple[Path | None, Config]:
    if "config" not in spoken:
        return None, Config()
    path: Path = _read(_BY_NAME["config"], *spoken["config"])
    names = frozenset(flag.name for flag in FLAGS if flag.in_file)
    try:
        return path, load_config(path, server_names=names, environment=environ)
    except ConfigError as problem:
        raise SettingsError(str(problem)) from None


def _data_dir(layers: Sequence[Mapping[str, Any]], environ: Mapping[str, str]) -> Path | None:
    """Return the folder, None for a temporary one: the first layer that speaks of either decides."""
    for layer in layers:
        is_temporary, folder = layer.get("ephemeral", False), layer.get("data-dir")
        if is_temporary and folder is not None:
            raise SettingsError("--ephemeral and --data-dir exclude one another")
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
        close = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
        if variable.startswith("SIGMIC_MOCK_") and variable not in known and close:
            yield f"the environment variable {variable} means nothing; did you mean {close[0]}?"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the data folder of the XDG base directory specification (relative values are to be ignored)."""
    state = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # noqa: PTH117 - Path("").is_absolute() would hide the empty case
        return Path(state) / "sigmic-mock"
    try:
        return Path.home() / ".local" / "state" / "sigmic-mock"
    except RuntimeError:
        raise SettingsError("there is no home folder for the data: give --data-dir or --ephemeral") from None
