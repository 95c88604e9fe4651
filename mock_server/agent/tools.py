"""The built-in tools: each one is a program run inside the session's sandbox, never on the server.

Content travels on stdin and never in argv, where other processes of the sandbox could read it (V-07).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mock_server.agent.turn import ToolOutcome
from mock_server.ports import Limits, Sandbox

Run = Callable[[Sandbox, Mapping[str, Any], Mapping[str, str], Limits | None], Awaitable[ToolOutcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool of the catalogue."""

    name: str
    summary: str
    read_only: bool
    work: Run

    async def run(
        self,
        sandbox: Sandbox,
        args: Mapping[str, Any],
        env: Mapping[str, str],
        limits: Limits | None = None,
    ) -> ToolOutcome:
        """Run the tool; what goes wrong inside is an outcome, only `SandboxGone` is raised."""
        return await self.work(sandbox, args, env, limits)


TOOLS: Mapping[str, Tool] = MappingProxyType({})
