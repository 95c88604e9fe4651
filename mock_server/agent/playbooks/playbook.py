"""One playbook: what messages it is for and what it does with them, compiled from a checked file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.agent.playbooks.files import PlaybookError, PlaybookFile
from sigmic_conformance.mock_server.agent.playbooks.regex import BadRegex, Regex
from sigmic_conformance.mock_server.agent.playbooks.selectors import Selector
from sigmic_conformance.mock_server.agent.prompt import Prompt
from sigmic_conformance.mock_server.agent.steps.catalogue import StepKinds
from sigmic_conformance.mock_server.agent.steps.step import Plan, Step


@dataclass(frozen=True, slots=True)
class Part:
    """Steps with the place in the file that each came from, such as `steps/3` or `turns/0/steps/1`."""

    steps: tuple[Step, ...]
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a playbook does with a later message of its conversation."""

    selectors: tuple[Selector, ...]
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Playbook:
    """One playbook, ready to be performed. `owned` is True when it belongs to one project alone."""

    name: str
    summary: str
    source: Path
    selectors: tuple[Selector, ...]
    part: Part
    turns: tuple[FollowUp, ...] = ()
    follows_system_prompt: bool = False
    owned: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """What it does with the message that begins it."""
        return self.part.steps

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its first steps and those of its turns."""
        return (self.part, *(turn.part for turn in self.turns))

    def turn_for(self, prompt: Prompt) -> int | None:
        """Return the position of the first turn that fits a later message."""
        fitting = (
            at for at, turn in enumerate(self.turns) if any(each.fits(prompt) for each in turn.selectors)
        )
        return next(fitting, None)

    def plan(self, prompt: Prompt, turn: int | None = None) -> Plan:
        """Return the plan of its first steps, or of one of its turns."""
        part = self.part if turn is None else self.turns[turn].part
        return Plan(
            source="playbook",
            name=self.name,
            steps=part.steps,
            understood=(prompt.text[:200],),
            turn=turn,
            origins=part.origins,
            follows_system_prompt=self.follows_system_prompt,
        )


def compiled(file: PlaybookFile, *, owned: bool = False) -> Playbook:
    """Compile a file; raises `PlaybookError` for a regular expression that is none."""
    data = file.data
    problems: list[str] = []
    priority = data.get("priority", 0)
    selectors = tuple(_selectors(file, data["when"], ("when",), priority, problems, owned=owned))
    turns = []
    for at, turn in enumerate(data.get("turns", ())):
        fits = tuple(_selectors(file, turn.get("when", {}), ("turns", at, "when"), 0, problems))
        turns.append(FollowUp(fits, _part(file.kinds, turn["steps"], f"turns/{at}/steps")))
    if problems:
        raise PlaybookError(tuple(problems))
    return Playbook(
        name=data["name"],
        summary=data.get("summary", ""),
        source=file.path,
        selectors=selectors,
        part=_part(file.kinds, data["steps"], "steps"),
        turns=tuple(turns),
        follows_system_prompt=data.get("follow_system_prompt", False),
        owned=owned,
    )


def _part(kinds: StepKinds, listed: Sequence[Mapping[str, Any]], place: str) -> Part:
    compiled_steps = kinds.compile_each(listed)
    return Part(
        tuple(step for _, steps in compiled_steps for step in steps),
        tuple(f"{place}/{at}" for at, steps in compiled_steps for _ in steps),
    )


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
    """Yield a problem for every two that could want the same message with the same right."""
    for first, second in combinations(playbooks, 2):
        if any(one.could_tie(two) for one in first.selectors for two in second.selectors):
            yield (
                f"{second.source}: {second.name!r} and {first.name!r} ({first.source.name}) could want "
                "the same message with the same right: make one more specific, or give one another priority"
            )
