"""Observations of one requirement: checks add observations and get the resulting verdict.

No observation gives `inconclusive(zero-observations)`, never a pass; one violation is enough to fail.
"""

from dataclasses import replace

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import (
    Citation,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.wire.transcript import Exchange

SHOWN = 3


class Observations:
    """Observations of one requirement. `reason` is the code of a violation, `expected` the rule in short."""

    def __init__(self, reason: str, expected: str) -> None:
        self._reason = reason
        self._expected = expected
        self._held: list[tuple[str, Citation]] = []
        self._broken: list[tuple[str, str, Citation]] = []
        self._places: set[tuple[str, int]] = set()

    def add(
        self,
        holds: bool,  # noqa: FBT001  the observation itself
        exchange: Exchange,
        observed: str,
        *,
        offset: int | None = None,
        reason: str | None = None,
    ) -> bool:
        """Add an observation: what was seen, where, and whether it satisfies the rule; returns `holds`."""
        if holds:
            self.holds(exchange, observed, offset=offset)
        else:
            self.broken(exchange, observed, offset=offset, reason=reason)
        return holds

    def holds(self, exchange: Exchange, observed: str, *, offset: int | None = None) -> None:
        """Add an observation that satisfies the rule."""
        if len(self._held) < SHOWN:
            self._held.append((observed, cite(exchange, observed, offset=offset)))
        self._places.add((exchange.probe, exchange.number))

    def broken(
        self, exchange: Exchange, observed: str, *, offset: int | None = None, reason: str | None = None
    ) -> None:
        """Add an observation that violates the rule; `reason` in place of the usual one."""
        self._broken.append((reason or self._reason, observed, cite(exchange, observed, offset=offset)))

    def verdict(self) -> Verdict:
        """The verdict from all observations."""
        if self._broken:
            reason, observed, _ = self._broken[0]
            others = len({(each.probe, each.exchange) for _, _, each in self._broken}) - 1
            citations = tuple(each for _, _, each in self._broken[:SHOWN])
            found = failed(reason, *citations, expected=self._expected, observed=observed)
            return replace(found, others=others)
        if not self._held:
            return inconclusive(
                Unproven.ZERO_OBSERVATIONS, f"nothing was seen that could show: {self._expected}"
            )
        found = passed(self._held[0][0], *(each for _, each in self._held), expected=self._expected)
        return replace(found, others=len(self._places) - 1)
