"""Evaluate the clauses of all checks on a run: where each held, was violated or was left open."""

import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sigmic_conformance.checks import Check, Clause
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.observation.seen import Seen, every
from sigmic_conformance.model.observation.situation import situation_of
from sigmic_conformance.model.record.finding import Finding, left_open
from sigmic_conformance.model.record.never_answered import never_answered
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import Unproven, Verdict
from sigmic_conformance.registry import REGISTRY
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange
from sigmic_spec.situations import Situation

NOT_STARTED = {
    Ending.INAPPLICABLE: Unproven.PRECONDITION,
    Ending.GONE: Unproven.TARGET_GONE,
    Ending.UNAVAILABLE: Unproven.PRECONDITION,
    Ending.THROTTLED: Unproven.TARGET_THROTTLED,
    Ending.BUDGET: Unproven.BUDGET,
}
"""The ends of a probe that show nothing, and why its rows are then unproven."""
CUT_OFF = "the connection broke before any answer, and the request may have been acted on"
UNANSWERED = "no request was answered"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseFinding:
    """The finding of a clause at one exchange; no situation for a clause of the run."""

    clause: Clause
    finding: Finding
    exchange: Exchange
    situation: Situation = ()

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
        if not self.clause.on:
            return finding.expected or finding.basis or rule
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
    """By probe, the first exchange at which a clause held."""
    notes: list[ClauseFinding] = field(default_factory=list)
    """What is information where it held."""
    breaches: list[ClauseFinding] = field(default_factory=list)
    left_open: list[tuple[Exchange | None, Finding]] = field(default_factory=list)
    """Where nothing was decided, and why."""
    situations: Counter[Situation] = field(default_factory=Counter)
    fault: str = ""
    """The trace of a clause that raised an exception."""

    @property
    def spoke(self) -> bool:
        """Whether any clause applied."""
        return bool(self.held or self.notes or self.breaches or self.left_open or self.fault)

    def add(
        self,
        clause: Clause,
        finding: Finding,
        exchange: Exchange | None,
        situation: Situation = (),
        *,
        proves: bool = True,
    ) -> None:
        """Add a finding of a clause at an exchange; only one that is left open may have none.

        Of a clause that cannot prove the statement (`proves`) it does not show that the statement holds.
        """
        if finding.held is None or exchange is None:
            self.left_open.append((exchange, finding))
            return
        found = ClauseFinding(clause=clause, finding=finding, exchange=exchange, situation=situation)
        if not finding.held:
            self.breaches.append(found)
        elif finding.binds:
            self.held += 1
            self.places.add((exchange.probe, exchange.number))
            if proves:
                self.shown.setdefault(exchange.probe, found)
        else:
            self.notes.append(found)


class Evaluation:
    """The results of the clauses on a run: those of a check are evaluated when first needed.

    In a merged run, an observation knows only what its own shard has seen.
    """

    def __init__(self, record: Record, checks: Mapping[str, Check]) -> None:
        self._record = record
        self._checks = checks
        self._of: dict[frozenset[str], list[_Observation]] = {}
        self._results: dict[Check, ClauseResults] = {}

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The model of each shard."""
        return tuple(map(Model, self._record.by_shard()))

    @cached_property
    def _seen(self) -> "list[_Observation]":
        return [_Observation(seen) for model in self.models for seen in every(model)]

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
        """The results of the check of a requirement."""
        check = self._checks.get(row)
        return ClauseResults() if check is None else self.of(check)

    def of(self, check: Check) -> ClauseResults:
        """The results of the clauses of a check."""
        if check not in self._results:
            self._results[check] = self._evaluated(check)
        return self._results[check]

    def _evaluated(self, check: Check) -> ClauseResults:
        results = ClauseResults()
        clauses: dict[str, list[Clause]] = {}
        for clause in check.clauses:
            if not clause.on and self._may_read_run(check):
                _evaluate_run(clause, self._record, results)
            for operation in clause.on:
                clauses.setdefault(operation, []).append(clause)
        for each in self._observed(frozenset(clauses)) if clauses else ():
            for clause in clauses[each.seen.operation]:
                _evaluate(clause, each, results, proves=not check.is_of_the_run)
        return results

    def _may_read_run(self, check: Check) -> bool:
        """Whether the probes of a check started; a check of any traffic reads all that was recorded."""
        there = check.needs if all(name in self._record.probes for name in check.needs) else ()
        started = (self._record.transcript(name).ending not in NOT_STARTED for name in there)
        return check.anywhere or (bool(there) and all(started))

    def _observed(self, operations: frozenset[str]) -> list["_Observation"]:
        """The observations of some operations that can be checked, in the order of time."""
        found = self._of.get(operations)
        if found is None:
            found = self._of[operations] = [
                each
                for each in self._seen
                if each.seen.operation in operations and not _is_half_shown(each.seen.exchange)
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


def _is_half_shown(exchange: Exchange) -> bool:
    """True for a refusal whose body the network cut: its code may have been right."""
    return exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}


def _evaluate(clause: Clause, observed: _Observation, results: ClauseResults, *, proves: bool) -> None:
    """Evaluate one clause on one observation. Never raises: an exception in the clause is noted."""
    try:
        findings = list(clause.function(observed.seen))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        results.fault = traceback.format_exc()
        return
    exchange = observed.seen.exchange
    if exchange.status is None:  # a request that is never answered proves nothing
        findings = [each for each in findings if each.held is False]
    if any(finding.held is not None for finding in findings):
        results.situations[observed.where] += 1
    for finding in findings:
        results.add(clause, finding, exchange, observed.where, proves=proves)


def _evaluate_run(clause: Clause, record: Record, results: ClauseResults) -> None:
    """Evaluate a clause of the run. Never raises: an exception in the clause is noted.

    It holds as a whole: if it leaves anything open, or lacks a step that it needs, only violations count.
    """
    findings: list[Finding] = []
    try:
        for finding in clause.function(record):
            findings.append(finding)  # noqa: PERF402  what came before the exception counts
    except NotRecorded as cause:
        findings.append(left_open(cause.reason, "", str(cause)))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        results.fault = traceback.format_exc()
        return
    is_open = any(finding.held is None for finding in findings)
    for finding in findings:
        if not (is_open and finding.held):
            results.add(clause, _unless_unanswered(finding, record), finding.exchange)


def _unless_unanswered(finding: Finding, record: Record) -> Finding:
    """A finding; open if its request got no answer: it shows nothing, or a network may have lost it."""
    exchange = finding.exchange
    if exchange is None:
        return finding
    if finding.held and exchange.is_unanswered:
        reason, why = Unproven.ZERO_OBSERVATIONS, UNANSWERED
    elif finding.held is False and finding.binds and exchange.cut_off and not _is_lost(exchange, record):
        reason, why = Unproven.PRECONDITION, CUT_OFF
    else:
        return finding
    return replace(finding, held=None, reason=reason, observed=f"{exchange.label}: {why}")


def _is_lost(exchange: Exchange, record: Record) -> bool:
    """Whether no attempt of a request was answered while others were: no network does that."""
    lost = record.derived(never_answered)
    return any(each is exchange for attempts in lost for each in attempts)


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
