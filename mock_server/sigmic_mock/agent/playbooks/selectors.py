"""Selectors of playbooks: which messages one is for, how specific it is, whether two can clash."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fnmatch import fnmatchcase, translate
from functools import lru_cache
from typing import NamedTuple

from sigmic_mock.agent.playbooks.regex import Regex
from sigmic_mock.agent.prompt import Prompt

SEARCHED_CHARACTERS = 4_096
LONGEST_GLOBBED = 4_096
_MOST_COMPARED = 20_000
"""Pairs of places that are looked at in two globs."""
_COMPARED_CHARACTERS = 100
_NEAR = 0.9
"""The likeness of a message and a pattern that differ by a letter or two."""
_WILDCARDS = re.compile(r"[*?]|\[[^\]]*\]")


class Rank(NamedTuple):
    """How specific a selector is; the higher one wins."""

    priority: int
    owned: bool
    names_project: bool
    files: int
    literal_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One condition on a message. A member that is not given matches every message."""

    message: str | None = None
    regex: Regex | None = None
    files: tuple[str, ...] = ()
    project: str | None = None
    priority: int = 0
    owned: bool = False

    @property
    def rank(self) -> Rank:
        """The specificity: priority, of one project alone, names a project, files, letters of the pattern."""
        letters = len(_WILDCARDS.sub("", self.message)) if self.message else 0
        return Rank(self.priority, self.owned, self.project is not None, len(self.files), letters)

    def fits(self, prompt: Prompt) -> bool:
        """True when the selector matches the message, its files and its project."""
        if self.project is not None and self.project != prompt.project_id:
            return False
        if not self.fits_files(prompt):
            return False
        if self.regex is not None:
            return self.regex.is_in(prompt.text[:SEARCHED_CHARACTERS])
        return self.message is None or _fits_glob(prompt.text, self.message)

    def fits_files(self, prompt: Prompt) -> bool:
        """True when each pattern of `files` matches the name of an attached file."""
        if not self.files:
            return True
        names = [file.name.lower() for file in prompt.files]
        return all(any(fnmatchcase(name, pattern.lower()) for name in names) for pattern in self.files)

    def nearly_fits(self, prompt: Prompt) -> bool:
        """True when it would match with other files or in another project, or with a few other letters."""
        if replace(self, files=(), project=None).fits(prompt):
            return self.message is not None or self.regex is not None
        if self.message is None:
            return False
        pattern = _WILDCARDS.sub("", normalised(self.message))[:_COMPARED_CHARACTERS]
        alike = SequenceMatcher(None, normalised(prompt.text[:_COMPARED_CHARACTERS]), pattern)
        return alike.quick_ratio() >= _NEAR and alike.ratio() >= _NEAR

    def could_tie(self, other: "Selector") -> bool:
        """True when both rank the same and may match the same message.

        Whether two different regular expressions can is not decided here, but when such a message arrives.
        """
        if self.rank != other.rank or self.project != other.project:
            return False
        if self.regex is not None and other.regex is not None:
            return self.regex.pattern == other.regex.pattern
        # Only a pattern of wildcards ranks with a regex; it is assumed to overlap with any.
        return (
            self.regex is not None
            or other.regex is not None
            or globs_meet(normalised(self.message or "*"), normalised(other.message or "*"))
        )


def normalised(text: str) -> str:
    """Return a text as globs see it: lower case, runs of blanks as one."""
    return " ".join(text.split()).lower()


def _fits_glob(text: str, pattern: str) -> bool:
    return _glob(pattern)(_globbed(text)) is not None


@lru_cache(maxsize=1024)  # every message is compared with every pattern
def _glob(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(normalised(pattern))).match


@lru_cache(maxsize=1)  # the same message is compared with many patterns in sequence
def _globbed(text: str) -> str:
    # Cut, so that a long message costs the same as a short one; a trailing `*` still matches the rest.
    return normalised(text[: LONGEST_GLOBBED * 4])[:LONGEST_GLOBBED]


def globs_meet(first: str, second: str) -> bool:
    """True when some text may match both globs; a false positive is possible.

    A `[...]` counts as any one character; two globs of very many wildcards are assumed to overlap.
    """
    one, two = _WILDCARDS.sub(_simplified, first), _WILDCARDS.sub(_simplified, second)
    seen = {(0, 0)}
    todo = [(0, 0)]
    while todo:
        at, by = todo.pop()
        if len(seen) > _MOST_COMPARED:
            return True
        if at == len(one) and by == len(two):
            return True
        for following in _following(one, two, at, by):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return False


def _simplified(wildcard: re.Match[str]) -> str:
    return "*" if wildcard[0] == "*" else "?"


def _following(one: str, two: str, at: int, by: int) -> list[tuple[int, int]]:
    here, there = one[at : at + 1], two[by : by + 1]
    following = []
    if here == "*":
        following += [(at + 1, by)] + ([(at, by + 1)] if there else [])
    if there == "*":
        following += [(at, by + 1)] + ([(at + 1, by)] if here else [])
    if here and there and "*" not in {here, there} and (here == there or "?" in {here, there}):
        following.append((at + 1, by + 1))
    return following
