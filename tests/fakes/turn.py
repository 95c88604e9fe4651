"""A turn that records what the agent does, and answers tool calls from a script."""

from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.agent.turn import PLAIN, CallScript, OfferedTool, ToolOrder, ToolOutcome
from sigmic_mock.domain.events import Event
from sigmic_mock.domain.model import AttachedFile, Message, MessageRole, ToolStatus


def message(content: str, *files: str, role: MessageRole = MessageRole.USER) -> Message:
    """Return a message with the files of these paths attached."""
    attached = tuple(AttachedFile(path.rsplit("/", 1)[-1], path) for path in files)
    return Message(id="m", role=role, content=content, created_at=0, attached_files=attached)


class ScriptedTurn:
    """Implements `mock_server.agent.turn.Turn`; tool calls get `outcomes` in order, then success."""

    def __init__(
        self,
        content: str,
        *files: str,
        outcomes: Sequence[ToolOutcome] = (),
        memory: Sequence[Message] = (),
        system_prompt: str | None = None,
        project_id: str = "project",
    ) -> None:
        self.message = message(content, *files)
        self.memory = memory
        self.system_prompt = system_prompt
        self.project_id = project_id
        self.switched_off: set[str] = set()
        self.log: list[tuple[str, Any]] = []
        self._outcomes = list(outcomes)

    async def status(self, status: str, message: str | None = None) -> None:
        self.log.append(("status", (status, message)))

    async def think(self, subject: str, description: str) -> None:
        self.log.append(("think", (subject, description)))

    async def say(self, text: str) -> None:
        self.log.append(("say", text))

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        self.log.append(("tool", (name, dict(args))))
        if script.ask:
            self.log.append(("ask", name))
        if script.seconds:
            await self.sleep(script.seconds)
        return script.result or self._outcome()

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        return [await self.call_tool(*call) for call in calls]

    async def tools(self) -> Sequence[OfferedTool]:
        return [OfferedTool("glob", "Find files.", {"type": "object"})]

    def may_delegate(self, agent_name: str) -> bool:
        return agent_name not in self.switched_off

    async def emit(self, event: Event) -> None:
        self.log.append((event.name, event.payload()))

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        self.log.append(("subagent runs", (name, dict(args))))
        return self._outcome()

    async def sleep(self, seconds: float) -> None:
        self.log.append(("sleep", seconds))

    async def linger(self, seconds: float) -> None:
        self.log.append(("linger", seconds))

    async def send_raw(self, name: str, data: Mapping[str, Any]) -> None:
        self.log.append(("raw", (name, dict(data))))

    def expire_session(self) -> None:
        self.log.append(("expire", None))

    @property
    def answer(self) -> str:
        """The whole text of the answer."""
        return "".join(value for kind, value in self.log if kind == "say")

    @property
    def kinds(self) -> list[str]:
        """The kinds of the recorded actions, in order."""
        return [kind for kind, _ in self.log]

    def of(self, kind: str) -> list[Any]:
        """Return the details of all actions of one kind."""
        return [value for each, value in self.log if each == kind]

    def _outcome(self) -> ToolOutcome:
        return self._outcomes.pop(0) if self._outcomes else ToolOutcome(ToolStatus.SUCCESS, "done")
