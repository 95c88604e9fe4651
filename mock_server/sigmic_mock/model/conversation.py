"""What a model is sent: who it is, the conversation before, the message with its files, the tools."""

import re
from collections.abc import Sequence
from typing import Any

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.turn import OfferedTool
from sigmic_mock.domain.model import MessageRole

MOST_REMEMBERED = 200_000
"""Characters of earlier messages; the oldest beyond that are left out."""
_LONGEST_NAME = 64
_UNUSUAL = re.compile(r"[^A-Za-z0-9_-]")
_INTRODUCTION = (
    "You are an agent that works on a task of a user. Your tools act in a sandbox; its folder is the"
    " user's workspace. Uploaded files are under uploads/; files you write under downloads/ are delivered"
    " to the user. If a tool call is refused, continue without it and mention that."
)

Messages = list[dict[str, Any]]


def conversation(prompt: Prompt) -> Messages:
    """Return the messages with which a turn begins."""
    system = "\n\n".join(text for text in (_INTRODUCTION, prompt.system_prompt) if text)
    return [
        {"role": "system", "content": system},
        *_earlier(prompt),
        {"role": "user", "content": prompt.seen},
    ]


def _earlier(prompt: Prompt) -> Messages:
    left, messages = MOST_REMEMBERED, Messages()
    for message in reversed(prompt.memory):
        is_user = message.role is MessageRole.USER
        text = Prompt(text=message.content, files=tuple(message.attached_files)).seen
        left -= len(text)
        if left < 0:
            break
        messages.append({"role": "user" if is_user else "assistant", "content": text})
    return messages[::-1]


class Toolbox:
    """The tools of a turn under names that every endpoint accepts, and back."""

    def __init__(self, tools: Sequence[OfferedTool]) -> None:
        self._tools = {name: tool for tool, name in zip(tools, _accepted(tools), strict=True)}

    def as_functions(self) -> list[dict[str, Any]]:
        """Return the tools as a request has them."""
        return [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": tool.description,
                    "parameters": tool.schema or {"type": "object", "properties": {}},
                },
            }
            for name, tool in self._tools.items()
        ]

    def own_name(self, name: str) -> str:
        """Return the platform's name of a tool; a name that was not offered is unchanged."""
        return self._tools[name].name if name in self._tools else name


def _accepted(tools: Sequence[OfferedTool]) -> list[str]:
    names: list[str] = []
    for tool in tools:
        plain = _UNUSUAL.sub("_", tool.name)[:_LONGEST_NAME]
        name, number = plain, 1
        while name in names:
            number += 1
            name = f"{plain[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        names.append(name)
    return names
