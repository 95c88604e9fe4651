"""All invariants at all observations of a run: which held how often, in which situations, and which broke."""

import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.model.invariant import Invariant, Invariants, load
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.conformance.model.seen import Finding, Seen, every
from sigmic_conformance.conformance.model.situation import Situation, situation_of
from sigmic_conformance.conformance.transcript.transcript import Closed, Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One observation at which an invariant broke."""

    invariant: Invariant
    finding: Finding
    exchange: Exchange
    situation: Situation

    @property
    def reason(self) -> str:
        """The reason code."""
        return self.finding.reason or self.invariant.reason

    @property
    def story(self) -> str:
        """What a reader is told: what was shown, what was known, and in which situation."""
        where = ", ".join(f"{name} {value.replace('_', ' ')}" for name, value in self.situation)
        return f"{self.finding.shown}; known: {self.finding.known}" + (f" ({where})" if where else "")


@dataclass(slots=True)
class Judged:
    """What the invariants of one row said. `situations` counts the observations by situation."""

    held: int = 0
    shown: tuple[Exchange, str] | None = None
    """The first observation at which one held, and what it showed."""
    breaches: list[Breach] = field(default_factory=list)
    situations: Counter[Situation] = field(default_factory=Counter)
    fault: str = ""
    """The trace of an invariant that broke down itself."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all invariants said of a run."""

    rows: Mapping[str, Judged]
    observations: int
    situations: Mapping[tuple[str, int], Situation]
    """The situation of each observation, by probe and number of its exchange."""

    @property
    def held(self) -> int:
        """How often an invariant held."""
        return sum(each.held for each in self.rows.values())


def evaluated(record: Record) -> Evaluation:
    """What all invariants of the package say of a run."""
    return evaluate(record, load())


def evaluate(record: Record, invariants: Invariants) -> Evaluation:
    """Hold every invariant against every observation. Never raises: a fault of one is noted at its row.

    What is known at an observation of a merged run is what its shard has seen.
    """
    rows: dict[str, Judged] = {}
    situations: dict[tuple[str, int], Situation] = {}
    for seen in chain.from_iterable(every(Model(each)) for each in record.by_shard()):
        where = situation_of(seen)
        situations[seen.exchange.probe, seen.exchange.number] = where
        if _is_half_told(seen.exchange):
            continue
        for invariant in invariants.on(seen.operation):
            _ask(invariant, seen, where, rows)
    return Evaluation(rows, len(situations), situations)


def _is_half_told(exchange: Exchange) -> bool:
    """True for a refusal whose body the network cut: its code may have been right."""
    return exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}


def _ask(invariant: Invariant, seen: Seen, where: Situation, rows: dict[str, Judged]) -> None:
    try:
        findings = list(invariant.function(seen))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        rows.setdefault(invariant.row, Judged()).fault = traceback.format_exc()
        return
    if not findings:
        return
    judged = rows.setdefault(invariant.row, Judged())
    judged.situations[where] += 1
    for finding in findings:
        if finding.held:
            judged.held += 1
            judged.shown = judged.shown or (seen.exchange, finding.shown)
        else:
            judged.breaches.append(
                Breach(invariant=invariant, finding=finding, exchange=seen.exchange, situation=where)
            )
