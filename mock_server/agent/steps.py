"""What the agent can do, as frozen values: the one form to which playbooks, directives and defaults compile.

A step decides nothing while it is performed. The same message, memory and files always give the same steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any, TypeAlias

from mock_server.agent.reports import Report

PIECE_CHARACTERS = 24
MOST_PIECES = 200


@dataclass(frozen=True, slots=True)
class Say:
    """Add to the answer, one `content` event a piece, `pace` seconds of platform time between pieces.

    A `paragraph` starts after a blank line when something was said before. `exact` text was dictated: the
    system prompt does not change it.
    """

    pieces: tuple[str, ...]
    pace: float = 0.0
    paragraph: bool = True
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Think:
    """One thought."""

    subject: str
    description: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Let platform time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ShowStatus:
    """A `status` event: `connecting`, `processing` or `retrying` (X-02)."""

    status: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CallTool:
    """Call a tool. `report` puts a success into words; without one only what went wrong is told.

    `on_cancel` and `on_error` are what is done *instead of the rest* when the call was refused or failed;
    without them the agent says so and goes on (G-65).
    """

    name: str
    args: Mapping[str, Any]
    report: Report | None = None
    on_cancel: tuple["Step", ...] | None = None
    on_error: tuple["Step", ...] | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """Say the codeword that the conversation told last; `told` is one that this very message told before.

    `only` says nothing around it.
    """

    word: str
    told: str | None = None
    only: bool = False


@dataclass(frozen=True, slots=True)
class SaveAnswer:
    """Write what was said so far into a file, with the `write_file` tool."""

    path: str


@dataclass(frozen=True, slots=True)
class SubagentThinks:
    """A subagent thinks aloud."""

    text: str


@dataclass(frozen=True, slots=True)
class SubagentUses:
    """A subagent uses a tool in the same sandbox."""

    name: str
    args: Mapping[str, Any]


SubagentStep: TypeAlias = SubagentThinks | SubagentUses


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Let a subagent work. `terminate_reason` is `GOAL` when it reached its objective.

    `report` puts its result into words of the answer; a problem is always told.
    """

    agent_name: str
    display_name: str
    description: str
    objective: str
    steps: tuple[SubagentStep, ...] = ()
    result: str = ""
    terminate_reason: str = "GOAL"
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same steps several times."""

    times: int
    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Fail:
    """Give up: the task becomes `failed`."""

    message: str
    code: str = "AGENT_ERROR"


Step: TypeAlias = Say | Think | Wait | ShowStatus | CallTool | Recall | SaveAnswer | Delegate | Repeat | Fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a message compiled to.

    `source` is `playbook`, `directives` or `default`; `understood` and `not_understood` are the sentences of
    the message that became steps and those that stayed ordinary prompt.
    """

    source: str
    name: str | None = None
    steps: tuple[Step, ...]
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = field(default=())


def in_pieces(text: str) -> tuple[str, ...]:
    """Cut a text into the pieces it is streamed in; joined they are the very same text."""
    size = max(PIECE_CHARACTERS, -(-len(text) // MOST_PIECES))
    pieces = []
    start = 0
    while start < len(text):
        end = min(start + size, len(text))
        space = text.rfind(" ", start + 1, end) if end < len(text) else -1
        end = space + 1 if space > start + size // 2 else end
        pieces.append(text[start:end])
        start = end
    return tuple(pieces)


def say(text: str, *, paragraph: bool = True, exact: bool = False) -> Say:
    """Return the step that says `text`, streamed in pieces."""
    return Say(in_pieces(text), paragraph=paragraph, exact=exact)


def as_data(value: object) -> Any:
    """Turn a plan or a step into plain JSON data: each dataclass becomes an object that names its kind."""
    if is_dataclass(value):
        return {"kind": type(value).__name__} | {
            each.name: as_data(getattr(value, each.name)) for each in fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_data(item) for item in value]
    return value
