"""The settings of a start, by precedence: flag, environment variable, configuration file, default.

This is the only module of the mock that reads the environment.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sigmic_mock.config.file import Config, ConfigError, load_config
from sigmic_mock.config.flags import (
    Flag,
    NotShown,
    flag,
    is_hidden,
    on_or_off,
    one_of,
    read_endpoint,
    read_folder,
    read_host,
    read_host_names,
    read_interval,
    read_tools_folder,
    switch,
    whole,
)
from sigmic_mock.domain.secret import Secret
from sigmic_mock.runtime.clock.mode import Mode, read_mode
from sigmic_mock.runtime.pace import Pace, read_pace
from sigmic_spec.nearest import hint, unfit

RUN_FOLDER = "SIGMIC_RUN_FOLDER"
"""The environment variable with the folder of a run: `exec` and similar commands read reports from there."""
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


class SettingsError(Exception):
    """A start was asked for that cannot be; the message is one line naming the flag, variable or line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A whole start: each field with its flag. `data_dir` None: a temporary folder, removed at the end."""

    host: str = flag("127.0.0.1", read_host, "ADDRESS", "address to listen on")
    allow_host: tuple[str, ...] = flag(
        "the names of this machine",
        read_host_names,
        "NAME",
        "accept requests for this host name too, and treat its pages as local pages; repeatable",
        unset=(),
        separator=",",
    )
    """Names that callers use for this server in addition to those of this machine."""
    port: int = flag("8787", whole("a port number", 65535), "NUMBER", "port to listen on; 0 picks a free one")
    data_dir: Path | None = flag(
        "$XDG_STATE_HOME/sigmic-mock or ~/.local/state/sigmic-mock",
        read_folder,
        "FOLDER",
        "folder for tasks, workspaces and keys; used by one server at a time",
        unset=None,
    )
    ephemeral: bool = switch("use a temporary data folder and delete it on exit")
    session_idle: float = flag(
        "30m",
        read_interval,
        "TIME",
        "time until an idle session expires, such as 90s; a follow-up restores it with its workspace",
    )
    heartbeat: float = flag(
        "15s", read_interval, "TIME", "time between stream heartbeats; the hosted platform uses 15s"
    )
    clock: Mode = flag(
        "real",
        read_mode,
        "MODE",
        "initial clock mode of each project: real, scaled:N (N times as fast), manual (advance it"
        " yourself), autojump (skip to the next timer when idle)",
    )
    seed: int | None = flag(
        "none: ids are random",
        whole("a whole number", 2**63 - 1),
        "NUMBER",
        "derive all ids from this number, so that runs are reproducible byte for byte",
        unset=None,
    )
    journal: int = flag(
        "5000",
        whole("a number of entries", 1_000_000),
        "ENTRIES",
        "journal entries to keep per project (at most 64 MiB in total); 0 turns the journal off",
    )
    sandbox: str = flag(
        "auto",
        one_of("auto", "ns", "process"),
        "BACKEND",
        "auto: strongest available; ns: Linux namespaces; process: no isolation, loopback only."
        " Never falls back to a weaker one than you name",
    )
    spare_sandboxes: int = flag(
        "2",
        whole("a number of sandboxes", 64),
        "NUMBER",
        "idle sandboxes to keep ready for a session's first tool call, from the first use on;"
        " about 1 MB each; 0 disables the pool",
    )
    playbooks: Path | None = flag(
        "the bundled ones",
        read_folder,
        "FOLDER",
        "folder of agent playbooks (*.yaml) used before the bundled ones",
        unset=None,
    )
    answers: Path | None = flag(
        "the bundled ones",
        read_folder,
        "FOLDER",
        "folder of answers (*.yaml) to messages that are neither for a playbook nor directives,"
        " instead of the bundled ones",
        unset=None,
    )
    strict_agent: bool = switch(
        "fail a task whose message is neither for a playbook nor completely directives"
    )
    pace: Pace | None = flag(
        "natural if you start the server on a terminal, else off",
        read_pace,
        "PACE",
        "pace of scripted answers (a model has its own): natural, slow, fast, off, or figures such as"
        " first=600ms,rate=45,jitter=0.4,pause=250ms"
        " (time to the first token, tokens per second, variation, pause after a tool or a thought)",
        unset=None,
    )
    """None: the starter of the server decides."""
    model: str | None = flag(
        "none: the scripted agent answers",
        read_endpoint,
        "URL",
        "let a model answer all messages without a playbook: base URL of a chat completions API, for example"
        " http://127.0.0.1:11434/v1",
        unset=None,
    )
    model_name: str = flag("none", str, "NAME", "name of the model, as its endpoint has it", unset="")
    model_steps: int = flag(
        "16",
        whole("a number of answers", 1000, least=1),
        "NUMBER",
        "answers per message; an answer may call tools",
    )
    model_seconds: float = flag(
        "5m", read_interval, "TIME", "time per message that the endpoint may take, without tools"
    )
    model_characters: int = flag(
        "100000",
        whole("a number of characters", 1_000_000, least=1),
        "NUMBER",
        "characters per message that it may write",
    )
    model_key: Secret | None = None
    """From `SIGMIC_MOCK_MODEL_KEY` or the file: other users of the machine can read arguments."""
    mcp_tools: Path | None = flag(
        "$XDG_STATE_HOME/sigmic-mock-tools or ~/.local/state/sigmic-mock-tools",
        read_tools_folder,
        "FOLDER",
        "folder of packages installed with `sigmic-mock mcp add`; readable in every sandbox",
        unset=None,
    )
    """Packages for MCP servers; None if there is no folder for them."""
    jwt: bool = flag(
        "on", on_or_off, "on|off", "off: the server has no signing key and answers JWT_NOT_CONFIGURED"
    )
    no_faults: bool = switch("disable fault injection: load no fault code and refuse to arm faults")
    fault: str = flag(
        "none",
        str,
        "FAULT",
        "arm a fault for all projects and callers, for example net.slow,seconds=1,times=2; repeatable."
        " In the variable separate faults with `;`, in the file use a list",
        unset="",
        separator=";",
        variable="SIGMIC_MOCK_FAULTS",
    )
    """The text of the faults armed for all callers from the start: not yet looked up."""
    header_faults: bool = switch("let a request inject a fault with the header X-Mock-Fault: FAULT")
    config: Config = flag(
        "none",
        read_folder,
        "FILE",
        "YAML file with projects, API keys and widget apps; may set any flag under `server`",
        unset=Config(),
    )
    check_responses: bool = switch(
        "check every response and event against the OpenAPI document; a mismatch is a 500"
    )
    public_control: bool = switch(
        "accept control plane calls from other machines, which --host alone does not allow;"
        " the token is still required"
    )
    no_ui: bool = switch("serve only the API: no chat, widget, console, deck or reference pages")
    ready_file: Path | None = flag(
        "none",
        read_folder,
        "FILE",
        "write the server's address and credentials to FILE as JSON when it is ready (mode 0600)",
        unset=None,
    )
    until_stdin_ends: bool = switch(
        "stop when standard input (a pipe) closes, so that the server ends with its parent process,"
        " even if that is killed"
    )
    json: bool = switch("print the ready file's JSON on one line instead of the banner")
    log_level: str = flag(
        "info",
        one_of("debug", "info", "warning", "error"),
        "LEVEL",
        "minimum log level; `info` logs each API request, `debug` every request",
    )
    log_format: str = flag("text", one_of("text", "json"), "FORMAT", "log format on standard error")
    registry: Path | None = None
    """The folder for finding running servers; None if there is no place for it."""
    run_folder: Path | None = None
    """Of the command that runs this server's clients, if there is one."""
    notes: tuple[str, ...] = ()
    """Remarks for the person who started the server, one line each."""

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can connect."""
        return self.host in _LOOPBACK

    @property
    def reachable_host(self) -> str:
        """How this machine itself reaches the server."""
        local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - not listened on
        return f"[{local}]" if ":" in local else local


FLAGS: Sequence[Flag] = tuple(
    replace(each.metadata["flag"], name=each.name.replace("_", "-"))
    for each in fields(Settings)
    if each.metadata
)
"""The flags: one table for the command line, the environment, the file and the docs."""
_MODEL_KEY = "SIGMIC_MOCK_MODEL_KEY"
_OTHER_VARIABLES = {"SIGMIC_MOCK_CONTROL_URL", "SIGMIC_MOCK_CONTROL_TOKEN", _MODEL_KEY}
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
    values["data-dir"] = _data_dir(layers, environ)
    values["ephemeral"] = values["data-dir"] is None
    values.setdefault("mcp-tools", tools_folder(environ))
    if values.get("model") and not values.get("model-name"):
        raise SettingsError("--model needs --model-name, the name of the model at that endpoint")
    if needless := [name for name in values if name.startswith("model-") and not values.get("model")]:
        raise SettingsError(f"--{needless[0]} needs --model")
    named = {_BY_NAME[name].field: value for name, value in values.items()}
    run_folder = Path(environ[RUN_FOLDER]) if environ.get(RUN_FOLDER) else None
    return Settings(
        config=config,
        registry=registry_folder(environ),
        run_folder=run_folder,
        notes=tuple(_unknown_variables(environ)),
        model_key=_model_key(environ, config),
        **named,
    )


def _model_key(environ: Mapping[str, str], config: Config) -> Secret | None:
    """Return the key, which becomes a header."""
    found = environ.get(_MODEL_KEY)
    key = Secret(found) if found else config.model_key
    if key is not None and not (key.reveal().isascii() and key.reveal().isprintable()):
        source = _MODEL_KEY if found else "model_key"
        raise SettingsError(f"{source} must have printable ASCII characters only")
    return key


def _config(spoken: Mapping[str, tuple[str, str]], environ: Mapping[str, str]) -> tuple[Path | None, Config]:
    if "config" not in spoken:
        return None, Config()
    path: Path = _read(_BY_NAME["config"], *spoken["config"])
    names = {flag.name: flag.separator for flag in FLAGS if flag.name != "config"}
    try:
        return path, load_config(path, server_names=names, environment=environ)
    except ConfigError as problem:
        raise SettingsError(str(problem)) from None


def _data_dir(layers: Sequence[Mapping[str, Any]], environ: Mapping[str, str]) -> Path | None:
    """Return the folder, None for a temporary one: the first layer with a setting of either decides."""
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
    except NotShown as problem:
        raise SettingsError(f"{source} {problem}") from None
    except ValueError as problem:
        raise SettingsError(unfit(source, problem, text)) from None


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Name each variable that looks like an unknown setting. None is refused: it may be another program's."""
    known = {flag.variable for flag in FLAGS} | _OTHER_VARIABLES
    for variable in sorted(environ):
        near = hint(variable, known, cutoff=0.85)
        if variable.startswith("SIGMIC_MOCK_") and variable not in known and near:
            yield f"unknown environment variable {variable}{near}"


def registry_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where the running servers of this user are found."""
    try:
        return state_folder(environ).with_name("sigmic-mock-servers")
    except SettingsError:
        return None


def tools_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where `mcp add` puts packages by default: next to the data folder, which stays private.

    None when there is no such place, or no sandbox would see it.
    """
    try:
        folder = state_folder(environ).with_name("sigmic-mock-tools")
    except SettingsError:
        return None
    return None if is_hidden(folder) else folder


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the data folder of the XDG base directory specification (relative values are to be ignored)."""
    state = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # noqa: PTH117 - Path("").is_absolute() would hide the empty case
        return Path(state) / "sigmic-mock"
    try:
        return Path.home() / ".local" / "state" / "sigmic-mock"
    except RuntimeError:
        raise SettingsError("there is no home folder for the data: give --data-dir or --ephemeral") from None
