"""One turn: what one message makes the agent do, as the agent sees it. The service implements `Turn`.

The agent does not know tasks, streams or databases. It decides; every action is a call of a `Turn`, and the
order of the calls is the order of the events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sigmic_mock.domain.events import Event
from sigmic_mock.domain.model import Message, ToolStatus


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """How a tool call ended: `success`, `error` or `cancelled` (refused, G-65), and its output."""

    status: ToolStatus
    output: str


@dataclass(frozen=True, slots=True)
class CallScript:
    """The scripted parts of a tool call.

    `ask` requires an approval even if no setting does, `seconds` of platform time pass before the outcome,
    and `result` is the outcome instead of that of a real tool, which then does not run.
    """

    ask: bool = False
    seconds: float = 0.0
    result: ToolOutcome | None = None


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool that the agent may call; `schema` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: Mapping[str, Any]


PLAIN = CallScript()
ToolOrder: TypeAlias = tuple[str, Mapping[str, Any], CallScript]
"""The arguments of one `Turn.call_tool`."""


class TurnCancelled(Exception):
    """The script makes the task `cancelled` here."""


class TurnFailed(Exception):
    """The agent fails: the task becomes `failed` with `message`; `code` goes into the `error` event."""

    def __init__(self, message: str, code: str = "AGENT_ERROR") -> None:
        self.message = message
        self.code = code
        super().__init__(message)


class Turn(Protocol):
    """The agent's view of a turn: what it may know and do while it answers one message."""

    @property
    def message(self) -> Message:
        """The user message that started the run, with the files attached to it."""

    @property
    def memory(self) -> Sequence[Message]:
        """The conversation before it, oldest first; after a restore it comes from the history (H-03)."""

    @property
    def system_prompt(self) -> str | None:
        """The prompts of the project, then the task's own; None when there is none."""

    @property
    def project_id(self) -> str:
        """The project whose configuration applies."""

    async def status(self, status: str, message: str | None = None) -> None:
        """Show a status in the stream: `connecting`, `processing` or `retrying` (X-02)."""

    async def think(self, subject: str, description: str) -> None:
        """Show a thought: one `thought` event, saved with the answer."""

    async def say(self, text: str) -> None:
        """Add one delta to the answer; which one is the last is the service's business (G-47)."""

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        """Emit `tool_call`, wait for an approval when one is needed, run the tool, emit `tool_result`."""

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        """Do several `call_tool` at the same time; return their outcomes in order."""

    async def tools(self) -> Sequence[OfferedTool]:
        """Return the tools that the agent has here: built-in ones, then those of MCP servers."""

    def may_delegate(self, agent_name: str) -> bool:
        """Tell whether the project lets a subagent of that name work."""

    async def emit(self, event: Event) -> None:
        """Send an event of a subagent."""

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event without a check: any name that can be framed, any object."""

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        """Run a tool in the same sandbox for a subagent: no `tool_call` event, no approval."""

    async def sleep(self, seconds: float) -> None:
        """Let platform time pass."""

    async def linger(self, seconds: float) -> None:
        """Let platform time pass as between two tokens; none if the clock is moved manually."""

    def expire_session(self) -> None:
        """Let the session expire as soon as this turn is over."""
