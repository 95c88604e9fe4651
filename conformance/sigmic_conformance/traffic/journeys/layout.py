"""Arrange the rows of the covering array in journeys, so that few turns cover most combinations.

Greedy, and deterministic for a seed. First one long journey for each kind of variables, because only a task
of many turns has a long history; then short ones for the rest, each time the one that covers the most per
turn.
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sigmic_conformance.model.observation.situation import place_in_life
from sigmic_conformance.traffic.journeys.coverage import Combinations, Coverage
from sigmic_conformance.traffic.journeys.covering import Row
from sigmic_conformance.traffic.journeys.journey import (
    OWNERS,
    STRANGERS,
    Journey,
    Step,
)
from sigmic_conformance.traffic.journeys.reachable_situations import ReachableSituations
from sigmic_conformance.wire.ordinary_clients import ORDINARY_CLIENTS
from sigmic_conformance.wire.transcript import JOURNEY

CLIENTS = (None, *ORDINARY_CLIENTS)
EXPIRY_PRICE = 0.5
"""The cost of waiting for an expiry, relative to one turn."""
LONG_LIFE = 11
_LONG_EXPIRIES = ((), (2,), (4,), (10,), (2, 3), (2, 4), (3, 4), (2, 10), (4, 10))
_SHORT_EXPIRIES = ((), (2,), (3,), (2, 3), (3, 4))
"""Before which turns the session may expire."""
_SHORT_LIFE = 5
_FOR_GOOD = (1, 4, 10)


@dataclass(frozen=True, slots=True)
class _Life:
    """The properties that a task has in all its steps.

    `expiries` are the turns before which its session ends. From the turn `for_good` on a call may be approved
    for good; then no call asks until the session ends.
    """

    owner: str
    value: str
    asks: bool
    expiries: tuple[int, ...]
    for_good: int


@dataclass(slots=True)
class _Draft:
    """A journey with the row of each step and the bits that it covers."""

    life: _Life
    rows: list[Row] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    gains: list[int] = field(default_factory=list)

    def cut(self) -> tuple[float, int]:
        """The highest gain per turn, and the number of turns of the journey that reaches it."""
        best, length, price = 0.0, 0, 0.0
        for number, total in enumerate(itertools.accumulate(self.gains), 1):
            price += 1 + EXPIRY_PRICE * (number in self.life.expiries)
            if total / price > best:
                best, length = total / price, number
        return best, length


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A journey, and the bits that each of its steps covers."""

    journey: Journey
    bits: tuple[int, ...]


