"""MCP servers of a project (api-facts section 9): how they are reached, which of their tools are offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PREFIX = "mcp_"
"""The prefix of the name of every tool of an MCP server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A server that is started, inside its own sandbox. `cwd` is relative to the workspace."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A server that runs elsewhere, reached by Streamable HTTP or by server-sent events."""

    url: str = field(repr=False)
    kind: Literal["http", "sse"] = "http"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """One configured server. Tools are chosen by the server's own names for them; `exclude` wins (G-99)."""

    name: str
    where: Program | Address
    enabled: bool = True
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    connect_seconds: float = 10.0

    def offers(self, own_name: str) -> bool:
        """Tell whether a tool of the server is for the agent."""
        return own_name not in self.exclude and (self.include is None or own_name in self.include)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpTool:
    """One tool as a server announced it, and the name under which it is offered."""

    name: str
    own_name: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    """The JSON Schema of its arguments."""


@dataclass(frozen=True, slots=True)
class McpFile:
    """A part of a tool's result other than text, for example an image."""

    extension: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpResult:
    """The result of a tool call."""

    failed: bool
    text: str
    files: Sequence[McpFile] = ()


class McpUnavailable(Exception):
    """A server could not be started or reached, or has ended; the message is one line for people."""


def offered(server: str, own_names: Sequence[str]) -> dict[str, str]:
    """Return, by the name for the agent, a server's own names of its tools.

    `mcp_<server>_<tool>`, at most 64 characters of those that a model accepts; a name that is taken gets a
    number.
    """
    names: dict[str, str] = {}
    for own_name in own_names:
        plain = "".join(each if each in _PLAIN else "_" for each in f"{PREFIX}{server}_{own_name}"[:_LONGEST])
        name, number = plain, 1
        while name in names:
            number += 1
            name = f"{plain[: _LONGEST - len(str(number)) - 1]}_{number}"
        names[name] = own_name
    return names


def server_of(tool_name: str) -> str | None:
    """Return the server in a tool's name; None if the tool does not belong to an MCP server."""
    if not tool_name.startswith(PREFIX):
        return None
    return tool_name.removeprefix(PREFIX).partition("_")[0] or None


_LONGEST = 64
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")

ServerData = Mapping[str, Any]
"""One server as a JSON value."""
