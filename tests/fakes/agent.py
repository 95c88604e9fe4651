"""An agent that runs the script that the test defines for each message."""

from collections.abc import Awaitable, Callable

from sigmic_mock.agent.turn import Turn

Script = Callable[[Turn], Awaitable[None]]


async def answer_ok(turn: Turn) -> None:
    """Answer with `ok`."""
    await turn.say("ok")


class ScriptedAgent:
    """An agent: `perform` runs the script of the turn's message, else `answer_ok`; saves every turn."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.turns: list[Turn] = []

    def on(self, message: str) -> Callable[[Script], Script]:
        """Decorate the script of `message`."""

        def remember(script: Script) -> Script:
            self.scripts[message] = script
            return script

        return remember

    def uses(self, message: str, command: str, tool: str = "run_shell_command") -> None:
        """Answer `message` with what a tool prints."""

        @self.on(message)
        async def _(turn: Turn) -> None:
            await turn.say((await turn.call_tool(tool, {"command": command})).output)

    async def perform(self, turn: Turn) -> None:
        self.turns.append(turn)
        await self.scripts.get(turn.message.content, answer_ok)(turn)
