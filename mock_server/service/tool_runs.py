"""Running one tool in a session's sandbox: its environment goes in, no secret comes out."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.agent.tools.builtin import Tool
from sigmic_conformance.mock_server.agent.tools.output import CUT
from sigmic_conformance.mock_server.agent.turn import ToolOutcome
from sigmic_conformance.mock_server.domain.model import Task, ToolStatus
from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.ports import SandboxGone, SandboxUnavailable
from sigmic_conformance.mock_server.service.sessions import Session, Sessions
from sigmic_conformance.mock_server.service.workplace import Workplace

log = logging.getLogger(__name__)


async def run_for(
    place: Workplace, task: Task, session: Session, name: str, args: Mapping[str, Any]
) -> ToolOutcome:
    """Run a tool of a task's turn: counted while it runs, and done or told wrongly when a fault wants it."""

    def deviates(decision: str) -> bool:
        return place.deviations.deviates(decision, task.project_id, task=task.id) is not None

    if name == "write_file" and deviates("agent.writes-otherwise"):
        args = {**args, "content": "something else"}
    is_command = name == "run_shell_command"
    if is_command and deviates("agent.other-root"):
        args = {**args, "command": f"cd / && {args.get('command', '')}"}
    place.counters.commands_running += is_command
    try:
        outcome = await run_tool(place.tools, place.sessions, session, name, args)
    finally:
        place.counters.commands_running -= is_command
    if outcome.status is ToolStatus.ERROR and deviates("tool.errors-ignored"):
        return replace(outcome, status=ToolStatus.SUCCESS)
    return outcome


async def run_tool(
    tools: Mapping[str, Tool], sessions: Sessions, session: Session, name: str, args: Mapping[str, Any]
) -> ToolOutcome:
    """Run tool `name` and return how it ended, redacted. What goes wrong is an outcome, not an exception."""
    tool = tools.get(name)
    if tool is None:
        return ToolOutcome(ToolStatus.ERROR, f"There is no tool named {session.redactor.text(name)}.")
    try:
        sandbox = await sessions.sandbox(session)
        outcome = await tool.run(sandbox, args, session.variables.reveal())
    except SandboxGone:
        return ToolOutcome(ToolStatus.ERROR, "The sandbox ended while the tool was running.")
    except SandboxUnavailable:
        log.exception("no sandbox for a tool", extra={"session": session.id})
        return ToolOutcome(ToolStatus.ERROR, "No sandbox could be started for this tool.")
    output = _redacted(session.redactor, outcome.output)
    return ToolOutcome(outcome.status, "\n".join([output, *_lost(session, args)]))


def _redacted(redactor: Redactor, output: str) -> str:
    """Redact the output; where it was cut off, a secret may have been cut in two."""
    kept, cut, rest = output.rpartition(f"\n{CUT}")
    if not cut:
        return redactor.text(output)
    return redactor.cut_text(kept) + cut + redactor.text(rest)


def _lost(session: Session, args: Mapping[str, Any]) -> list[str]:
    """Name the secrets that the call speaks of and that did not survive the session before (X-07)."""
    lost = session.variables.lost
    if not lost:
        return []
    spoken_of = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", json.dumps(args, default=str)))
    return [
        f"[{name} is not set: this secret was kept in memory only and went with the session that had it]"
        for name in sorted(lost & spoken_of)
    ]
