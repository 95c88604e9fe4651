"""How long a turn takes on this target and how many run at once, so that its plan and deadlines are true.

A plan is made of figures of the reference platform, whose agent answers at once; a model takes seconds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.run.planning import Plan
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Spent
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import HeldBack, Interrupted, Throttled
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.steps import run
from sigmic_conformance.wire.transcript import Exchange

MEASUREMENT = "turn_times"
"""The name of the measurement's transcript, as if it were a probe."""
AT_ONCE = 4
TURNS = 1 + AT_ONCE
"""The turns of the model that a measurement takes."""
WORTH_TURNS = 40
"""A plan with fewer turns is not worth the measurement."""
REFERENCE_SECONDS = 0.1
"""What an easy turn takes on the reference platform."""
PATIENCE = 20
"""How many easy turns the slowest task of a probe may take."""
_ALONE, _TOGETHER = "a turn alone", "turns together"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTimes:
    """Seconds of one turn, and how many of `AT_ONCE` turns ran at the same time."""

    seconds: float
    at_once: int


def is_worth_it(plan: Plan, profile: Profile) -> bool:
    """Whether turns should be measured: the target is a stranger's, and its profile does not tell."""
    told = profile.reference or profile.read_only or profile.turn_seconds > 0
    left = profile.model_turns is None or profile.model_turns >= plan.total.turns + TURNS
    return not told and left and plan.total.turns >= WORTH_TURNS


async def measure(driver: Driver) -> TurnTimes | None:
    """Run one easy turn, then some at once; None if the target does not complete them in time."""
    try:
        async with asyncio.timeout(driver.profile.task_seconds):
            await run(driver, EASY, label=_ALONE)
            await asyncio.gather(*(run(driver, EASY, label=_TOGETHER) for _ in range(AT_ONCE)))
    except (Interrupted, Throttled, HeldBack, Spent, TimeoutError):
        return None
    finally:
        driver.finish()
    return turn_times(driver.exchanges())


def turn_times(exchanges: Sequence[Exchange]) -> TurnTimes:
    """What the exchanges of a measurement show."""
    single, together = (
        [each for each in exchanges if each.label.startswith(label)] for label in (_ALONE, _TOGETHER)
    )
    seconds = _span(single)
    return TurnTimes(seconds=seconds, at_once=at_once(seconds, _span(together)))


def _span(exchanges: Sequence[Exchange]) -> float:
    """Seconds from the first request to the end of the last answer."""
    return (max(each.ended for each in exchanges) - min(each.started for each in exchanges)) / NANO


def at_once(single: float, together: float) -> int:
    """How many of the turns ran at the same time: all of them if they took little longer than one."""
    rounds = together / single if single > 0 else 1.0
    return max(1, min(AT_ONCE, round(AT_ONCE / max(1.0, rounds))))


def adapted(profile: Profile, times: TurnTimes) -> Profile:
    """The profile with what was measured: the time of turns, of tasks, and how many probes use the agent.

    A target that runs fewer turns at once than were tried gets no more of them: the rest would only queue.
    """
    most = profile.concurrency if times.at_once == AT_ONCE else min(profile.concurrency, times.at_once)
    return replace(
        profile,
        turn_seconds=round(max(0.0, times.seconds - REFERENCE_SECONDS), 2),
        concurrency=most,
        task_seconds=max(profile.task_seconds, round(PATIENCE * times.seconds, 1)),
    )


def words(times: TurnTimes) -> str:
    """What was measured, for the terminal: `a turn takes 6.0 s here, 4 or more at once`."""
    more = " or more" if times.at_once == AT_ONCE else ""
    return f"a turn takes {times.seconds:.1f} s here, {times.at_once}{more} at once"
