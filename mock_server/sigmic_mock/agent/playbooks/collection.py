"""Chooses the playbook of a message. Chance and the order of files never decide.

Two playbooks that could match the same message with the same rank are refused when they are loaded. If this
cannot be known (two regular expressions), such a message fails its task and the error names both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from sigmic_mock.agent.plan import Plan, say
from sigmic_mock.agent.playbooks.files import (
    SHIPPED,
    LacksStep,
    PlaybookError,
    PlaybookReader,
)
from sigmic_mock.agent.playbooks.playbook import Playbook, compiled
from sigmic_mock.agent.playbooks.selectors import Rank
from sigmic_mock.agent.prompt import ASKS_FOR_PLAYBOOK, Prompt
from sigmic_mock.domain.model import Message, MessageRole
from sigmic_spec.nearest import nearest_few

TIE = "PLAYBOOK_TIE"
_MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A playbook that matches a message, with the rank of its best selector."""

    playbook: Playbook
    rank: Rank


class Playbooks:
    """The playbooks that an agent knows, by name."""

    def __init__(self, playbooks: Sequence[Playbook] = ()) -> None:
        self._playbooks = {each.name: each for each in playbooks}
        selectors = [(selector, each) for each in playbooks for selector in each.selectors]
        self._ranked = sorted(selectors, key=lambda pair: pair[0].rank, reverse=True)

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self._playbooks.values())

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the playbooks, with the purpose of each."""
        return {name: each.summary for name, each in sorted(self._playbooks.items())}

    def get(self, name: str | None) -> Playbook | None:
        """Return the playbook of that name."""
        return self._playbooks.get(name or "")

    def plan(self, prompt: Prompt) -> Plan | None:
        """Return the plan of the playbook that the message, or its conversation, belongs to."""
        best = self.best(prompt)
        if len(best) > 1:
            return _tie(best)
        if best:
            return best[0].plan(prompt)
        begun = self.begun(prompt)
        turn = begun.turn_for(prompt) if begun else None
        return begun.plan(prompt, turn) if begun and turn is not None else None

    def plan_unknown_name(self, prompt: Prompt) -> Plan | None:
        """Return the plan that names the nearest playbooks, for `playbook: NAME` with an unknown name."""
        asked = ASKS_FOR_PLAYBOOK.match(prompt.text)
        if asked is None:
            return None
        known = [name for name in sorted(self._playbooks) if self.best(replace(prompt, text=_asking(name)))]
        near = nearest_few(asked[1].lower(), known, _MOST_NEAR)
        hint = (
            f"Did you mean {' or '.join(f'“{_asking(name)}”' for name in near)}?"
            if near
            else f"Available playbooks: {', '.join(known) or 'none'}."
        )
        return Plan(
            source="answer",
            name="unknown-playbook",
            steps=(say(f"There is no playbook named {asked[1]!r}. {hint}"),),
            not_understood=(asked[0].strip(),),
        )

    def best(self, prompt: Prompt) -> list[Playbook]:
        """Return the playbooks that match the message with the best rank: none, one, or several that tie."""
        candidates = self.candidates(prompt)
        best = next(candidates, None)
        if best is None:
            return []
        alike = takewhile(lambda candidate: candidate.rank == best.rank, candidates)
        return [best.playbook, *(candidate.playbook for candidate in alike)]

    def candidates(self, prompt: Prompt) -> Iterator[Candidate]:
        """Yield all that match the message, the highest rank first."""
        found: set[str] = set()
        for selector, playbook in self._ranked:
            if playbook.name not in found and selector.fits(prompt):
                found.add(playbook.name)
                yield Candidate(playbook, selector.rank)

    def begun(self, prompt: Prompt) -> Playbook | None:
        """Return the playbook that an earlier message of the conversation started: the latest one."""
        users = (message for message in reversed(prompt.memory) if message.role is MessageRole.USER)
        started = (self.best(_as_prompt(message, prompt)) for message in users)
        found = next((best for best in started if best), [])
        return found[0] if len(found) == 1 else None


def read_all(paths: Sequence[Path], reader: PlaybookReader) -> tuple[list[Playbook], list[str]]:
    """Read and compile files; return the playbooks, and every problem. Blocking.

    Never raises: a file that the reader fails on does not affect the others.
    """
    found: dict[str, Playbook] = {}
    problems: list[str] = []
    for path in paths:
        try:
            playbook = compiled(reader.read(path))
        except PlaybookError as error:
            if not (isinstance(error, LacksStep) and path.parent == SHIPPED):
                problems += error.problems
            continue
        except Exception as error:  # noqa: BLE001 - told as a problem; whatever is in a file, tasks go on
            problems.append(f"{path}: can't be read, which is a defect of sigmic-mock: {error!r}")
            continue
        if playbook.name in found:
            problems.append(
                f"{path}: the name {playbook.name!r} is taken by {found[playbook.name].source.name}"
            )
        found[playbook.name] = playbook
    return list(found.values()), problems


def _tie(best: Sequence[Playbook]) -> Plan:
    names = " and ".join(repr(name) for name in sorted(each.name for each in best))
    message = (
        f"The playbooks {names} want this message with the same right; give one of them another priority."
    )
    return Plan(source="playbook", steps=({"fail": {"message": message, "code": TIE}},))


def _asking(name: str) -> str:
    """Return the message that asks for a bundled playbook."""
    return f"playbook: {name}"


def _as_prompt(message: Message, now: Prompt) -> Prompt:
    return replace(now, text=message.content, files=message.attached_files, memory=())
