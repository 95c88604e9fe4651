"""The flags of a start: one table for the command line, the environment, the file and the docs.

Add a flag here and a field of the same name to `settings.Settings`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.runtime.clock.mode import read_mode
from sigmic_conformance.spec.nearest import hint

DEFAULT_PORT = 8787
LARGEST_SEED = 2**63 - 1
_HOST_NAME = re.compile(r"[0-9a-z._-]{1,253}|\[[0-9a-f:.]{2,45}\]", re.ASCII)


def _whole(what: str, most: int) -> Callable[[str], int]:
    """Return the reader of a whole number."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > len(str(most)) or int(text) > most:
            raise ValueError(f"must be a {what}, 0 to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    message = "must be a number of seconds above 0"
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(message) from None
    if not 0 < seconds < 1e9:  # noqa: PLR2004 - also refuses nan and inf
        raise ValueError(message)
    return seconds


def read_seed(text: str) -> int:
    """Read a seed; raises ValueError."""
    if not text.isascii() or not text.isdigit() or int(text[:20]) > LARGEST_SEED:
        raise ValueError(f"must be a whole number, 0 to {LARGEST_SEED}")
    return int(text)


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


_HIDDEN = ("/tmp", "/proc", "/dev", "/workspace", "/home/agent")  # noqa: S108 - where it cannot be


def _tools_folder(text: str) -> Path:
    """Refuse where every sandbox has something of its own, so that it would not see the folder."""
    folder = _folder(text)
    if any(folder.resolve().is_relative_to(hidden) for hidden in _HIDDEN):
        raise ValueError(
            f"must not be under {', '.join(_HIDDEN)}: a sandbox has its own copy of these folders"
        )
    return folder


def _host(text: str) -> str:
    if not text or any(character.isspace() for character in text):
        raise ValueError("must be an address or host name")
    # The name has two addresses, and port 0 would take a different port on each.
    return "127.0.0.1" if text == "localhost" else text


def _host_names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(","))
    if any(_HOST_NAME.fullmatch(name) is None for name in names):
        raise ValueError("must be a host name or an address, without scheme, port or wildcard")
    return names


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}{hint(text, choices)}")
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
    variable: str = ""
    """The environment variable of the same meaning; made from the name when not given."""
    separator: str = ""
    """Between several values in one text; such a flag may be given again, and the file may hold a list."""
    in_file: bool = True
    """False: cannot be set in the configuration file."""

    def __post_init__(self) -> None:
        variable = self.variable or "SIGMIC_MOCK_" + self.name.upper().replace("-", "_")
        object.__setattr__(self, "variable", variable)

    @property
    def field(self) -> str:
        """The attribute of `Settings`."""
        return self.name.replace("-", "_")


