"""What a platform may make of the configuration of its MCP servers, other than what is promised of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sigmic_conformance.mock_server.domain.mcp_servers import Address, McpServer
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.service.sessions import SessionVariables

_PATIENCE_SECONDS = 60.0


def misread(configured: Sequence[McpServer], asker: Asker) -> tuple[McpServer, ...]:
    """Return the servers that the platform takes from a configuration."""
    if any(server.enabled for server in configured) and asker.wanted("mcp.not-loaded"):
        return ()
    return tuple(_misread(server, asker) for server in configured)


def _misread(server: McpServer, asker: Asker) -> McpServer:
    if not server.enabled and asker.wanted("mcp.disabled-started"):
        server = replace(server, enabled=True)
    is_filtered = bool(server.exclude) or server.include is not None
    if is_filtered and asker.wanted("mcp.filter-ignored"):
        server = replace(server, include=None, exclude=())
    if asker.wanted("mcp.timeout-ignored", server.name):
        server = replace(server, connect_seconds=_PATIENCE_SECONDS)
    where = server.where
    if isinstance(where, Address):
        if where.kind == "sse" and asker.wanted("mcp.sse-as-http"):
            return replace(server, where=replace(where, kind="http"))
        kept = {name: text for name, text in where.headers.items() if "{{" in text}
        if kept != where.headers and asker.wanted("mcp.headers-lost"):
            return replace(server, where=replace(where, headers=kept))
    elif where.cwd is not None and asker.wanted("mcp.elsewhere"):
        return replace(server, where=replace(where, cwd=None))
    return server


def misunderstood(variables: SessionVariables, asker: Asker, *, exchanged: bool) -> Mapping[str, str]:
    """Return what the platform takes placeholders to stand for; `exchanged` in the session of an end user."""
    if variables.names and asker.wanted("mcp.placeholders-kept"):
        return {name: f"{{{{mcp.{name}}}}}" for name in variables.names}
    return _Misunderstood(variables, asker, exchanged=exchanged)


class _Misunderstood(dict[str, str]):
    """Variables, of which some may be lost, and one that was not given may be `undefined`."""

    def __init__(self, variables: SessionVariables, asker: Asker, *, exchanged: bool) -> None:
        super().__init__(variables.reveal())
        self._env, self._secrets = variables.env, variables.secrets
        self._asker = asker
        self._exchanged = exchanged

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return not (self._exchanged and self._asker.wanted("mcp.exchange-lost"))
        return self._asker.wanted("mcp.unresolved-started")

    def __getitem__(self, name: str) -> str:
        whose = "exchange" if self._exchanged else "task"
        if name in self._env and name in self._secrets and self._asker.wanted("mcp.env-wins", whose):
            return self._env[name]
        return super().__getitem__(name)

    def __missing__(self, name: str) -> str:
        return "undefined"
