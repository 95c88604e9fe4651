"""Random lives of tasks. After each, all its answers are checked by the clauses of a run: no second oracle.

A life that breaks a requirement is shortened: what is left are the steps that break it.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sigmic_conformance.commands.exploration.life import Decide, Life, Rest, Step, drawn, simpler
from sigmic_conformance.commands.exploration.run import GONE_AFTER, Exploration
from sigmic_conformance.commands.exploration.shorten import shortened
from sigmic_conformance.commands.exploration.verdicts import SELECTION
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.traffic.budget import Budget, Spent
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted, Throttled
from sigmic_conformance.traffic.seed import source
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.transcript import Closed, Ending, Transcript

LONGEST_REST = 10.0
"""Seconds of a session that a life may wait for."""
_SEVERITY = list(Outcome)


class OutOfTime(Exception):
    """Time or turns are spent, or the target is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A life that is over: its steps in words, what was recorded, and the verdicts by ledger id."""

    steps: tuple[str, ...]
    transcript: Transcript
    verdicts: Mapping[str, Verdict]

    @property
    def broken(self) -> list[str]:
        """The requirements that it broke, in order of their ids."""
        return [row for row, each in self.verdicts.items() if each.outcome is Outcome.FAILED]


@dataclass(slots=True, kw_only=True)
class Lives(Exploration):
    """An exploration by lives. `shortest` is the shortest that breaks a requirement, if one was broken."""

    shortest: Lived | None = None
    lived: int = 0
    _until: float = 0.0
    _is_gone: bool = False
    _kept: dict[str, Transcript] = field(default_factory=dict)
    _worst: dict[str, int] = field(default_factory=dict)

    def explore_lives(self, *, seed: int, turns: int, seconds: float) -> None:
        """Live until a requirement is broken, or time or turns are spent.

        Then that life is shortened, for as long again.
        """
        if not self._can_begin(seed):
            return
        self.selection = f"{SELECTION} --stateful, seed {seed}"
        self._budget = Budget(turns=turns, bytes=self.profile.upload_bytes)
        with suppress(OutOfTime):
            asyncio.run(self._search(seconds))
        if self.shortest is not None:
            self._kept = {self.shortest.transcript.probe: self.shortest.transcript}
        self._conclude(self._kept)

    async def _search(self, seconds: float) -> None:
        chance, left_out = source(self.seed, "lives"), self._left_out()
        self._until = time.monotonic() + seconds
        while True:
            steps = drawn(chance, left_out)
            lived = await self._live(steps)
            self._keep(lived)
            if lived.broken:
                break
        self.shortest, self._until = lived, time.monotonic() + seconds
        await shortened(steps, self._still_breaks, simpler)

    def _left_out(self) -> set[type[Step]]:
        """The steps that this target does not offer, or that take too long."""
        expiry = self.profile.session_expiry_seconds or 0
        left_out: set[type[Step]] = set() if 0 < expiry <= LONGEST_REST else {Rest}
        return left_out if self.profile.offers("approvals") else left_out | {Decide}

    async def _still_breaks(self, steps: Sequence[Step]) -> bool:
        """Live these steps; true if they break a requirement that the shortest life breaks."""
        lived = await self._live(steps)
        breaks = self.shortest is not None and bool({*lived.broken} & {*self.shortest.broken})
        if breaks:
            self.shortest = lived
        return breaks

    async def _live(self, steps: Sequence[Step]) -> Lived:
        """Live and check these steps; raises OutOfTime if they can't be taken to the end."""
        self.lived += 1
        life = Life(self._driver())
        try:
            for step in steps:
                if time.monotonic() >= self._until or self._is_gone:
                    raise OutOfTime
                # A target that throttles, or refuses what a step rests on, ends only that step.
                with suppress(Interrupted, Throttled):
                    await life.take(step)
                if _is_lost(life):
                    break
            else:
                with suppress(Interrupted, Throttled):
                    await life.end()
        except Spent as error:
            raise OutOfTime from error
        finally:
            life.driver.finish()
        return self._checked(life)

    def _driver(self) -> Driver:
        return Driver(
            probe=f"life_{self.lived:04}",
            client=Client.of(self.profile.base_url, self.credentials),
            profile=self.profile,
            credentials=self.credentials,
            redactor=self._redactor,
            budget=self._budget,
        )

    def _checked(self, life: Life) -> Lived:
        exchanges = life.driver.exchanges()
        self._is_gone = _is_lost(life)
        facts = {**life.driver.facts, "gone": self._is_gone}
        record = Transcript(probe=life.driver.probe, ending=Ending.COMPLETE, exchanges=exchanges, facts=facts)
        verdicts = self._verdicts({record.probe: record})
        return Lived(steps=tuple(life.steps), transcript=record, verdicts=verdicts)

    def _keep(self, lived: Lived) -> None:
        """Keep the record of a life that decides a requirement first, or worse than those before."""
        severity = {row: _SEVERITY.index(each.outcome) for row, each in lived.verdicts.items()}
        worse = {row: each for row, each in severity.items() if each > self._worst.get(row, -1)}
        if worse:
            self._kept[lived.transcript.probe] = lived.transcript
            self._worst |= worse


def _is_lost(life: Life) -> bool:
    """Whether the target stopped accepting connections during a life."""
    last = life.driver.exchanges()[-GONE_AFTER:]
    return len(last) == GONE_AFTER and all(each.closed is Closed.REFUSED for each in last)