FLAGS: Sequence[Flag] = (
    Flag(name="host", read=_host, value="ADDRESS", default="127.0.0.1", help="address to listen on"),
    Flag(
        name="allow-host",
        read=_host_names,
        value="NAME",
        default="the names of this machine",
        separator=",",
        help="accept requests for this host name too, and treat its pages as local pages; repeatable",
    ),
    Flag(
        name="port",
        read=_whole("port number", 65535),
        value="NUMBER",
        default=str(DEFAULT_PORT),
        help="port to listen on; 0 picks a free one",
    ),
    Flag(
        name="data-dir",
        read=_folder,
        value="FOLDER",
        default="$XDG_STATE_HOME/sigmic-mock or ~/.local/state/sigmic-mock",
        help="folder for tasks, workspaces and keys; used by one server at a time",
    ),
    Flag(
        name="ephemeral",
        read=_switch,
        switch=True,
        default="off",
        help="use a temporary data folder and delete it on exit",
    ),
    Flag(
        name="session-idle",
        read=_seconds,
        value="SECONDS",
        default="1800",
        help="seconds until an idle session expires; a follow-up restores it with its workspace",
    ),
    Flag(
        name="heartbeat",
        read=_seconds,
        value="SECONDS",
        default="15",
        help="seconds between stream heartbeats; the hosted platform uses 15",
    ),
    Flag(
        name="clock",
        read=read_mode,
        value="MODE",
        default="real",
        help="initial clock mode of each project: real, scaled:N (N times as fast), manual (advance it"
        " yourself), autojump (skip to the next timer when idle)",
    ),
    Flag(
        name="seed",
        read=read_seed,
        value="NUMBER",
        default="none: ids are random",
        help="derive all ids from this number, so that runs are reproducible byte for byte",
    ),
    Flag(
        name="journal",
        read=_whole("number of entries", 1_000_000),
        value="ENTRIES",
        default="5000",
        help="journal entries to keep per project (at most 64 MiB in total); 0 turns the journal off",
    ),
    Flag(
        name="sandbox",
        read=_one_of("auto", "ns", "process"),
        value="BACKEND",
        default="auto",
        help="auto: strongest available; ns: Linux namespaces; process: no isolation, loopback only."
        " Never falls back to a weaker one than you name",
    ),
    Flag(
        name="spare-sandboxes",
        read=_whole("number of sandboxes", 64),
        value="NUMBER",
        default="2",
        help="idle sandboxes to keep ready for a session's first tool call, from the first use on;"
        " about 1 MB each; 0 disables the pool",
    ),
    Flag(
        name="playbooks",
        read=_folder,
        value="FOLDER",
        default="the bundled ones",
        help="folder of agent playbooks (*.yaml) used before the bundled ones",
    ),
    Flag(
        name="mcp-tools",
        read=_tools_folder,
        value="FOLDER",
        default="$XDG_STATE_HOME/sigmic-mock-tools or ~/.local/state/sigmic-mock-tools",
        help="folder of packages installed with `sigmic-mock mcp add`; readable in every sandbox",
    ),
    Flag(
        name="jwt",
        read=_switch,
        value="on|off",
        default="on",
        help="off: the server has no signing key and answers JWT_NOT_CONFIGURED",
    ),
    Flag(
        name="no-faults",
        read=_switch,
        switch=True,
        default="off",
        help="disable fault injection: load no fault code and refuse to arm faults",
    ),
    Flag(
        name="fault",
        read=str,
        value="FAULT",
        default="none",
        variable="SIGMIC_MOCK_FAULTS",
        separator=";",
        help="arm a fault for all projects and callers, for example net.slow,seconds=1,times=2; repeatable."
        " In the variable separate faults with `;`, in the file use a list",
    ),
    Flag(
        name="header-faults",
        read=_switch,
        switch=True,
        default="off",
        help="let a request inject a fault with the header X-Mock-Fault: FAULT",
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
        help="accept control plane calls from other machines, which --host alone does not allow;"
        " the token is still required",
    ),
    Flag(
        name="no-ui",
        read=_switch,
        switch=True,
        default="off",
        help="serve only the API: no chat, widget, console, deck or reference pages",
    ),
    Flag(
        name="ready-file",
        read=_folder,
        value="FILE",
        default="none",
        help="write the server's address and credentials to FILE as JSON when it is ready (mode 0600)",
    ),
    Flag(
        name="until-stdin-ends",
        read=_switch,
        switch=True,
        default="off",
        help="stop when standard input (a pipe) closes, so that the server ends with its parent process,"
        " even if that is killed",
    ),
    Flag(
        name="json",
        read=_switch,
        switch=True,
        default="off",
        help="print the ready file's JSON on one line instead of the banner",
    ),
    Flag(
        name="log-level",
        read=_one_of("debug", "info", "warning", "error"),
        value="LEVEL",
        default="info",
        help="minimum log level; `info` logs each API request, `debug` every request",
    ),
    Flag(
        name="log-format",
        read=_one_of("text", "json"),
        value="FORMAT",
        default="text",
        help="log format on standard error",
    ),
)
