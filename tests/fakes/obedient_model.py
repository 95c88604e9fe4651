"""A model that obeys: it does what the scripted agent does, as far as text and tool calls can.

`python -m tests.fakes.obedient_model` serves it and prints its URL, so that the suite can test a platform
whose agent is a model: `sigmic-mock --model URL --model-name obedient`. It has no state: for each request
it runs the whole turn again with the tool results that the messages contain.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sigmic_mock.agent.agent import plan_of
from sigmic_mock.agent.answers import Answers
from sigmic_mock.agent.long_text import TextWork
from sigmic_mock.agent.playbooks.collection import Playbooks
from sigmic_mock.agent.playbooks.files import PlaybookReader
from sigmic_mock.agent.prompt import Prompt, file_note, style_of
from sigmic_mock.agent.steps.catalogue import STEP_KINDS
from sigmic_mock.agent.steps.performance import Performance
from sigmic_mock.agent.turn import (
    PLAIN,
    CallScript,
    OfferedTool,
    ToolOrder,
    ToolOutcome,
    TurnCancelled,
    TurnFailed,
)
from sigmic_mock.domain.model import AttachedFile, Message, MessageRole, ToolStatus
from tests.fakes.model_endpoint import calling, delta, model_endpoint, streamed
from tests.fakes.turn import ScriptedTurn, message

_ANSWERS = Answers(reader=PlaybookReader())
_NOTE = file_note([AttachedFile("", "")]).partition("\n")[0]


class _Calls(Exception):
    """The turn cannot continue before these calls have results."""

    def __init__(self, *calls: ToolOrder) -> None:
        self.calls = calls


class _Turn(ScriptedTurn):
    """The turn of one request. Actions other than text and tool calls do not change the answer."""

    def __init__(self, prompt: Prompt, body: Mapping[str, Any], results: Sequence[str]) -> None:
        files = (file.path for file in prompt.files)
        super().__init__(
            prompt.text, *files, memory=prompt.memory, system_prompt=prompt.system_prompt, project_id=""
        )
        self.chunks: list[Any] = []
        self._body = body
        self._results = [_outcome(result) for result in results]

    async def think(self, subject: str, description: str) -> None:
        self.chunks.append(delta(reasoning_content=f"**{subject}** {description}\n\n"))

    async def say(self, text: str) -> None:
        self.chunks.append(delta(content=text))

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        [outcome] = await self.together([(name, args, script)])
        return outcome

    async def together(self, calls: Sequence[ToolOrder]) -> list[ToolOutcome]:
        if len(self._results) < len(calls):
            raise _Calls(*calls)
        self.chunks.clear()
        done, self._results = self._results[: len(calls)], self._results[len(calls) :]
        return done

    async def tools(self) -> Sequence[OfferedTool]:
        functions = [tool["function"] for tool in self._body.get("tools", ())]
        return [OfferedTool(each["name"], each["description"], each["parameters"]) for each in functions]

    def may_delegate(self, agent_name: str) -> bool:
        return False


async def obey(body: Mapping[str, Any]) -> list[Any]:
    """Return the chunks that answer a request."""
    prompt, results = _read(body["messages"])
    turn = _Turn(prompt, body, results)
    performance = Performance(turn, style_of(prompt.system_prompt), STEP_KINDS, TextWork())
    try:
        await performance.follow(plan_of(prompt, Playbooks(), _ANSWERS), lambda _at: None)
    except _Calls as needed:
        return [*turn.chunks, *calling(*((name, dict(args)) for name, args, _ in needed.calls))]
    except (TurnFailed, TurnCancelled):
        await turn.say("I can't fail on request.")
    return [*turn.chunks, delta(reason="stop")]


def _read(messages: Sequence[Mapping[str, Any]]) -> tuple[Prompt, list[str]]:
    """Return the prompt of the turn, and the results of its tools so far."""
    last = max(at for at, each in enumerate(messages) if each["role"] == "user")
    system = messages[0]["content"].partition("\n\n")[2]
    memory = [_message(each["role"], each["content"]) for each in messages[1:last]]
    now = _message("user", messages[last]["content"])
    results = [each["content"] for each in messages[last:] if each["role"] == "tool"]
    prompt = Prompt(
        text=now.content, files=now.attached_files, memory=tuple(memory), system_prompt=system or None
    )
    return prompt, results


def _message(role: str, content: str) -> Message:
    files, text = [], content
    if content.startswith(_NOTE):
        note, _, text = content.partition("\n\n")
        files = [line.removeprefix("- ") for line in note.splitlines()[1:]]
    return message(text, *files, role=MessageRole(role))


def _outcome(result: str) -> ToolOutcome:
    status, _, output = result.partition(": ")
    known = status in {each.value for each in ToolStatus}
    return ToolOutcome(ToolStatus(status), output) if known else ToolOutcome(ToolStatus.ERROR, result)


async def _serve() -> None:
    async with model_endpoint(otherwise=answered) as endpoint:
        print(endpoint.url, flush=True)
        await asyncio.Event().wait()


async def answered(request: Any, body: Mapping[str, Any]) -> Any:
    """Answer a request; for `model_endpoint(otherwise=…)`."""
    return await streamed(request, await obey(body))


if __name__ == "__main__":
    asyncio.run(_serve())
