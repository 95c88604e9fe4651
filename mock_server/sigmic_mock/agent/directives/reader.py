"""Reads a message as directives: all of it, or none of it.

There is no understanding and no guess: each directive matches a form of the table in `forms` from its first
to its last character, and a message is executed only if directives are all that it contains.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sigmic_mock.agent.directives.forms import (
    FORMS,
    MOST_CHARACTERS,
    MOST_STEPS,
    PREFIX,
    Directive,
    Here,
    Unclear,
)
from sigmic_mock.agent.directives.quoting import Masked
from sigmic_mock.agent.prompt import ASKS_FOR_PLAYBOOK, shown
from sigmic_mock.domain.model import AttachedFile, Message, MessageRole

_TOO_MUCH = (
    f"A message can request at most {MOST_STEPS:,} steps and {MOST_CHARACTERS:,} characters of answer."
    " Send several messages."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The directives at the beginning of a message, in order, with their `sources`.

    The message is executed only if `is_complete`. Otherwise `rest` is the text at which reading stopped, and
    `why_not` is the reason, if a form was recognised there.
    """

    directives: tuple[Directive, ...]
    sources: tuple[str, ...]
    rest: str = ""
    why_not: str = ""

    @property
    def is_complete(self) -> bool:
        """True if the message has directives and nothing else."""
        return bool(self.directives) and not self.rest


def read(text: str, files: tuple[AttachedFile, ...] = ()) -> Reading:
    """Read a message; `files` are those that a directive may refer to without a name."""
    masked = Masked(text)
    if masked.has_marks:
        return Reading((), (), shown(text))
    directives: list[Directive] = []
    sources: list[str] = []
    at = steps = characters = 0
    while (at := _skip(masked.text, at)) < len(masked.text):
        found = _directive(masked.text, at, Here(masked, files, tuple(directives)))
        if isinstance(found, tuple):
            steps += sum(len(step.get("parallel", (None,))) for step in found[0].all_steps)
            characters += sum(len(step["say"]["text"]) for step in found[0].all_steps if "say" in step)
            if steps > MOST_STEPS or characters > MOST_CHARACTERS:
                found = Unclear(_TOO_MUCH)
        if not isinstance(found, tuple):
            rest = shown(masked.source(masked.text[at:]))
            return Reading(tuple(directives), tuple(sources), rest, found.why if found else "")
        directives.append(found[0])
        sources.append(shown(masked.source(masked.text[at : found[1]])))
        at = found[1]
    return Reading(tuple(directives), tuple(sources))


def recalled(memory: Sequence[Message], word: str) -> str | None:
    """Return the codeword (or other `word`) that the user's earlier messages set last.

    Only a message that was executed counts. After a restore the memory comes from the history (H-03).
    """
    for message in reversed(memory):
        if message.role is MessageRole.USER and "remember" in message.content.lower():
            reading = read(ASKS_FOR_PLAYBOOK.sub("", message.content, count=1))
            told = [each.told[1] for each in reading.directives if each.told and each.told[0] == word.lower()]
            if told and reading.is_complete:
                return told[-1]
    return None


def _skip(text: str, at: int) -> int:
    """Return where the next directive begins."""
    prefix = PREFIX.match(text, at)
    return prefix.end() if prefix else at


def _directive(text: str, at: int, here: Here) -> tuple[Directive, int] | Unclear | None:
    unclear = None
    for form in FORMS:
        if match := form.pattern.match(text, at):
            made = form.make(here, match)
            if isinstance(made, Directive):
                return made, match.end()
            unclear = unclear or made
    return unclear
