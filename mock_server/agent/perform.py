"""Performs a plan against a turn. The agent goes on after a refused or failed call and says so (G-65).

A task fails only where a playbook or a directive says so. The answer is never empty.
"""

from mock_server.agent.agent import Agent
from mock_server.agent.manner import Manner
from mock_server.agent.prompt import Prompt
from mock_server.agent.recall import recall_codeword
from mock_server.agent.reports import fenced
from mock_server.agent.steps import (
    CallTool,
    Delegate,
    Fail,
    Recall,
    Repeat,
    SaveAnswer,
    Say,
    ShowStatus,
    Step,
    SubagentThinks,
    Think,
    Wait,
    in_pieces,
)
from mock_server.agent.turn import ToolOutcome, Turn, TurnFailed
from mock_server.core.events import SubagentEnd, SubagentStart, SubagentThought, SubagentTool
from mock_server.core.model import ToolStatus

SHOWN_OF_AN_ERROR = 2_000


async def perform(turn: Turn, agent: Agent) -> None:
    """Do what the message makes the agent do; raises `TurnFailed` on a scripted failure."""
    plan, manner = agent.prepare(Prompt.of(turn))
    performance = _Performance(turn, manner)
    await performance.play(plan.steps)
    await performance.close()


class _Performance:
    """One run through a plan: what was said so far, and whether the rest was called off."""

    def __init__(self, turn: Turn, manner: Manner) -> None:
        self._turn = turn
        self._manner = manner
        self._said: list[str] = []
        self._own_words = False
        self._over = False

    async def play(self, steps: tuple[Step, ...]) -> None:
        """Perform steps in order, until a branch replaced the rest."""
        for step in steps:
            if self._over:
                return
            await self._perform(step)

    async def close(self) -> None:
        """End the answer: something was said, and the system prompt's last words with it."""
        if not "".join(self._said).strip():
            await self._tell("Done.")
        if self._own_words and self._manner.suffix:
            await self._add(f" {self._manner.suffix}")

    async def _perform(self, step: Step) -> None:  # noqa: C901 - one arm for each kind of step
        match step:
            case Say():
                await self._say(step)
            case Think(subject=subject, description=description):
                await self._turn.think(subject, description)
            case Wait(seconds=seconds):
                await self._turn.sleep(seconds)
            case ShowStatus(status=status, message=message):
                await self._turn.status(status, message)
            case CallTool():
                await self._call(step)
            case Recall():
                await self._recall(step)
            case SaveAnswer(path=path):
                await self._save(path)
            case Delegate():
                await self._delegate(step)
            case Repeat(times=times, steps=steps):
                for _ in range(times):
                    await self.play(steps)
            case Fail(message=message, code=code):
                raise TurnFailed(message, code)

    async def _say(self, step: Say) -> None:
        pieces = step.pieces if step.exact else tuple(map(self._manner.cased, step.pieces))
        for at, piece in enumerate(pieces):
            if at and step.pace:
                await self._turn.sleep(step.pace)
            await self._add(self._opening(step) + piece if at == 0 else piece)

    def _opening(self, step: Say) -> str:
        gap = "\n\n" if self._said and step.paragraph else ""
        if step.exact or self._said:
            self._own_words |= not step.exact
            return gap
        self._own_words = True
        return f"{self._manner.prefix} " if self._manner.prefix else ""

    async def _tell(self, text: str) -> None:
        await self._say(Say(in_pieces(text)))

    async def _add(self, text: str) -> None:
        if text:
            self._said.append(text)
            await self._turn.say(text)

    async def _call(self, step: CallTool) -> None:
        outcome = await self._turn.call_tool(step.name, step.args)
        match outcome.status:
            case ToolStatus.SUCCESS:
                if step.report is not None:
                    await self._tell(step.report.words(outcome.output))
            case ToolStatus.CANCELLED:
                await self._branch(
                    step.on_cancel, f"The call of `{step.name}` was refused, so I did not do that."
                )
            case _:
                await self._branch(step.on_error, _error(step.name, outcome))

    async def _branch(self, instead: tuple[Step, ...] | None, otherwise: str) -> None:
        if instead is None:
            await self._tell(otherwise)
            return
        await self.play(instead)
        self._over = True

    async def _recall(self, step: Recall) -> None:
        value = step.told or recall_codeword(self._turn.memory, step.word)
        if value is None:
            await self._tell(f"I do not know a {step.word}: nobody told me one in this conversation.")
        elif step.only:
            await self._say(Say((value,), exact=True))
        else:
            await self._tell(f"The {step.word} is {value}.")

    async def _save(self, path: str) -> None:
        answer = "".join(self._said).strip() + "\n"
        outcome = await self._turn.call_tool("write_file", {"path": path, "content": answer})
        match outcome.status:
            case ToolStatus.SUCCESS:
                await self._tell(f"I saved this as `{path}`.")
            case ToolStatus.CANCELLED:
                await self._tell(f"Saving this as `{path}` was refused.")
            case _:
                await self._tell(_error("write_file", outcome))

    async def _delegate(self, step: Delegate) -> None:
        name = step.agent_name
        await self._turn.emit(
            SubagentStart(
                agent_name=name,
                display_name=step.display_name,
                description=step.description,
                objective=step.objective,
            )
        )
        problem = None
        for each in step.steps:
            if isinstance(each, SubagentThinks):
                await self._turn.emit(SubagentThought(name, each.text))
                continue
            await self._turn.emit(SubagentTool(agent_name=name, status="start", tool_name=each.name))
            outcome = await self._turn.run_subagent_tool(each.name, each.args)
            if outcome.status is not ToolStatus.SUCCESS:
                problem = _error(each.name, outcome)
            await self._turn.emit(
                SubagentTool(agent_name=name, status="end", tool_name=each.name, output=outcome.output)
            )
        reason, result = ("ERROR", problem) if problem else (step.terminate_reason, step.result)
        await self._turn.emit(SubagentEnd(name, reason, result))
        if problem:
            await self._tell(f"The subagent `{name}` had a problem. {problem}")
        elif step.report is not None:
            await self._tell(step.report.words(result))


def _error(tool: str, outcome: ToolOutcome) -> str:
    text = outcome.output.strip()
    shown = text if len(text) <= SHOWN_OF_AN_ERROR else f"{text[:SHOWN_OF_AN_ERROR]}…"
    return f"The tool `{tool}` reported an error:\n\n{fenced(shown or 'no details')}"
