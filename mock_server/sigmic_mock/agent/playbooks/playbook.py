"""One playbook: its conditions and its steps, compiled from a checked file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from sigmic_mock.agent.plan import Plan, Step, Steps
from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookFile
from sigmic_mock.agent.playbooks.regex import BadRegex, Regex
from sigmic_mock.agent.playbooks.selectors import Selector
from sigmic_mock.agent.prompt import Prompt


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The part of a playbook for a later message of its conversation."""

    selectors: tuple[Selector, ...]
    steps: Steps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Playbook:
    """One playbook, ready to be performed. `owned` is True when it belongs to one project alone."""

    name: str
    summary: str
    source: Path
    selectors: tuple[Selector, ...]
    steps: Steps
    """The steps for the message that starts it."""
    turns: tuple[FollowUp, ...] = ()
    follows_system_prompt: bool = False
    templates: bool = False
    owned: bool = False

    def placed_steps(self) -> Iterator[tuple[str, Step]]:
        """Yield its first steps and those of its turns, each with its place, such as `turns/0/steps/1`."""
        for turn, steps in ((None, self.steps), *((at, each.steps) for at, each in enumerate(self.turns))):
            for at, step in enumerate(steps):
                yield place_of(turn, at), step

    def turn_for(self, prompt: Prompt) -> int | None:
        """Return the position of the first turn that matches a later message."""
        fitting = (
            at for at, turn in enumerate(self.turns) if any(each.fits(prompt) for each in turn.selectors)
        )
        return next(fitting, None)

    def plan(self, prompt: Prompt, turn: int | None = None) -> Plan:
        """Return the plan of its first steps, or of one of its turns."""
        return Plan(
            source="playbook",
            name=self.name,
            steps=self.steps if turn is None else self.turns[turn].steps,
            understood=(prompt.text[:200],),
            turn=turn,
            follows_system_prompt=self.follows_system_prompt,
            templates=self.templates,
        )


def compiled(file: PlaybookFile, *, owned: bool = False) -> Playbook:
    """Compile a file; raises `PlaybookError` for an invalid regular expression."""
    data = file.data
    problems: list[str] = []
    priority = data.get("priority", 0)
    selectors = tuple(_selectors(file, data["when"], ("when",), priority, problems, owned=owned))
    turns = []
    for at, turn in enumerate(data.get("turns", ())):
        fits = tuple(_selectors(file, turn.get("when", {}), ("turns", at, "when"), 0, problems))
        turns.append(FollowUp(fits, turn["steps"]))
    if problems:
        raise PlaybookError(tuple(problems))
    return Playbook(
        name=data["name"],
        summary=data.get("summary", ""),
        source=file.path,
        selectors=selectors,
        steps=data["steps"],
        turns=tuple(turns),
        follows_system_prompt=data.get("follow_system_prompt", False),
        templates=data.get("templates", False),
        owned=owned,
    )


def place_of(turn: int | None, step: int) -> str:
    """Return the place of a step in a playbook's file."""
    return f"steps/{step}" if turn is None else f"turns/{turn}/steps/{step}"


def _selectors(
    file: PlaybookFile,
    when: Mapping[str, Any],
    place: tuple[str | int, ...],
    priority: int,
    problems: list[str],
    *,
    owned: bool = False,
) -> Iterator[Selector]:
    messages = when.get("message")
    regex = None
    if "regex" in when:
        try:
            regex = Regex(when["regex"])
        except BadRegex as error:
            problems.append(file.problem(f"cannot be searched: {error}", *place, "regex"))
    for message in messages if isinstance(messages, list) else [messages]:
        yield Selector(
            message=message,
            regex=regex,
            files=tuple(when.get("files", ())),
            project=when.get("project"),
            priority=priority,
            owned=owned,
        )


def ties(playbooks: Sequence[Playbook]) -> Iterator[str]:
    """Yield a problem for every two that could match the same message with the same rank."""
    for first, second in combinations(playbooks, 2):
        if any(one.could_tie(two) for one in first.selectors for two in second.selectors):
            yield (
                f"{second.source}: {second.name!r} and {first.name!r} ({first.source.name}) could want "
                "the same message with the same right: make one more specific, or give one another priority"
            )
