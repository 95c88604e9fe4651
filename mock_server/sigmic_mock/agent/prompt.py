"""The prompt of a turn: the user's words, the files, the conversation, the system prompt.

The history has only the user's words; the agent sees the list of files in front of them (U-05, G-33, G-34). A
system prompt is followed as far as a scripted agent can: it changes the style of the agent's own texts, never
a text that the message dictated, nor a playbook's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_mock.agent.recall import QUOTED
from sigmic_mock.agent.turn import Turn
from sigmic_mock.domain.model import AttachedFile, Message


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
    def characters(self) -> int:
        """How many there are to read: of the message, the conversation and the system prompt."""
        remembered = sum(len(message.content) for message in self.memory)
        return len(self.text) + remembered + len(self.system_prompt or "")

    @property
    def seen(self) -> str:
        """The message as the agent sees it: the list of its files, a blank line, the user's words."""
        return f"{file_note(self.files)}\n\n{self.text}" if self.files else self.text


ECHOED_CHARACTERS = 160


def echo(text: str) -> str:
    """Return the beginning of a text on one line, as the agent quotes it."""
    line = " ".join(text[: ECHOED_CHARACTERS * 4].split())
    return line if len(line) <= ECHOED_CHARACTERS else f"{line[:ECHOED_CHARACTERS]}…"


def file_note(files: Sequence[AttachedFile]) -> str:
    """Return the list of uploaded files that precedes a message."""
    lines = [f"- {file.path}" for file in files]
    return "\n".join(["The user uploaded these files to the workspace:", *lines])


_QUOTED = rf"(?:the )?(?:words? |text |phrase |prefix |line )?(?:{QUOTED}|:? ?([^\s`\"“'.,;]{{1,80}}))"
_EVERY = r"(?:(?:every|each|all|your|the|any)(?: of your)? (?:answer|repl(?:y|ie)|response|message)s?)"
_PREFIX = re.compile(
    rf"\b(?:start|begin|prefix|preface|open) {_EVERY} (?:with|by saying) {_QUOTED}", re.IGNORECASE
)
_SUFFIX = re.compile(rf"\b(?:end|finish|close|sign) {_EVERY} (?:with|by saying) {_QUOTED}", re.IGNORECASE)
_UPPER = re.compile(r"\b(?:upper[ -]?case|all caps|capital letters|block capitals)\b", re.IGNORECASE)
_LOWER = re.compile(r"\b(?:lower[ -]?case|small letters)\b", re.IGNORECASE)
_PERSONA = re.compile(
    r"\b(?:your name is|you are (?:called|named)|you are) ([^.,;!?\n]{1,80})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseStyle:
    """The style of an answer. `followed` names what was found in the system prompt, for `explain`."""

    case: str | None = None
    prefix: str = ""
    suffix: str = ""
    persona: str | None = None
    followed: tuple[str, ...] = field(default=())

    def cased(self, text: str) -> str:
        """Return the text in the case that was asked for."""
        if self.case == "upper":
            return text.upper()
        return text.lower() if self.case == "lower" else text


def style_of(system_prompt: str | None) -> ResponseStyle:
    """Return the style that a system prompt asks for; without a known request, nothing changes."""
    text = system_prompt or ""
    prefix, suffix, persona = _first(_PREFIX, text), _first(_SUFFIX, text), _first(_PERSONA, text)
    case = "upper" if _UPPER.search(text) else "lower" if _LOWER.search(text) else None
    found = {"case": case, "prefix": prefix, "suffix": suffix, "persona": persona}
    return ResponseStyle(
        case=case,
        prefix=prefix or "",
        suffix=suffix or "",
        persona=persona,
        followed=tuple(f"{name}: {value}" for name, value in found.items() if value),
    )


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), None) if found else None
