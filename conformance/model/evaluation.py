"""All invariants at all observations of a run: which held how often, in which situations, and which broke."""

import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.model.invariant import Invariant, Invariants, load
from sigmic_conformance.conformance.model.model import Model
from sigmic_conformance.conformance.model.request_forms import Refusals, is_refused_form, refused_forms
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
    def place(self) -> tuple[str, str, int]:
        """Which invariant broke at which exchange."""
        return self.invariant.name, self.exchange.probe, self.exchange.number

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

    @property
    def spoke(self) -> bool:
        """Whether there was anything to say."""
        return bool(self.situations or self.fault)


class Evaluation:
    """What the invariants say of a run: a row's are asked when somebody first asks for the row.

    What is known at an observation of a merged run is what its shard has seen.
    """

    def __init__(self, record: Record, invariants: Invariants) -> None:
        self._invariants = invariants
        self._seen = [_Observation(seen) for each in record.by_shard() for seen in every(Model(each))]
        self._of: dict[frozenset[str], list[_Observation]] = {}
        self._rows: dict[str, Judged | None] = {}

    @property
    def observations(self) -> int:
        """How many observations there are."""
        return len(self._seen)

    @cached_property
    def situations(self) -> Mapping[tuple[str, int], Situation]:
        """The situation of each observation, by probe and number of its exchange."""
        exchanges = ((each.seen.exchange, each.where) for each in self._seen)
        return {(exchange.probe, exchange.number): where for exchange, where in exchanges}

    @cached_property
    def rows(self) -> Mapping[str, Judged]:
        """Every row of which an invariant spoke."""
        return {row: said for row in sorted(self._invariants.rows) if (said := self.row(row)) is not None}

    @property
    def held(self) -> int:
        """How often an invariant held."""
        return sum(each.held for each in self.rows.values())

    def row(self, row: str) -> Judged | None:
        """What the invariants of a row say; None when none of them spoke."""
        if row not in self._rows:
            self._rows[row] = self._asked(row)
        return self._rows[row]

    @cached_property
    def refused_forms(self) -> Refusals:
        """The forms of a request that the target refuses wherever they occur."""
        return refused_forms(each.seen for each in self._seen)

    def _asked(self, row: str) -> Judged | None:
        mine = self._invariants.of(row)
        judged = Judged()
        for each in self._observed(frozenset[str]().union(*(invariant.on for invariant in mine))):
            if is_refused_form(each.seen.exchange, row, self.refused_forms):
                continue
            for invariant in mine:
                if each.seen.operation in invariant.on:
                    _ask(invariant, each, judged)
        return judged if judged.spoke else None

    def _observed(self, operations: frozenset[str]) -> list["_Observation"]:
        """The observations of some operations that can be judged, in the order of time."""
        found = self._of.get(operations)
        if found is None:
            found = self._of[operations] = [
                each
                for each in self._seen
                if each.seen.operation in operations and not _is_half_told(each.seen.exchange)
            ]
        return found


class _Observation:
    """One observation, and its situation as soon as somebody wants to know it."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    @cached_property
    def where(self) -> Situation:
        """The situation."""
        return situation_of(self.seen)


def evaluated(record: Record) -> Evaluation:
    """What all invariants of the package say of a run."""
    return evaluate(record, load())


def evaluate(record: Record, invariants: Invariants) -> Evaluation:
    """Hold invariants against every observation. Never raises: a fault of one is noted at its row."""
    return Evaluation(record, invariants)


def _is_half_told(exchange: Exchange) -> bool:
    """True for a refusal whose body the network cut: its code may have been right."""
    return exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}


def _ask(invariant: Invariant, observed: _Observation, judged: Judged) -> None:
    try:
        findings = list(invariant.function(observed.seen))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        judged.fault = traceback.format_exc()
        return
    if not findings:
        return
    exchange = observed.seen.exchange
    judged.situations[observed.where] += 1
    for finding in findings:
        if finding.held:
            judged.held += 1
            judged.shown = judged.shown or (exchange, finding.shown)
        else:
            judged.breaches.append(
                Breach(invariant=invariant, finding=finding, exchange=exchange, situation=observed.where)
            )
