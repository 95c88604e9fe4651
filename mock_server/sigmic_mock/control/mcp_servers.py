"""/mcp-servers: try a project's MCP server out."""

from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.mcp_servers import McpServer
from sigmic_mock.domain.variables import check_variables
from sigmic_mock.service.mcp_trial import McpTrials, Trial
from sigmic_mock.service.project_settings import AllSettings


def handlers(settings: AllSettings, trials: McpTrials) -> Handlers:
    """Return the handlers."""

    async def test_mcp_server(call: ControlCall) -> dict[str, Any]:
        server = named_server(settings.of(call.project_id).mcp_servers, call.path["name"])
        trial = await trials.run(call.project_id, server, check_variables("env", call.body.get("env", {})))
        return {"project": call.project_id, **trial_data(server, trial)}

    return by_name(test_mcp_server)


def trial_data(server: McpServer, trial: Trial) -> dict[str, Any]:
    """Return what came of a trial, as JSON data."""
    return {
        "server": server.name,
        "works": trial.works,
        "seconds": round(trial.seconds, 3),
        "tools": [
            {"name": tool.name, "own_name": tool.own_name, "description": tool.description}
            for tool in trial.tools
        ],
        "messages": list(trial.messages),
    }


def named_server(servers: tuple[McpServer, ...], name: str) -> McpServer:
    """Return one of the servers; raises NOT_FOUND."""
    for server in servers:
        if server.name == name:
            return server
    known = ", ".join(server.name for server in servers) or "none"
    raise ApiError(ErrorCode.NOT_FOUND, f"There is no MCP server {name[:80]!r}; there are: {known}")
