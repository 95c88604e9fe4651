"""Steps as a playbook lists them, with the same form in playbooks, directives and answers.

A step is an object with one key, its kind, and a value that is valid by the schema of the kind. It decides
nothing while it is performed: the same message, memory and files always give the same steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Step: TypeAlias = Mapping[str, Any]
Steps: TypeAlias = Sequence[Step]

_LONGEST_PATH = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps for a message.

    `source` is `reply`, `playbook`, `directives`, `answer` or, without steps, `model`; `understood` has the
    directives of the message, `not_understood` the text because of which it is not executed.
    For a playbook, `turn` is the index in its `turns` (None: its first steps); `follows_system_prompt` is
    True if the system prompt sets the style. The texts of the steps are `templates` or verbatim.
    """

    source: str
    name: str | None = None
    steps: Steps
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    turn: int | None = None
    follows_system_prompt: bool = False
    templates: bool = False


def say(text: str, *, exact: bool = False, **more: Any) -> Step:
    """Return the step that prints `text` as a paragraph; the system prompt never changes `exact` text."""
    return {"say": {"text": text, **more, "paragraph": True} | ({} if exact else {"exact": False})}


def think(subject: str, description: str) -> Step:
    """Return the step that thinks aloud."""
    return {"think": {"subject": subject, "description": description}}


def call(tool: str, report: Any = None, /, **args: Any) -> Step:
    """Return the step that calls a tool, in its shortest form; `report` puts a success into words."""
    key, value = _shortest(tool, args)
    return {key: value if report is None else value | {"report": report}}


def _shortest(tool: str, args: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    match args:
        case {"command": str() as command, **rest} if tool == "run_shell_command" and command and not rest:
            return "run", args
        case {"path": str() as path, **rest} if 0 < len(path) <= _LONGEST_PATH:
            if tool == "read_file" and not rest:
                return "read", args
            if tool == "write_file" and rest.keys() == {"content"} and isinstance(rest["content"], str):
                return "write", {"path": path, "text": rest["content"]}
    return "tool", {"name": tool} | ({"args": args} if args else {})


def called(step: Step) -> tuple[str, Mapping[str, Any]] | None:
    """Return the tool that a step calls and its arguments; None for a step that is not a call of one tool."""
    match step:
        case {"tool": value}:
            return value["name"], value.get("args", {})
        case {"run": value}:
            return "run_shell_command", {"command": value["command"]}
        case {"read": value}:
            return "read_file", {"path": value["path"]}
        case {"write": value}:
            return "write_file", {"path": value["path"], "content": value["text"]}
        case _:
            return None
