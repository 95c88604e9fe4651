"""Interpretations of contradictory documentation: a target may follow any admissible one.

`info` names the reading; `failed` means that there is none, or more than the requirement allows.
"""

from dataclasses import replace

from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.verdict import (
    Citation,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    info,
)
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

SHOWN = 3


class Reading:
    """Determines which reading a target follows; `readings` maps each name to its text."""

    def __init__(self, **readings: str) -> None:
        self._readings = readings
        self._seen: dict[str, list[Citation]] = {}
        self._none: list[tuple[str, Citation]] = []

    def add(
        self, reading: str | None, exchange: Exchange, observed: str, *, offset: int | None = None
    ) -> None:
        """Add an observation that follows this reading, or no reading."""
        citation = cite(exchange, observed, offset=offset)
        if reading is None:
            self._none.append((observed, citation))
        else:
            self._seen.setdefault(reading, []).append(citation)

    def verdict(self, *, alike: bool = True) -> Verdict:
        """Which reading the target follows; several, if the requirement does not ask for the same one."""
        expected = "one of: " + "; ".join(self._readings.values())
        if self._none:
            observed, citation = self._none[0]
            return failed("no-reading", citation, expected=expected, observed=observed)
        if alike and len(self._seen) > 1:
            citations = tuple(found[0] for found in self._seen.values())
            shown = (f"{self._readings[name]} ({found[0].note})" for name, found in self._seen.items())
            observed = ", and also ".join(shown)
            return failed("two-readings", *citations, expected=expected, observed=observed)
        told = []
        for name, found in self._seen.items():
            times = f" ({plural(len(found), 'time')})" if len(found) > 1 else ""
            told.append(f"{name}: {self._readings[name]}{times}")
        if told:
            cited = (each for found in self._seen.values() for each in found[:SHOWN])
            return replace(info("; ".join(told), *cited), expected=expected)
        return inconclusive(Unproven.ZERO_OBSERVATIONS, f"nothing was seen that tells: {expected}")
