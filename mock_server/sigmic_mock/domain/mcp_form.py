"""MCP servers as JSON values, with the documented names of their fields (api-facts section 9)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from sigmic_mock.domain.form import (
    BadSettings,
    Way,
    boolean,
    items,
    limited,
    mapping,
    one_of,
    require_known,
    text,
)
from sigmic_mock.domain.mcp_servers import Address, McpServer, Program, ServerData
from sigmic_mock.domain.placeholders import is_malformed, resolved, tells_nothing

MOST_SERVERS = 20
_MOST_WORDS = 200
_LONGEST = 8_192
_LONGEST_WAIT_MS = 120_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_COMMON = ("type", "enabled", "timeout", "includeTools", "excludeTools")
_OF_PROGRAMS = ("command", "args", "env", "cwd", *_COMMON)
_OF_ADDRESSES = ("url", "headers", *_COMMON)
_SET = {"set": True}
"""Shown in place of a value that may be a secret; given back, it means the previous value.

Rule: it has this meaning only while the receiver of the value is unchanged. Otherwise a caller could change
the receiver and read the value there.
"""


def read_servers(way: Way, value: Any, before: Sequence[McpServer]) -> tuple[McpServer, ...]:
    """Return the servers of a mapping by name; raises `BadSettings`.

    `before` are the servers that they replace: a value only shown as set is taken from there, if the server
    has the same address, or the same program.
    """
    known = {server.name: server for server in before}
    servers = []
    for name, given in limited(way, mapping(way, value), MOST_SERVERS).items():
        if not _NAME.fullmatch(name):
            message = (
                f"{name[:80]!r} is not a server name: use up to 31 lowercase letters, digits and hyphens"
            )
            raise BadSettings(way, message)
        servers.append(_server((*way, name), name, mapping((*way, name), given), known.get(name)))
    return tuple(servers)


def write_server(server: McpServer) -> dict[str, Any]:
    """Return the JSON value of a server. It may hold secrets."""
    return _written(server, dict)


def show_server(server: McpServer) -> dict[str, Any]:
    """Return the JSON value of a server for people: a value that may be a secret is only shown as set."""
    return _written(
        server,
        lambda values: {name: said if tells_nothing(said) else _SET for name, said in values.items()},
    )


def _written(server: McpServer, values: Any) -> dict[str, Any]:
    where = server.where
    if isinstance(where, Program):
        told: dict[str, Any] = {"type": "stdio", "command": where.command, "args": list(where.args)}
        told |= {"env": values(where.env)} | ({} if where.cwd is None else {"cwd": where.cwd})
    else:
        told = {"type": where.kind, "url": where.url, "headers": values(where.headers)}
    told |= {"enabled": server.enabled, "timeout": round(server.connect_seconds * 1000)}
    if server.include is not None:
        told["includeTools"] = list(server.include)
    return told | {"excludeTools": list(server.exclude)}


def _server(way: Way, name: str, given: ServerData, before: McpServer | None) -> McpServer:
    if "command" not in given and "url" not in given:
        require_known(way, given, {*_OF_PROGRAMS, *_OF_ADDRESSES})
    if ("command" in given) == ("url" in given):
        raise BadSettings(way, "give either command, for a server to start, or url, for one that runs")
    is_program = "command" in given
    require_known(way, given, _OF_PROGRAMS if is_program else _OF_ADDRESSES)
    return McpServer(
        name=name,
        where=_program(way, given, before) if is_program else _address(way, given, before),
        enabled=boolean((*way, "enabled"), given.get("enabled", True)),
        include=_words((*way, "includeTools"), given["includeTools"]) if "includeTools" in given else None,
        exclude=_words((*way, "excludeTools"), given.get("excludeTools", [])),
        connect_seconds=_milliseconds((*way, "timeout"), given.get("timeout", 10_000)) / 1000,
    )


def _program(way: Way, given: ServerData, before: McpServer | None) -> Program:
    one_of((*way, "type"), given.get("type", "stdio"), ["stdio"])
    program = Program(
        command=text((*way, "command"), given["command"], longest=_LONGEST),
        args=_words((*way, "args"), given.get("args", []), may_be_empty=True),
        cwd=text((*way, "cwd"), given["cwd"], longest=_LONGEST) if "cwd" in given else None,
    )
    kept = _Kept()
    if before is not None and isinstance(before.where, Program):
        env = mapping((*way, "env"), given.get("env", {}))
        # A variable may change the behaviour of a program, as NODE_OPTIONS and BASH_ENV do.
        is_same = program == replace(before.where, env={}) and env.keys() <= before.where.env.keys()
        kept = _Kept(before.where.env, "" if is_same else "the program or the names of its variables changed")
    return replace(program, env=_values((*way, "env"), given.get("env", {}), _VARIABLE, kept))


def _address(way: Way, given: ServerData, before: McpServer | None) -> Address:
    kind = one_of((*way, "type"), given.get("type", "http"), ["http", "sse"])
    url = _with_placeholders((*way, "url"), text((*way, "url"), given["url"], longest=_LONGEST))
    problem = why_no_address(resolved(url, _AnyValue()))
    if problem is not None:
        raise BadSettings((*way, "url"), problem)
    kept = _Kept()
    if before is not None and isinstance(before.where, Address):
        # The whole address: behind one host there may be many servers with different owners.
        kept = _Kept(before.where.headers, "" if url == before.where.url else "the address changed")
    return Address(
        url=url,
        kind="sse" if kind == "sse" else "http",
        headers=_values((*way, "headers"), given.get("headers", {}), _HEADER, kept),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """Values that `{"set": true}` may mean; `lost` is the reason why it may not, or empty."""

    values: Mapping[str, str] = field(default_factory=dict)
    lost: str = ""


class _AnyValue(dict[str, str]):
    """Placeholder for values that are not known yet."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> str:
        return "1"


