"""Runs one tool in a session's sandbox: with its environment, without secrets in the output."""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from sigmic_mock.agent.tools.builtin import Tool
from sigmic_mock.agent.tools.output import CUT
from sigmic_mock.agent.turn import OfferedTool, ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.ports import SandboxGone, SandboxUnavailable
from sigmic_mock.runtime.failing_parts import failing_part
from sigmic_mock.service.mcp_tools import McpTools
from sigmic_mock.service.sessions import Session, Sessions

log = logging.getLogger(__name__)


class ToolRunner:
    """Runs the tools by their names: the built-in ones, and those of MCP servers."""

    def __init__(self, tools: Mapping[str, Tool], sessions: Sessions, mcp: McpTools) -> None:
        self._tools = tools
        self._sessions = sessions
        self._mcp = mcp

    async def offered(self, session: Session) -> list[OfferedTool]:
        """Return the tools that the session has, redacted; waits for its MCP servers."""
        redactor = session.redactor
        tools = [OfferedTool(tool.name, tool.summary, tool.schema) for tool in self._tools.values()]
        tools += [
            OfferedTool(each.name, redactor.text(each.description), redactor.value(each.schema))
            for each in await self._mcp.offered(session)
        ]
        return tools

    async def full_name(self, session: Session, name: str) -> str:
        """Return the full name of a tool; an unknown name is unchanged."""
        return name if name in self._tools else await self._mcp.full_name(session, name)

    async def run(self, session: Session, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        """Run tool `name` and return its outcome, redacted. An error is an outcome, not an exception."""
        tool = self._tools.get(name)
        if tool is None:
            return await self._run_foreign(session, name, args)
        try:
            sandbox = await self._sessions.sandbox(session)
            outcome = await tool.run(sandbox, args, session.variables.reveal())
        except SandboxGone:
            return ToolOutcome(ToolStatus.ERROR, "The sandbox ended while the tool was running.")
        except (SandboxUnavailable, OSError) as problem:  # a timeout too
            return _no_sandbox(session, problem)
        output = _redacted(session, outcome.output)
        return ToolOutcome(outcome.status, "\n".join([output, *_lost_secrets(session, args)]))

    async def _run_foreign(self, session: Session, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        outcome = await self._mcp.run(session, name, args)
        if outcome is None:
            return ToolOutcome(ToolStatus.ERROR, f"There is no tool named {session.redactor.text(name)}.")
        return ToolOutcome(outcome.status, _redacted(session, outcome.output))


def _no_sandbox(session: Session, problem: Exception) -> ToolOutcome:
    """Return the outcome of a tool that had no sandbox, with the part of the machine that failed."""
    log.error("no sandbox for a tool: %s", problem, extra={"fields": {"session": session.id}})
    why = failing_part(problem)
    told = "No sandbox could be started for this tool."
    return ToolOutcome(ToolStatus.ERROR, told if why is None else f"{told} {why}.")


def _redacted(session: Session, output: str) -> str:
    """Redact the output; a secret may have been cut by its end, or have started in the output before."""
    redactor = session.redactor
    kept, cut, rest = output.rpartition(f"\n{CUT}")
    if not cut:
        shown, session.begun_value = redactor.following(session.begun_value, output)
        return shown
    session.begun_value = ""
    return redactor.cut_text(kept) + cut + redactor.text(rest)


def _lost_secrets(session: Session, args: Mapping[str, Any]) -> list[str]:
    """Return the secrets in the call that were lost with an earlier session (X-07)."""
    lost = session.variables.lost
    if not lost:
        return []
    spoken_of = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", json.dumps(args, default=str)))
    return [
        f"[{name} is not set: this secret was kept in memory only and went with the session that had it]"
        for name in sorted(lost & spoken_of)
    ]
