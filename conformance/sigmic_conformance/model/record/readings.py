"""Interpretations of contradictory documentation: a target may follow any admissible one.

A note names the reading; a violation means that there is none, or more than the requirement allows.
"""

from itertools import chain, zip_longest

from sigmic_conformance.model.record.finding import Finding, Findings, breaks, notes
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural


class Reading:
    """Determines which reading a target follows; `readings` maps each name to its text."""

    def __init__(self, **readings: str) -> None:
        self._readings = readings
        self._known = "one of: " + "; ".join(readings.values())
        self._seen: dict[str, list[Finding]] = {}
        self._none: list[Finding] = []

    def add(self, reading: str | None, exchange: Exchange, shown: str, *, offset: int | None = None) -> None:
        """Add an observation that follows this reading, or no reading."""
        if reading is None:
            self._none.append(breaks(self._known, shown, exchange=exchange, reason="no-reading"))
        else:
            found = notes(self._known, shown, exchange=exchange, offset=offset)
            self._seen.setdefault(reading, []).append(found)

    def findings(self, *, alike: bool = True) -> Findings:
        """Which reading the target follows; several, if the requirement does not ask for the same one."""
        yield from self._none
        if self._none:
            return
        if alike and len(self._seen) > 1:
            first = {name: found[0] for name, found in self._seen.items()}
            shown = (f"{self._readings[name]} ({found.observed})" for name, found in first.items())
            both = ", and also ".join(shown)
            for found in first.values():
                yield breaks(self._known, both, exchange=found.exchange, reason="two-readings")
            return
        told = []
        for name, every in self._seen.items():
            times = f" ({plural(len(every), 'time')})" if len(every) > 1 else ""
            told.append(f"{name}: {self._readings[name]}{times}")
        for each in filter(None, chain.from_iterable(zip_longest(*self._seen.values()))):
            yield notes(self._known, "; ".join(told), exchange=each.exchange, offset=each.offset)
