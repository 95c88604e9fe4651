"""Write a conversation as a playbook: its condition, its steps, and comments on what was not recorded."""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_mock.agent.playbooks.files import as_yaml
from sigmic_mock.agent.playbooks.selectors import Selector, normalised
from sigmic_mock.recording.conversations import Conversation, RecordedTurn
from sigmic_mock.recording.masking import MARK, Mask
from sigmic_mock.recording.scripting import Script, Step, script, written_files

SCHEMA_LINE = "# yaml-language-server: $schema=./playbook.schema.json"
PRIORITY = 1
"""Above the bundled playbooks and those without a priority, so that recorded playbooks are used first."""
_LONGEST_PATTERN = 4_000
_LONGEST_NAME = 40
_LARGEST_SIZE = 200_000_000
_UNNAMED = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A playbook to be written."""

    name: str
    selector: Selector
    data: Mapping[str, Any]
    notes: tuple[str, ...]

    def text(self, origin: str) -> str:
        """Return the YAML with its comments; `origin` is where and when it was recorded."""
        head = [SCHEMA_LINE, f"# Recorded {_one_line(origin)}.", *(f"# - {_one_line(n)}" for n in self.notes)]
        return "\n".join([*head, as_yaml(self.data), ""])


def glob_of(message: str) -> str:
    """Return a glob for this message only, in which masked parts are wildcards."""
    pattern = ""
    for at, part in enumerate(MARK.split(" ".join(message.split()))):
        pattern += "*" if at else ""
        for character in part:
            escaped = f"[{character}]" if character in "*?[" else character
            if len(pattern) + len(escaped) > _LONGEST_PATTERN:
                return f"{pattern}*"
            pattern += escaped
    return pattern


def key_of(conversation: Conversation, mask: Mask) -> tuple[str, tuple[str, ...]]:
    """Return what identifies a conversation: two playbooks with the same key conflict."""
    when = _when(conversation.turns[0], mask)
    return normalised(when["message"]), tuple(sorted(when.get("files", ())))


def recorded(conversation: Conversation, mask: Mask, *, others: Sequence[Recorded]) -> Recorded:
    """Return the playbook of a conversation; `others` are the existing ones, with other keys."""
    turns = [turn for turn in conversation.turns if turn.message and turn.events]
    scripts = [_script(turn, mask, auto_execute=conversation.auto_execute) for turn in turns]
    _place_files(conversation, turns, scripts, mask)
    whole: list[dict[str, Any]] = [
        {"when": _when(turn, mask), "steps": told.steps} for turn, told in zip(turns, scripts, strict=True)
    ]
    first, *following = whole
    when: Mapping[str, Any] = first["when"]
    tied = [Selector(message=when["message"], files=tuple(when.get("files", ())), priority=PRIORITY)]
    while any(tied[-1].could_tie(each.selector) for each in others):
        tied.append(Selector(message=tied[0].message, files=tied[0].files, priority=tied[-1].priority + 1))
    name = _name(mask.text(turns[0].message), {each.name for each in others})
    data = {
        "name": name,
        "summary": _one_line(f"Recorded: {mask.text(turns[0].message)}")[:120],
        "when": when,
        "priority": tied[-1].priority,
        "steps": first["steps"],
        **({"turns": following} if following else {}),
    }
    notes = tuple(f"turn {number}: {note}" for number, each in enumerate(scripts, 1) for note in each.notes)
    return Recorded(name=name, selector=tied[-1], data=data, notes=notes)


def _script(turn: RecordedTurn, mask: Mask, *, auto_execute: bool) -> Script:
    told = script(mask.events(turn.events), was_cancelled=turn.was_cancelled, auto_execute=auto_execute)
    if not turn.is_live:
        told.notes.append(
            "no client streamed this turn: it was rebuilt from the saved answer, which has no order"
        )
    return told


def _place_files(
    conversation: Conversation, turns: Sequence[RecordedTurn], scripts: Sequence[Script], mask: Mask
) -> None:
    """Add steps that silently create the files that the agent wrote or the client saw, in their turns.

    A file exists after the turn after which the client first saw it. The client sends uploads itself.
    """
    written = [dict(written_files(turn.events)) for turn in turns]
    last = {path: at for at, texts in enumerate(written) for path in texts}
    for at, (texts, told) in enumerate(zip(written, scripts, strict=True)):
        seen = [path for path, (_, turn) in conversation.files.items() if min(turn, len(turns) - 1) == at]
        for path in dict.fromkeys((*texts, *seen)):
            if path and not path.startswith("uploads/") and (path in texts or last.get(path, at) >= at):
                content = conversation.contents.get(path) if last.get(path, at) == at else None
                step = _file(path, content, texts.get(path), conversation, told, mask)
                _before_the_end(told, {"artifact": step})


def _file(
    path: str, content: bytes | None, text: str | None, conversation: Conversation, told: Script, mask: Mask
) -> Step:
    """Return a file with the content that was downloaded or written, or with the same size."""
    step: Step = {"path": mask.text(path)}
    if content is not None:
        try:
            text = content.decode()
        except UnicodeDecodeError:
            as_text = content.decode("latin-1")
            if mask.text(as_text) == as_text:
                return step | {"base64": base64.b64encode(content).decode()}
            text = None
    if text is not None:
        return step | {"text": mask.text(text)}
    told.notes.append(f"the content of `{step['path']}` is not known: it is as long, but all zeros")
    return step | {"size": min(conversation.files[path][0], _LARGEST_SIZE)}


def _before_the_end(told: Script, step: Step) -> None:
    """Insert a step before the last one, so that the file exists when the client receives the final text."""
    steps = told.tail
    ends = bool(steps) and bool({"say", "fail", "wait"} & steps[-1].keys())
    steps.insert(len(steps) - 1 if ends else len(steps), step)


def _when(turn: RecordedTurn, mask: Mask) -> dict[str, Any]:
    when: dict[str, Any] = {"message": glob_of(mask.text(turn.message))}
    if turn.files:
        when["files"] = [glob_of(mask.text(name)) for name in turn.files]
    return when


def _name(message: str, taken: set[str]) -> str:
    """Return a name from the words of the message, with a number if it is taken."""
    words = _UNNAMED.sub("-", message.lower())[:_LONGEST_NAME].strip("-") or "message"
    name, number = f"recorded-{words}", 1
    while name in taken:
        number += 1
        name = f"recorded-{words}-{number}"
    return name


def _one_line(text: str) -> str:
    return " ".join(text.split())