def why_no_address(url: str) -> str | None:
    """Return what is wrong with the address of a server, without repeating it; None for a valid one."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "is not a URL, for example https://mcp.example/mcp"
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable() or " " in url:
        return "is not a URL, for example https://mcp.example/mcp"
    if "@" in parts.netloc:
        return "must not contain a user or password: put them into headers"
    return None


def _values(way: Way, value: Any, name_of: re.Pattern[str], kept: _Kept) -> dict[str, str]:
    values = {}
    for name, said in limited(way, mapping(way, value), _MOST_WORDS).items():
        here = (*way, name)
        if not name_of.fullmatch(name):
            raise BadSettings(way, f"{name[:80]!r} cannot be a name here")
        if said == _SET:
            if name not in kept.values:
                raise BadSettings(here, "is not set yet: give its value")
            if kept.lost:
                raise BadSettings(here, f"give its value again: {kept.lost}")
            values[name] = kept.values[name]
            continue
        if not isinstance(said, str):
            raise BadSettings(here, "must be a text")
        if len(said) > _LONGEST or not said.replace("\t", "").isprintable():
            raise BadSettings(here, f"must be one line of at most {_LONGEST} characters")
        values[name] = _with_placeholders(here, said)
    return values


def _with_placeholders(way: Way, said: str) -> str:
    if is_malformed(said):
        raise BadSettings(way, "has an invalid placeholder; write {{mcp.NAME}}")
    return said


def _words(way: Way, value: Any, *, may_be_empty: bool = False) -> tuple[str, ...]:
    words = limited(way, items(way, value), _MOST_WORDS)
    return tuple(
        word if may_be_empty and word == "" else text((*way, at), word, longest=_LONGEST)
        for at, word in enumerate(words)
    )


def _milliseconds(way: Way, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LONGEST_WAIT_MS:
        raise BadSettings(way, f"must be a number of milliseconds, 1 to {_LONGEST_WAIT_MS}")
    return value
