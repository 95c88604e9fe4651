"""What the agent is given to work on: the user's words, the files, the conversation, the system prompt.

The history keeps the user's words; only the agent sees the list of files in front of them (U-05, G-33, G-34).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_conformance.mock_server.agent.turn import Turn
from sigmic_conformance.mock_server.domain.model import AttachedFile, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Everything a plan may depend on, and nothing else: no time, no chance."""

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
    def seen(self) -> str:
        """The message as the agent sees it: the list of its files, a blank line, the user's words."""
        return f"{file_note(self.files)}\n\n{self.text}" if self.files else self.text


def file_note(files: Sequence[AttachedFile]) -> str:
    """Return the list of uploaded files that is put in front of a message."""
    lines = [f"- {file.path}" for file in files]
    return "\n".join(["The user uploaded these files to the workspace:", *lines])
