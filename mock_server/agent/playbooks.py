"""Playbooks: scripted behaviour from YAML files, chosen by the message, its files and the project.

Two playbooks that could want the same message with the same right are refused when they are loaded: which
one is performed never depends on chance or on the order of files.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from mock_server.agent.playbook_files import (
    SHIPPED,
    PlaybookError,
    PlaybookFile,
    playbook_paths,
    read_playbook,
)
from mock_server.agent.playbook_steps import compile_steps
from mock_server.agent.prompt import Prompt
from mock_server.agent.selectors import Selector
from mock_server.agent.steps import Plan, Step
from mock_server.core.model import Message, MessageRole


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a playbook does with a later message of its conversation."""

    selectors: tuple[Selector, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """One playbook, ready to be performed."""

    name: str
    summary: str
    source: Path
    selectors: tuple[Selector, ...]
    steps: tuple[Step, ...]
    turns: tuple[FollowUp, ...] = ()

    def turn_for(self, prompt: Prompt) -> FollowUp | None:
        """Return the first turn that fits a later message."""
        return next((turn for turn in self.turns if any(each.fits(prompt) for each in turn.selectors)), None)


class Playbooks:
    """The playbooks that an agent knows, by name."""

    def __init__(self, playbooks: Sequence[Playbook] = ()) -> None:
        self._playbooks = {each.name: each for each in playbooks}
        selectors = [(selector, each) for each in playbooks for selector in each.selectors]
        self._ranked = sorted(selectors, key=lambda pair: pair[0].rank, reverse=True)

    @classmethod
    def load(cls, directories: Sequence[Path] = (), *, shipped: bool = True) -> "Playbooks":
        """Read the shipped playbooks and those of `directories`; a later one replaces its namesake.

        Raises `PlaybookError` with every problem of every file. Blocking.
        """
        playbooks: dict[str, Playbook] = {}
        problems: list[str] = []
        for directory in ([SHIPPED] if shipped else []) + list(directories):
            found, wrong = _directory(directory)
            playbooks |= {each.name: each for each in found}
            problems += wrong
        problems += _ties(list(playbooks.values()))
        if problems:
            raise PlaybookError(tuple(problems))
        return cls(list(playbooks.values()))

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the playbooks, with what each is for."""
        return {name: each.summary for name, each in sorted(self._playbooks.items())}

    def plan(self, prompt: Prompt) -> Plan | None:
        """Return the plan of the playbook that the message, or its conversation, belongs to."""
        if playbook := self._for(prompt):
            return _plan(playbook, playbook.steps, prompt)
        begun = self._begun(prompt)
        turn = begun.turn_for(prompt) if begun else None
        return _plan(begun, turn.steps, prompt) if begun and turn else None

    def _for(self, prompt: Prompt) -> Playbook | None:
        return next((playbook for selector, playbook in self._ranked if selector.fits(prompt)), None)

    def _begun(self, prompt: Prompt) -> Playbook | None:
        """Return the playbook that an earlier message of the conversation started: the latest one."""
        users = (message for message in reversed(prompt.memory) if message.role is MessageRole.USER)
        started = (self._for(_as_prompt(message, prompt)) for message in users)
        return next((playbook for playbook in started if playbook), None)


def _plan(playbook: Playbook, steps: tuple[Step, ...], prompt: Prompt) -> Plan:
    return Plan(source="playbook", name=playbook.name, steps=steps, understood=(prompt.text[:200],))


def _as_prompt(message: Message, now: Prompt) -> Prompt:
    return replace(now, text=message.content, files=message.attached_files, memory=())


def _directory(directory: Path) -> tuple[list[Playbook], list[str]]:
    found: dict[str, Playbook] = {}
    problems: list[str] = []
    try:
        paths = playbook_paths(directory)
    except PlaybookError as error:
        return [], list(error.problems)
    for path in paths:
        try:
            playbook = _compiled(read_playbook(path))
        except PlaybookError as error:
            problems += error.problems
            continue
        if playbook.name in found:
            problems.append(
                f"{path}: the name {playbook.name!r} is taken by {found[playbook.name].source.name}"
            )
        found[playbook.name] = playbook
    return list(found.values()), problems


def _compiled(file: PlaybookFile) -> Playbook:
    data = file.data
    problems: list[str] = []
    selectors = tuple(_selectors(file, data["when"], ("when",), data.get("priority", 0), problems))
    turns = []
    for at, turn in enumerate(data.get("turns", ())):
        place = ("turns", at, "when")
        fits = tuple(_selectors(file, turn.get("when", {}), place, 0, problems))
        turns.append(FollowUp(fits, compile_steps(turn["steps"])))
    if problems:
        raise PlaybookError(tuple(problems))
    return Playbook(
        name=data["name"],
        summary=data.get("summary", ""),
        source=file.path,
        selectors=selectors,
        steps=compile_steps(data["steps"]),
        turns=tuple(turns),
    )


def _selectors(
    file: PlaybookFile,
    when: Mapping[str, Any],
    place: tuple[str | int, ...],
    priority: int,
    problems: list[str],
) -> Iterator[Selector]:
    messages = when.get("message")
    regex = None
    if "regex" in when:
        try:
            regex = re.compile(when["regex"], re.IGNORECASE)
        except re.error as error:
            problems.append(file.problem(f"is not a regular expression: {error}", *place, "regex"))
    for message in messages if isinstance(messages, list) else [messages]:
        yield Selector(
            message=message,
            regex=regex,
            files=tuple(when.get("files", ())),
            project=when.get("project"),
            priority=priority,
        )


def _ties(playbooks: Sequence[Playbook]) -> Iterator[str]:
    for first, second in combinations(playbooks, 2):
        if any(one.could_tie(two) for one in first.selectors for two in second.selectors):
            yield (
                f"{second.source}: {second.name!r} and {first.name!r} ({first.source.name}) could want "
                "the same message with the same right: make one more specific, or give one another priority"
            )
