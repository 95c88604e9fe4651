"""What the MCP servers of one session are started with."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from sigmic_conformance.mock_server.domain.redaction import Redactor
from sigmic_conformance.mock_server.mcp.outbound import Outbound
from sigmic_conformance.mock_server.mcp.tools_folder import ToolsFolder
from sigmic_conformance.mock_server.ports import Sandbox
from sigmic_conformance.mock_server.runtime.background import BackgroundWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """`variables` are what placeholders stand for; `open_sandbox` makes one more of the session's.

    `redactor` learns what each server is given before the server can print it.
    """

    variables: Mapping[str, str] = field(repr=False)
    redactor: Redactor
    open_sandbox: Callable[[], Awaitable[Sandbox]]
    tools: ToolsFolder
    outbound: Outbound
    background: BackgroundWork
