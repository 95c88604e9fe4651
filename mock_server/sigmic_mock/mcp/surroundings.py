"""The environment in which the MCP servers of one session start."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sigmic_mock.domain.redaction import Redactor
from sigmic_mock.mcp.outbound import Outbound
from sigmic_mock.mcp.tools_folder import ToolsFolder
from sigmic_mock.ports import Sandbox
from sigmic_mock.runtime.background import BackgroundWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`variables` are the values of placeholders; `open_sandbox` creates another sandbox of the session.

    `redactor` learns the secrets of each server before the server can print them.
    """

    variables: Mapping[str, str] = field(repr=False)
    redactor: Redactor
    open_sandbox: Callable[[], Awaitable[Sandbox]]
    tools: ToolsFolder
    outbound: Outbound
    background: BackgroundWork
