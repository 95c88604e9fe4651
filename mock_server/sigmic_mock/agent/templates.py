r"""Templates: texts in which `{{message}}` and other placeholders are replaced by parts of the conversation.

Inserted text is never read as a template again: nothing expands twice. `\{{` writes two braces.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.turn import TurnFailed
from sigmic_mock.domain.model import MessageRole
from sigmic_spec.nearest import hint_of_known
from sigmic_spec.plural import plural

LONGEST = 1_000_000
"""Characters of all texts of one filled step."""
KNOWN = {
    "message": "the user's message",
    "files": "the paths of its files, separated by commas",
    "file:PATH": "the text of a file of the workspace",
    "answer": "the latest earlier answer of the conversation; `answer:2` is the one before that",
    "output": "the output of the latest tool call of this answer",
}
"""The placeholders, with their values."""
_PLACE = re.compile(r"\\\{\{|\{\{(.*?)(\}\}|\Z)", re.DOTALL)
_NAME = re.compile(r"(message|files|output)|file:\s*(\S.*)|answer(?::([1-9][0-9]{0,3}))?", re.DOTALL)
_LONGEST_SHOWN = 60


def problems(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where a text of a JSON value is not a template, and why."""
    match value:
        case str():
            for found in _PLACE.finditer(value):
                if (problem := _problem(found)) is not None:
                    yield place, problem
        case Mapping():
            for key, each in value.items():
                yield from problems(each, (*place, key))
        case list() | tuple():
            for at, each in enumerate(value):
                yield from problems(each, (*place, at))
        case _:
            pass


def _problem(found: re.Match[str]) -> str | None:
    inside = found[1]
    if inside is None:
        return None
    shown = f"{{{{{inside[:_LONGEST_SHOWN]}}}}}"
    if "{{" in inside:
        return f"{shown}: a placeholder can't contain another placeholder"
    if not found[2]:
        return f"{{{{{inside[:_LONGEST_SHOWN]} is not closed with }}}}; write \\{{{{ for two braces"
    if _NAME.fullmatch(inside.strip()) is None:
        near = hint_of_known(inside.strip().partition(":")[0], list(KNOWN))
        return f"unknown placeholder {shown}{near}; write \\{{{{ for two braces"
    return None


@dataclass(frozen=True, slots=True)
class Values:
    """The values of the placeholders of one turn. `files` are the texts of workspace files by their paths."""

    prompt: Prompt
    output: str = ""
    files: Mapping[str, str] | None = None

    def of(self, name: str) -> str:
        """Return the value of a placeholder. Raises `TurnFailed` for an answer that there is not."""
        found = _NAME.fullmatch(name.strip())
        assert found is not None, "templates are checked when they are given"  # noqa: S101 - a programming error
        match found[1]:
            case "message":
                return self.prompt.text
            case "files":
                return ", ".join(file.path for file in self.prompt.files)
            case "output":
                return self.output
            case _:
                pass
        if found[2] is not None:
            return (self.files or {})[found[2]]
        return self._answer(int(found[3] or 1))

    def _answer(self, number: int) -> str:
        answers = [each.content for each in self.prompt.memory if each.role is MessageRole.ASSISTANT]
        if number > len(answers):
            there = plural(len(answers), "earlier answer")
            raise failed(f"{{{{answer:{number}}}}} is not there yet; the conversation has {there}")
        return answers[-number]


def failed(why: str) -> TurnFailed:
    """Return the failure of a task whose template cannot be filled."""
    return TurnFailed(f"The template can't be filled: {why}.", "TEMPLATE_FAILED")


def file_paths(value: Any) -> list[str]:
    """Return the paths of the files that the templates of a JSON value need, each once."""
    names = (found[1] for text in _texts(value) for found in _PLACE.finditer(text) if found[1])
    matches = (_NAME.fullmatch(name.strip()) for name in names)
    return list(dict.fromkeys(found[2] for found in matches if found is not None and found[2]))


def filled(value: Any, values: Values) -> Any:
    """Return a JSON value with every text filled in. Raises `TurnFailed` if they are too long."""
    left = LONGEST

    def text(written: str) -> str:
        nonlocal left
        pieces, end = [], 0
        for found in _PLACE.finditer(written):
            pieces += [written[end : found.start()], "{{" if found[1] is None else values.of(found[1])]
            end = found.end()
            left -= len(pieces[-1])
            if left < 0:
                raise failed(f"its text would have more than {LONGEST:,} characters")
        return "".join([*pieces, written[end:]])

    def walk(each: Any) -> Any:
        match each:
            case str():
                return text(each)
            case Mapping():
                return {key: walk(inner) for key, inner in each.items()}
            case list() | tuple():
                return [walk(inner) for inner in each]
            case _:
                return each

    return walk(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)