class Layout:
    """Builds journeys from rows until nothing new can be covered."""

    def __init__(self, offered: ReachableSituations, rows: Sequence[Row], combinations: Combinations) -> None:
        self._offered = offered
        self._rows = rows
        self._others = tuple(each for each in STRANGERS if offered.has("caller", each))
        self._coverage = Coverage(combinations, rows, self._others)
        self._owners = ["key", *(["end_user"] if offered.has("caller", "end_user") else [])]
        self._asks = [False, *([True] if offered.has("approval", "once") else [])]
        self._expires = offered.has("session", "restored")
        steps = [Step(situation=row) for row in rows]
        self._waits = [each.waits_alone + each.is_seen_waiting for each in steps]
        self._fit: dict[tuple[bool, bool, bool], list[int]] = {}
        self.covered = 0

    def journeys(self) -> Iterator[LaidOut]:
        """The journeys in the order in which they were found."""
        numbers = itertools.count(1)
        for value in self._offered.values["value"]:
            drafts = [self._draft(life, LONG_LIFE) for life in self._lives([value], _LONG_EXPIRIES)]
            best = max(drafts, key=lambda each: sum(each.gains))
            yield self._taken(best, len(best.rows), next(numbers))
        for expiries, most in ((_SHORT_EXPIRIES, _SHORT_LIFE), (_LONG_EXPIRIES, LONG_LIFE)):
            lives = self._lives(self._offered.values["value"], expiries)
            for draft, length in self._worthwhile(lives, most):
                yield self._taken(draft, length, next(numbers))

    def _worthwhile(self, lives: Iterable[_Life], most: int) -> Iterator[tuple[_Draft, int]]:
        """The journeys that still cover something new, each time the one that covers the most per turn.

        The gain of a journey only decreases while others are selected, so an old figure is a bound: only the
        journey with the highest one is computed again.
        """
        bounds = [(-math.inf, index, life) for index, life in enumerate(lives)]
        while bounds:
            _, index, life = heapq.heappop(bounds)
            draft = self._draft(life, most)
            gain, length = draft.cut()
            if not length:
                continue
            if not bounds or -gain <= bounds[0][0]:
                yield draft, length
            heapq.heappush(bounds, (-gain, index, life))

    def _taken(self, draft: _Draft, length: int, number: int) -> LaidOut:
        for bits in draft.bits[:length]:
            self.covered |= bits
        life = draft.life
        journey = Journey(
            name=f"{JOURNEY}{number:02d}",
            owner=life.owner,
            value=life.value,
            asks=life.asks,
            is_prompted=number % 2 == 1,
            client=CLIENTS[number % len(CLIENTS)],
            others=self._others,
            steps=tuple(
                self._step(row, life, place) for place, row in enumerate(draft.rows[:length], start=1)
            ),
        )
        return LaidOut(journey=journey, bits=tuple(draft.bits[:length]))

    def _lives(self, values: Iterable[str], expiries: tuple[tuple[int, ...], ...]) -> Iterator[_Life]:
        for value, owner, asking, times in itertools.product(
            values, self._owners, self._asks, expiries if self._expires else ((),)
        ):
            for for_good in _FOR_GOOD if asking else _FOR_GOOD[:1]:
                yield _Life(owner, value, asking, times, for_good)

    def _draft(self, life: _Life, length: int) -> _Draft:
        """A journey whose every step is the row that covers the most at its place.

        Of equal rows, one that waits for no heartbeat: a step that only leads to later ones covers nothing,
        and should take no time.
        """
        draft, seen, always = _Draft(life), self.covered, False
        for number in range(1, length + 1):
            always = always and number not in life.expiries
            place = _place(life, number)
            fitting = self._fitting(life, number, always=always)
            if not fitting:
                break
            every, new = self._coverage.at(place, life.owner), ~seen
            gains = [(every[each] & new).bit_count() for each in fitting]
            gain = max(gains)
            alike = [each for each, its in zip(fitting, gains, strict=True) if its == gain]
            best = min(alike, key=self._waits.__getitem__)
            row, bits = self._rows[best], every[best]
            seen |= bits
            always = always or row["approval"] == "always"
            draft.rows.append(row)
            draft.bits.append(bits)
            draft.gains.append(gain)
        return draft

    def _fitting(self, life: _Life, number: int, *, always: bool) -> list[int]:
        """Which rows can be the step of this number; variables are documented for JSON bodies alone."""
        asking = life.asks and not always
        json_alone = number == 1 and life.value != "none"
        for_good = number >= life.for_good
        key = (asking, json_alone, for_good)
        if key not in self._fit:
            self._fit[key] = [
                index
                for index, row in enumerate(self._rows)
                if (row["approval"] != "automatic") == asking
                and (for_good or row["approval"] != "always")
                and (not json_alone or row["body"] == "json")
            ]
        return self._fit[key]

    def _step(self, row: Row, life: _Life, number: int) -> Step:
        chosen = {**row, **_place(life, number)}
        mine = OWNERS[life.owner]
        if chosen["caller"] not in {*mine, *STRANGERS}:
            chosen["caller"] = mine[0]
        situation = {name: chosen[name] for name in self._offered.values}
        return Step(situation=situation, expires=number in life.expiries)


def _place(life: _Life, number: int) -> dict[str, str]:
    """The values that a step has by its place in a journey."""
    expired = sum(each <= number for each in life.expiries)
    return {**place_in_life(number, expired), "value": life.value}
