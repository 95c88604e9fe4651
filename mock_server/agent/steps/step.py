"""The steps of the agent as frozen values: playbooks, directives and defaults all compile to them.

A step decides nothing while it is performed. The same message, memory and files always give the same steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sigmic_conformance.mock_server.agent.steps.reports import Report
from sigmic_conformance.mock_server.agent.turn import PLAIN, CallScript

PIECE_CHARACTERS = 24
MOST_PIECES = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the agent can do."""


@dataclass(frozen=True, slots=True)
class Say(Step):
    """Add to the answer, one `content` event a piece, `pace` seconds of platform time between pieces.

    A `paragraph` starts after a blank line when something was said before. `exact` text was dictated: the
    system prompt does not change it.
    """

    pieces: tuple[str, ...]
    pace: float = 0.0
    paragraph: bool = True
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Think(Step):
    """One thought."""

    subject: str
    description: str


@dataclass(frozen=True, slots=True)
class Wait(Step):
    """Let platform time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ShowStatus(Step):
    """A `status` event: `connecting`, `processing` or `retrying` (X-02)."""

    status: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class CallTool(Step):
    """Call a tool. `report` puts a success into words; without one only what went wrong is told.

    `on_cancel` and `on_error` are what is done *instead of the rest* when the call was refused or failed;
    without them the agent says so and goes on (G-65). `script` is what of the call is made up.
    """

    name: str
    args: Mapping[str, Any]
    report: Report | None = None
    on_cancel: tuple["Step", ...] | None = None
    on_error: tuple["Step", ...] | None = None
    script: CallScript = PLAIN


@dataclass(frozen=True, slots=True)
class ListTools(Step):
    """Say which tools there are."""


@dataclass(frozen=True, slots=True)
class Parallel(Step):
    """Several tool calls at once: those that need an approval all wait for it at the same time (G-69)."""

    calls: tuple[CallTool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact(Step):
    """A file that appears in the workspace without a tool call, as when a program of the agent made it.

    Exactly one of `text`, `base64` and `size` (bytes, all zero) is given.
    """

    path: str
    text: str | None = None
    base64: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Recall(Step):
    """Say the codeword that the conversation told last; `told` is one that this very message told before.

    `only` says nothing around it.
    """

    word: str
    told: str | None = None
    only: bool = False


@dataclass(frozen=True, slots=True)
class SaveAnswer(Step):
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


@dataclass(frozen=True, slots=True)
class SubagentWaits:
    """A subagent lets platform time pass."""

    seconds: float


SubagentStep: TypeAlias = SubagentThinks | SubagentUses | SubagentWaits


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate(Step):
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
class Repeat(Step):
    """The same steps several times."""

    times: int
    steps: tuple["Step", ...]


@dataclass(frozen=True, slots=True)
class Fail(Step):
    """Give up: the task becomes `failed`."""

    message: str
    code: str = "AGENT_ERROR"


@dataclass(frozen=True, slots=True)
class CancelTask(Step):
    """The task becomes `cancelled`, as if its owner had cancelled it at this point."""


@dataclass(frozen=True, slots=True)
class ExpireSession(Step):
    """The session does not rest after this turn: it expires at once, and the next message restores it."""


@dataclass(frozen=True, slots=True)
class SendEvent(Step):
    """A raw event on the stream: any name, any object. It leaves no trace in the answer."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a message compiled to.

    `source` is `playbook`, `directives` or `default`; `understood` and `not_understood` are the sentences of
    the message that became steps and those that stayed ordinary prompt. Of a playbook, `turn` is which of its
    `turns` it is (None: its first steps), `origins` the place in the file of each step, and
    `follows_system_prompt` whether the style of speaking is the system prompt's.
    """

    source: str
    name: str | None = None
    steps: tuple[Step, ...]
    understood: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = field(default=())
    turn: int | None = None
    origins: tuple[str, ...] = ()
    follows_system_prompt: bool = False


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
