"""The declaration of a kind of step, and the interface of its performer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sigmic_conformance.mock_server.agent.long_text import TextWork
from sigmic_conformance.mock_server.agent.prompt import ResponseStyle
from sigmic_conformance.mock_server.agent.steps.step import Say, Step
from sigmic_conformance.mock_server.agent.turn import Turn

Steps = tuple[Step, ...]
Listed = Sequence[Mapping[str, Any]]
"""Steps as a playbook lists them: objects with one key."""
Compile = Callable[[Listed], Steps]
Write = Callable[[Steps], list[dict[str, Any]]]


class Performance(Protocol):
    """One run through a plan, as a performer sees it."""

    @property
    def turn(self) -> Turn:
        """Where everything happens."""

    @property
    def style(self) -> ResponseStyle:
        """How the agent speaks when nobody dictates the words."""

    @property
    def text_work(self) -> TextWork:
        """Where long texts are worked on."""

    @property
    def said(self) -> str:
        """The answer so far."""

    async def say(self, step: Say) -> None:
        """Add to the answer."""

    async def tell(self, text: str) -> None:
        """Say a paragraph in the agent's own words."""

    async def play(self, steps: Steps) -> None:
        """Perform steps in order."""

    def call_off(self) -> None:
        """Perform nothing after this: a branch has replaced the rest."""


def _nothing_wrong(_value: Any) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepKind:
    """One key of a step. `read` gets a value that fits `schema` and what compiles nested steps.

    `schema` carries the description that editors and the reference show; `examples` are whole values, the
    first one being the one that is shown. `check` says in one line what is wrong with a value that fits the
    schema; None: nothing.
    """

    key: str
    schema: Mapping[str, Any]
    read: Callable[[Any, Compile], Steps]
    examples: tuple[Any, ...]
    check: Callable[[Any], str | None] = _nothing_wrong

    @property
    def is_checked(self) -> bool:
        """True when there is more to check than the schema."""
        return self.check is not _nothing_wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """One class of step: how it is performed, and how it is written in a playbook, so that it reads back."""

    step: type[Step]
    perform: Callable[[Performance, Any], Awaitable[None]]
    write: Callable[[Any, Write], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFamily:
    """Kinds of steps that belong together, and the performers of what they compile to."""

    kinds: tuple[StepKind, ...]
    performers: tuple[Performer, ...]


def without_defaults(**values: Any) -> dict[str, Any]:
    """Return the values that are neither None, False, an empty tuple nor 0."""
    return {name: value for name, value in values.items() if value not in (None, False, (), 0)}
