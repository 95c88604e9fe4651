"""Shapes of load: the number of users as a function of time.

A plan is queried every second with the seconds since the start. It returns a `Level`, or None when the test
is over. `Steps` also asks for the state of the objectives.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sigmic_load.run.options import Asked
from sigmic_spec.plural import plural


@dataclass(frozen=True, slots=True)
class Level:
    """The number of users, changing by `rate` per second. If `wave` grows, all streams are dropped.

    The target may be judged when all users have started, unless the level is not final yet (`is_rising`).
    """

    users: int
    rate: float
    wave: int = 0
    is_rising: bool = False


class Plan(Protocol):
    """The number of users over time."""

    def at(self, seconds: float) -> Level | None:
        """Return the level at this time; None ends the test."""


@dataclass(frozen=True, slots=True)
class Steady:
    """All users from the start, for `seconds`."""

    users: int
    rate: float
    seconds: float

    def at(self, seconds: float) -> Level | None:
        return Level(self.users, self.rate) if seconds < self.seconds else None


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one user to all in `seconds`, then `hold` seconds with all."""

    users: int
    seconds: float
    hold: float

    def at(self, seconds: float) -> Level | None:
        if seconds >= self.seconds + self.hold:
            return None
        share = min(1.0, seconds / self.seconds)
        users = max(1, round(self.users * share))
        return Level(users, max(1.0, self.users / self.seconds), is_rising=share < 1)


@dataclass(frozen=True, slots=True)
class Storm:
    """All users hold streams. Every `every` seconds all are dropped and requested again, `waves` times."""

    users: int
    rate: float
    every: float
    waves: int

    def at(self, seconds: float) -> Level | None:
        wave = int(seconds / self.every)
        return Level(self.users, self.rate, wave) if wave <= self.waves else None


@dataclass(frozen=True, slots=True)
class Stand:
    """The result of a step: streams held, p99 lateness in seconds, and the objective that broke, if any."""

    streams: int
    lateness: float | None
    broken: str = ""


@dataclass(slots=True)
class Steps:
    """Add `step` users each time the objectives held for `hold` seconds; end when one breaks.

    `begin` starts a measuring window, `stand` judges it.
    """

    start: int
    step: int
    most: int
    rate: float
    settle: float
    hold: float
    begin: Callable[[], None]
    stand: Callable[[], Stand]
    stands: list[Stand] = field(default_factory=list)
    """One result for each judged step."""
    _users: int = 0
    _since: float = 0.0
    _is_measuring: bool = False

    def at(self, seconds: float) -> Level | None:
        if not self._users:
            self._users = self.start
            self._since = seconds
        passed = seconds - self._since
        if not self._is_measuring and passed >= self.settle:
            self.begin()
            self._is_measuring = True
            # The window has its full length, however late this was called.
            self._since = seconds - self.settle
        elif self._is_measuring and passed >= self.settle + self.hold:
            self.stands.append(self.stand())
            if self.stands[-1].broken or self._users + self.step > self.most:
                return None
            self._users += self.step
            self._since = seconds
            self._is_measuring = False
        return Level(self._users, self.rate, is_rising=not self._is_measuring)


NO_STEP = "no step was held long enough to judge it"


def answer(stands: list[Stand], limit: str) -> str:
    """Return in one line how many streams the target holds; `limit` is the lateness objective's limit."""
    held = [stand for stand in stands if not stand.broken]
    broken = next((stand for stand in stands if stand.broken), None)
    if not stands:
        return NO_STEP
    if not held and broken is not None:
        return f"holds fewer than {plural(broken.streams, 'stream')}: {broken.broken}"
    best = max(held, key=lambda stand: stand.streams)
    seen = "" if best.lateness is None else f" (measured {best.lateness:.3g} s)"
    line = f"holds {plural(best.streams, 'stream')} with p99 lateness under {limit}{seen}"
    if broken is None:
        return f"{line}; the last step did not break it"
    return f"{line}; at {broken.streams} it breaks: {broken.broken}"


def plan_for(
    name: str,
    numbers: Mapping[str, Mapping[str, float]],
    asked: Asked,
    begin: Callable[[], None],
    stand: Callable[[], Stand],
) -> Plan:
    """Return the plan of that name. The command line overrides the workload's numbers."""
    mine = dict(numbers[name])
    users, rate = asked.users, asked.rate
    match name:
        case "ramp":
            count = users or int(mine["users"])
            return Ramp(count, count / rate if rate else mine["seconds"], mine["hold"])
        case "step":
            most = users or int(mine["most"])
            return Steps(
                start=min(int(mine["start"]), most),
                step=int(mine["step"]),
                most=most,
                rate=rate or mine["rate"],
                settle=mine["settle"],
                hold=mine["hold"],
                begin=begin,
                stand=stand,
            )
        case "storm":
            return Storm(users or int(mine["users"]), rate or mine["rate"], mine["every"], int(mine["waves"]))
        case "soak":
            return Steady(users or int(mine["users"]), rate or mine["rate"], asked.seconds or mine["seconds"])
        case _:
            return Steady(users or 1, rate or 1, asked.seconds or mine["seconds"])
