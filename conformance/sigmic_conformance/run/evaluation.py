"""Evaluate the clauses of all checks on all observations of a run: where each held or was violated."""

import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Finding, Seen, every
from sigmic_conformance.model.observation.situation import situation_of
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.registry import REGISTRY, Check, Clause
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.wire.transcript import Closed, Exchange
from sigmic_spec.situations import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseFinding:
    """The finding of a clause at one observation."""

    clause: Clause
    finding: Finding
    exchange: Exchange
    situation: Situation

    @property
    def reason(self) -> str:
        """The reason code of a violation."""
        return self.finding.reason or self.clause.reason

    @property
    def place(self) -> tuple[str, str, int]:
        """Which clause was evaluated at which exchange."""
        return self.clause.name, self.exchange.probe, self.exchange.number

    def expected(self, statement: str) -> str:
        """What was expected here, and the fact that this rests on; `statement` is that of the requirement."""
        finding, rule = self.finding, self.clause.rule or statement
        if finding.expected:
            return f"{finding.expected} ({finding.basis})" if finding.basis else finding.expected
        return f"{rule} Here: {finding.basis}" if finding.basis else rule


@dataclass(slots=True)
class ClauseResults:
    """The results of the clauses of one check. `situations` counts the observations by situation."""

    held: int = 0
    places: set[tuple[str, int]] = field(default_factory=set)
    """The exchanges at which a clause held, by probe and number."""
    shown: dict[str, ClauseFinding] = field(default_factory=dict)
    """By probe, the first observation at which a clause held."""
    breaches: list[ClauseFinding] = field(default_factory=list)
    left_open: list[tuple[Exchange, Finding]] = field(default_factory=list)
    """Where an observation decided nothing, and why."""
    situations: Counter[Situation] = field(default_factory=Counter)
    fault: str = ""
    """The trace of a clause that raised an exception."""

    @property
    def spoke(self) -> bool:
        """Whether any clause applied."""
        return bool(self.situations or self.fault or self.left_open)


class Evaluation:
    """The results of the clauses on a run: those of a check are evaluated when first needed.

    In a merged run, an observation knows only what its own shard has seen.
    """

    def __init__(self, record: Record, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self.models = tuple(map(Model, record.by_shard()))
        self._seen = [_Observation(seen) for model in self.models for seen in every(model)]
        self._of: dict[frozenset[str], list[_Observation]] = {}
        self._rows: dict[str, ClauseResults] = {}

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
    def rows(self) -> Mapping[str, ClauseResults]:
        """The results of every requirement with a clause that applied."""
        return {row: results for row in sorted(self._checks) if (results := self.row(row)).spoke}

    @property
    def held(self) -> int:
        """How often a clause held."""
        return sum(each.held for each in self.rows.values())

    def row(self, row: str) -> ClauseResults:
        """The results of the clauses of a check."""
        if row not in self._rows:
            self._rows[row] = self._evaluated(row)
        return self._rows[row]

    def _evaluated(self, row: str) -> ClauseResults:
        mine = self._checks[row].clauses if row in self._checks else ()
        results = ClauseResults()
        clauses: dict[str, list[Clause]] = {}
        for clause in mine:
            for operation in clause.on:
                clauses.setdefault(operation, []).append(clause)
        for each in self._observed(frozenset(clauses)):
            for clause in clauses[each.seen.operation]:
                _evaluate(clause, each, results)
        return results

    def _observed(self, operations: frozenset[str]) -> list["_Observation"]:
        """The observations of some operations that can be checked, in the order of time."""
        found = self._of.get(operations)
        if found is None:
            found = self._of[operations] = [
                each
                for each in self._seen
                if each.seen.operation in operations and not _is_half_told(each.seen.exchange)
            ]
        return found


class _Observation:
    """One observation, and its situation, computed at the first use."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    @cached_property
    def where(self) -> Situation:
        """The situation."""
        return situation_of(self.seen)


def evaluated(record: Record) -> Evaluation:
    """Evaluate all checks of the package on a run."""
    return Evaluation(record, REGISTRY.checks)


def _is_half_told(exchange: Exchange) -> bool:
    """True for a refusal whose body the network cut: its code may have been right."""
    return exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}


def _evaluate(clause: Clause, observed: _Observation, results: ClauseResults) -> None:
    """Evaluate one clause on one observation. Never raises: an exception in the clause is noted."""
    try:
        findings = list(clause.function(observed.seen))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        results.fault = traceback.format_exc()
        return
    exchange = observed.seen.exchange
    if exchange.status is None:  # a request that is never answered proves nothing
        findings = [each for each in findings if each.held is False]
    if not findings:
        return
    if any(finding.held is not None for finding in findings):
        results.situations[observed.where] += 1
    for finding in findings:
        if finding.held is None:
            results.left_open.append((exchange, finding))
            continue
        found = ClauseFinding(clause=clause, finding=finding, exchange=exchange, situation=observed.where)
        if finding.held:
            results.held += 1
            results.places.add((exchange.probe, exchange.number))
            results.shown.setdefault(exchange.probe, found)
        else:
            results.breaches.append(found)


def situations_of(everything: Record, verdicts: Mapping[str, Verdict]) -> SituationCounts:
    """The situations in which each requirement was checked: of its clauses, and of its evidence."""
    evaluation = everything.derived(evaluated)
    rows: dict[str, Counter[Situation]] = {}
    for row, verdict in verdicts.items():
        counts = Counter(evaluation.row(row).situations)
        for cited in verdict.evidence:
            situation = evaluation.situations.get((cited.probe, cited.exchange))
            if situation and situation not in counts:
                counts[situation] += 1
        counts.pop((), None)
        if counts:
            rows[row] = counts
    return SituationCounts(rows)
