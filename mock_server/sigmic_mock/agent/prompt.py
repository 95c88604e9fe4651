"""The prompt of a turn: the user's words, the files, the conversation, the system prompt.

The history has only the user's words; the agent sees the list of files in front of them (U-05, G-33, G-34). A
system prompt is followed as far as a scripted agent can: it changes the style of the agent's own texts, never
a text that the message dictated, nor a playbook's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_mock.agent.turn import Turn
from sigmic_mock.domain.model import AttachedFile, Message

ASKS_FOR_PLAYBOOK = re.compile(r"\s*playbook:\s*([\w-]{1,64})[.,;]?", re.IGNORECASE)
"""The words at the beginning of a message that ask for a playbook by its name."""
_SHOWN_CHARACTERS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """All inputs of a plan: no time, no chance."""

    text: str
    files: tuple[AttachedFile, ...] = ()
    memory: tuple[Message, ...] = ()
    system_prompt: str | None = None
    project_id: str = ""

    @classmethod
    def of(cls, turn: Turn) -> "Prompt":
        """Read the prompt off a turn."""
        return cls(
            text=turn.message.content,
            files=tuple(turn.message.attached_files),
            memory=tuple(turn.memory),
            system_prompt=turn.system_prompt,
            project_id=turn.project_id,
        )

    @property
    def files_at_hand(self) -> tuple[AttachedFile, ...]:
        """The files of the message; without any, those that were uploaded last in the conversation."""
        earlier = (tuple(each.attached_files) for each in reversed(self.memory) if each.attached_files)
        return self.files or next(earlier, ())

    @property
    def characters(self) -> int:
        """How many there are to read: of the message, the conversation and the system prompt."""
        remembered = sum(len(message.content) for message in self.memory)
        return len(self.text) + remembered + len(self.system_prompt or "")

    @property
    def seen(self) -> str:
        """The message as the agent sees it: the list of its files, a blank line, the user's words."""
        return f"{file_note(self.files)}\n\n{self.text}" if self.files else self.text


def shown(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text[: _SHOWN_CHARACTERS * 4].split())
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]}…"


def file_note(files: Sequence[AttachedFile]) -> str:
    """Return the list of uploaded files that precedes a message."""
    lines = [f"- {file.path}" for file in files]
    return "\n".join(["The user uploaded these files to the workspace:", *lines])


_QUOTED = r"[`\"“]([^`\"”\n]{1,80})[`\"”]"
_PREFIX = re.compile(rf"\bstart every answer with {_QUOTED}", re.IGNORECASE)
_SUFFIX = re.compile(rf"\bend every answer with {_QUOTED}", re.IGNORECASE)
_UPPER = re.compile(r"\banswer in (upper) case\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseStyle:
    """The style of an answer. `followed` names what was found in the system prompt, for `explain`."""

    is_upper: bool = False
    prefix: str = ""
    suffix: str = ""
    followed: tuple[str, ...] = field(default=())

    def cased(self, text: str) -> str:
        """Return the text in the case that was asked for."""
        return text.upper() if self.is_upper else text


def style_of(system_prompt: str | None) -> ResponseStyle:
    """Return the style that a system prompt asks for in one of three exact sentences."""
    text = system_prompt or ""
    found = {"case": _first(_UPPER, text), "prefix": _first(_PREFIX, text), "suffix": _first(_SUFFIX, text)}
    return ResponseStyle(
        is_upper=found["case"] is not None,
        prefix=found["prefix"] or "",
        suffix=found["suffix"] or "",
        followed=tuple(f"{name}: {value}" for name, value in found.items() if value),
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None
