"""The search: try every place of every operation, then vary the inputs with the longest pause for their size.

A case is data: an operation, a place, a caller, an input. A pause over `LIMIT` is measured three times
more, and only the shortest counts.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tests.blocking.inputs import SHAPES, TEXTS, Input
from tests.blocking.places import largest

LIMIT = 0.05
_NOTICED = 0.008
"""Pause in seconds above which the search immediately tries a larger input."""
_AGAIN = 3
_ELITE = 40
_MOST_TOKENS = 6
_SMALLEST, _FIRST = 1_000, 64_000
_LETTERS = (16, 22)
"""Letters of an input whose cost may double with each letter."""
_ENOUGH = 0.5
"""A pause in seconds that counts as a find without a larger input."""


Door = tuple[str, str, tuple[str, ...]]
"""An operation, one of its places, and its permitted callers."""


@dataclass(frozen=True)
class Case:
    operation: str
    place: str
    caller: str
    input: Input


@dataclass(frozen=True)
class Tried:
    case: Case
    seconds: float
    """The pause; for a find, the shortest of its measurements."""


@dataclass(frozen=True)
class Doors:
    """What can be tried: places as (operation, place, callers), and the vocabulary."""

    places: Sequence[Door]
    tokens: Sequence[str]
    signs: Sequence[str]
    """Tokens of punctuation: as likely in an input as all words together."""


class Search:
    """Yields every trial. `measure` sends a case and returns how many seconds other callers waited."""

    def __init__(self, doors: Doors, measure: Callable[[Case], float], seed: int) -> None:
        self._doors = doors
        self._measure = measure
        self._random = random.Random(seed)
        self._best: dict[tuple[str, str], tuple[float, Case]] = {}
        """For each place, the case with the highest cost for its size."""
        self._found: set[tuple[str, str, str]] = set()
        """Operations, places and shapes that need no second find."""

    def run(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> Iterator[Tried]:
        """Survey and climb until the time is over; a trial that has started is finished first.

        Each surface gets an equal share of the time, and so do variations of the best cases.
        """
        end = clock() + seconds
        sources = [self._survey(places) for places in self._surfaces()] + [self._changes()]
        spent = [0.0] * len(sources)
        while (began := clock()) < end:
            turn = spent.index(min(spent))
            yield from self._climb(next(sources[turn]), lambda: clock() < end)
            spent[turn] += clock() - began

    def _surfaces(self) -> list[list[Door]]:
        surfaces: dict[str, list[Door]] = {}
        for place in self._doors.places:
            surfaces.setdefault(place[0].partition(" ")[0], []).append(place)
        return list(surfaces.values())

    def _survey(self, places: Sequence[Door]) -> Iterator[Case]:
        """Yield a case of each place of a surface, in random order, repeatedly."""
        while True:
            for operation, place, callers in self._random.sample(places, len(places)):
                yield Case(operation, place, self._random.choice(callers), self._input(place))

    def _climb(self, case: Case, go_on: Callable[[], bool]) -> Iterator[Tried]:
        """Try a case, then larger ones as long as each costs more than the previous one."""
        place, before = (case.operation, case.place), _NOTICED
        while (*place, case.input.shape) not in self._found and go_on():
            seconds = self._measure(case)
            if LIMIT < seconds < _ENOUGH:
                seconds = min(seconds, *(self._measure(case) for _ in range(_AGAIN)))
            yield Tried(case, seconds)
            self._keep(place, case, seconds)
            grown = replace(case, input=case.input.grown())
            is_last = seconds >= _ENOUGH or grown.input.size > largest(case.place)
            if is_last and seconds > LIMIT:
                self._found.add((*place, case.input.shape))
                self._best.pop(place, None)
            if is_last or seconds < before:
                return
            before, case = seconds, grown

    def _keep(self, place: tuple[str, str], case: Case, seconds: float) -> None:
        rate = seconds / (_SMALLEST + case.input.size)
        if rate > self._best.get(place, (0.0, case))[0]:
            self._best[place] = rate, case
        if len(self._best) > _ELITE:
            del self._best[min(self._best, key=lambda each: self._best[each][0])]

    def _changes(self) -> Iterator[Case]:
        anything = self._survey(self._doors.places)
        while True:
            yield self._changed() if self._best else next(anything)

    def _changed(self) -> Case:
        """Return one of the most costly cases, changed: a token, its shape, its place, or one token alone."""
        _, case = self._random.choice(list(self._best.values()))
        of, tokens = case.input, list(case.input.tokens)
        match self._random.randrange(4):
            case 0:
                tokens[self._random.randrange(len(tokens))] = self._token()
                return replace(case, input=replace(of, tokens=tuple(tokens)))
            case 1:
                return replace(case, input=replace(of, shape=self._shape(case.place)))
            case 2:
                return replace(case, input=replace(of, tokens=(self._random.choice(tokens),)))
            case _:
                operation, place, callers = self._random.choice(self._doors.places)
                size = min(of.size, self._input(place).size)
                return Case(operation, place, self._random.choice(callers), replace(of, size=size))

    def _token(self) -> str:
        return self._random.choice(self._random.choice((self._doors.tokens, self._doors.signs)))

    def _shape(self, place: str) -> str:
        """Return a shape; a structure is as likely as a text only where JSON is read."""
        reads_json = place.startswith(("json", "body", "tools", "initialize"))
        return self._random.choice(list(SHAPES if reads_json else TEXTS))

    def _input(self, place: str) -> Input:
        tokens = tuple(self._token() for _ in range(self._random.randint(1, _MOST_TOKENS)))
        size = int(_SMALLEST * (_FIRST / _SMALLEST) ** self._random.random())
        if largest(place) < _SMALLEST:
            size = self._random.randint(*_LETTERS)
        return Input(tokens, self._shape(place), min(size, largest(place)))
