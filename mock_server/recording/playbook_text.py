"""Write a conversation as a playbook: its condition, its steps, and comments on what was not recorded."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.agent.playbooks.files import as_yaml
from sigmic_conformance.mock_server.agent.playbooks.selectors import Selector, normalised
from sigmic_conformance.mock_server.recording.conversations import Conversation, RecordedTurn
from sigmic_conformance.mock_server.recording.files import place_files
from sigmic_conformance.mock_server.recording.masking import MARK, Mask
from sigmic_conformance.mock_server.recording.scripting import Script, script

SCHEMA_LINE = "# yaml-language-server: $schema=./playbook.schema.json"
PRIORITY = 1
"""Above the bundled playbooks and those without a priority, so that recorded playbooks are used first."""
_LONGEST_PATTERN = 4_000
_LONGEST_NAME = 40
_UNNAMED = re.compile(r"[^a-z0-9]+")
_HALF_PAIRS = re.compile("[\ud800-\udfff]")
_REPEATED = (
    "turns {} and {} have the same message: the mock can't tell them apart and answers as on the first"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A playbook to be written. `key` identifies its messages: two playbooks with the same key conflict."""

    name: str
    key: tuple[str, tuple[str, ...]]
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


def recorded(
    conversation: Conversation,
    mask: Mask,
    *,
    others: Sequence[Recorded],
) -> Recorded:
    """Return the playbook of a complete conversation; `others` are the existing ones."""
    turns = [turn for turn in conversation.turns if turn.message and turn.account is not None]
    scripts = [_script(turn, mask, auto_execute=conversation.auto_execute) for turn in turns]
    place_files(conversation, scripts, mask)
    first = _when(turns[0], mask)
    selector = Selector(message=first["message"], files=tuple(first.get("files", ())), priority=PRIORITY)
    key = (normalised(first["message"]), tuple(sorted(selector.files)))
    name = _name(turns[0], mask, key, others)
    while any(each.key != key and selector.could_tie(each.selector) for each in others):
        selector = Selector(message=selector.message, files=selector.files, priority=selector.priority + 1)
    data: dict[str, Any] = {
        "name": name,
        "summary": _one_line(f"Recorded: {mask.text(turns[0].message)}")[:120],
        "when": first,
        "priority": selector.priority,
        "steps": scripts[0].steps,
    }
    if len(turns) > 1:
        data["turns"] = [
            {"when": _when(turn, mask), "steps": told.steps}
            for turn, told in zip(turns[1:], scripts[1:], strict=True)
        ]
    notes = (*_remarks(scripts), *_repeats(turns))
    return Recorded(name=name, key=key, selector=selector, data=_writable(data), notes=notes)


def _script(turn: RecordedTurn, mask: Mask, *, auto_execute: bool) -> Script:
    account = turn.account
    events = mask.events(account.events if account is not None else ())
    told = script(events, was_cancelled=turn.was_cancelled, auto_execute=auto_execute)
    if account is not None and not account.is_live:
        told.notes.append(
            "no client streamed this turn: it was rebuilt from the saved answer, which has no order"
        )
    return told


def _when(turn: RecordedTurn, mask: Mask) -> dict[str, Any]:
    when: dict[str, Any] = {"message": glob_of(mask.text(turn.message))}
    if turn.files:
        when["files"] = [glob_of(mask.text(name)) for name in turn.files]
    return when


def _name(turn: RecordedTurn, mask: Mask, key: object, others: Sequence[Recorded]) -> str:
    """Return a name from the words of the message. The same key keeps its name; another key gets a number."""
    known = next((each.name for each in others if each.key == key), None)
    if known is not None:
        return known
    words = _UNNAMED.sub("-", mask.text(turn.message).lower())[:_LONGEST_NAME].strip("-") or "message"
    taken = {each.name for each in others}
    name, number = f"recorded-{words}", 1
    while name in taken:
        number += 1
        name = f"recorded-{words}-{number}"
    return name


def _remarks(scripts: Sequence[Script]) -> Iterator[str]:
    for number, told in enumerate(scripts, 1):
        for note in told.notes:
            yield f"turn {number}: {note}"


def _repeats(turns: Sequence[RecordedTurn]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for number, turn in enumerate(turns, 1):
        known = seen.setdefault(normalised(turn.message), number)
        if known != number:
            yield _REPEATED.format(known, number)


def _writable(value: Any) -> Any:
    """Return a value that UTF-8 can encode: half a surrogate pair becomes U+FFFD."""
    match value:
        case str():
            return _HALF_PAIRS.sub("\ufffd", value)
        case dict():
            return {_writable(key): _writable(item) for key, item in value.items()}
        case list():
            return [_writable(item) for item in value]
        case _:
            return value


def _one_line(text: str) -> str:
    return " ".join(_HALF_PAIRS.sub("\ufffd", text).split())
