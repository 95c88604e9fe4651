"""Decide the verdict of a check from the record of a run.

Violated anywhere in the run: failed. Satisfied in the traffic of the requirement's probes: passed. Otherwise
the verdict depends on how those probes ended. Premises and evidence then decide which targets fail.
"""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.grading import graded
from sigmic_conformance.conformance.judging.never_answered import never_answered
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import NotRecorded, Record
from sigmic_conformance.conformance.judging.verdict import (
    ABSENT,
    Outcome,
    Unproven,
    Verdict,
    bind,
    blocked,
    errored,
    failed,
    inapplicable,
    inconclusive,
    info,
    passed,
)
from sigmic_conformance.conformance.model.cells.counting import Reached, reached
from sigmic_conformance.conformance.model.request_forms import forms_refused, is_about
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.results.cell_counts import CellCounts
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.conformance.run.capabilities import absence
from sigmic_conformance.conformance.run.evaluation import Breach, ClauseResults, evaluated
from sigmic_conformance.conformance.transcript.transcript import Ending, Exchange, Transcript
from sigmic_conformance.spec.ledger import Kind, Requirement
from sigmic_conformance.spec.situations import Situation

_NOT_STARTED = {
    Ending.INAPPLICABLE: Unproven.PRECONDITION,
    Ending.GONE: Unproven.TARGET_GONE,
    Ending.UNAVAILABLE: Unproven.PRECONDITION,
    Ending.THROTTLED: Unproven.TARGET_THROTTLED,
    Ending.BUDGET: Unproven.BUDGET,
}
"""The ends of a probe that show nothing, and why its rows are then unproven."""
_STOPPED = {Ending.HELD_BACK: Unproven.STREAM_HELD_BACK, Ending.MISSED: Unproven.STIMULUS_NOT_REACHED}
"""The ends of a probe that show only its first part."""
_NOTHING_SEEN = {None, Unproven.PRECONDITION, Unproven.ZERO_OBSERVATIONS, Unproven.STIMULUS_NOT_REACHED}
SHOWN = 3
CUT_OFF = "the connection broke before any answer, and the request may have been acted on"
REFUSED_FORM = "the target refuses this form of request everywhere"
UNANSWERED = "no request was answered"


def adjudicate(check: Check, requirement: Requirement, record: Record, *, strict: bool = False) -> Verdict:
    """Check one requirement on everything that was recorded.

    Never raises: an exception in the check gives the verdict `errored`.
    """

    def without(premises: frozenset[Premise]) -> Verdict:
        return _Case(check, requirement, record.lacking(premises), record).verdict

    verdict = _Case(check, requirement, record, record).verdict
    verdict = graded(verdict, without, evidence=requirement.evidence, used=record.premises)
    verdict = bind(
        verdict,
        evidence=requirement.evidence,
        level=requirement.level,
        reference=record.profile.reference,
    )
    if verdict.outcome.is_violation and (strict or requirement.is_newer):
        verdict = replace(verdict, outcome=Outcome.INFO if requirement.is_newer else Outcome.FAILED)
    return verdict


@dataclass(frozen=True)
class _Case:
    """One check on one record.

    `record` may lack premises that `full` has. It may then also lack an excuse, so only a violation in both
    counts.
    """

    check: Check
    requirement: Requirement
    record: Record
    full: Record

    @property
    def verdict(self) -> Verdict:
        """The first verdict that applies. Capabilities that the profile does not promise are not required."""
        verdict = next(self._verdicts())
        if not self._unpromised or not (verdict.outcome is Outcome.PASSED or verdict.outcome.is_violation):
            return verdict
        told = f"{self._unpromised} is there, although the profile says otherwise"
        return info(
            f"{told}; {verdict.outcome}: {verdict.observed}", *verdict.evidence, reason=verdict.reason
        )

    def _verdicts(self) -> Iterator[Verdict]:
        """The rule, read from top to bottom: each verdict whose condition is true."""
        if probe := self._ended(Ending.ERRORED):
            yield errored(f"the probe {probe.probe} broke: {probe.detail}")
        if missing := self.record.profile.lacks(self.check.capabilities):
            yield inapplicable(f"the profile says that the target is without {', '.join(missing)}")
        found = self._found
        if found.outcome in {Outcome.FAILED, Outcome.ERRORED}:
            yield found
        if self._clauses.fault:
            yield errored(f"the check of {self.check.id} raised an exception: {self._clauses.fault}")
        if breaches := self._breaches:
            yield _violated(breaches)
        if not found.outcome.is_undecided:
            yield found
        yield from self._open(found)

    def _open(self, found: Verdict) -> Iterator[Verdict]:
        """The verdicts if the row was neither violated nor satisfied; `found` states why not."""
        if (probe := self._ended(Ending.INAPPLICABLE)) and found.reason != Unproven.TIMING_NOISE:
            yield inapplicable(probe.detail)
        if probe := self._ended(Ending.GONE):
            yield inconclusive(Unproven.TARGET_GONE, probe.detail)
        if self._unpromised:
            yield inapplicable(f"the profile says that the target is without {self._unpromised}")
        yield from self._absent()
        if self._not_started:
            yield found
        for ending, reason in _STOPPED.items():
            if found.reason in _NOTHING_SEEN and self._ended(ending):
                yield inconclusive(reason, found.observed, *found.evidence)
        yield found

    def _absent(self) -> Iterator[Verdict]:
        """Failed for each promised capability if every request for it was refused."""
        for capability in sorted(self.check.capabilities - self.record.profile.without):
            if asked := absence(self._transcripts, capability):
                cited = [cite(exchange) for exchange in asked[:SHOWN]]
                observed = f"none of {len(asked)} requests that use it was accepted: {cited[0].note}"
                expected = f"{capability}, which the profile does not list under `without`"
                yield failed(ABSENT, *cited, expected=expected, observed=observed)

    @cached_property
    def _found(self) -> Verdict:
        """The result of the check: of its function, or of its clauses in the traffic of the probes."""
        if probe := self._not_started:
            return inconclusive(_NOT_STARTED[probe.ending], f"{probe.probe}: {probe.detail}")
        function = self.check.function
        return next(self._of_clauses() if function is None else self._of_function(function))

    def _of_clauses(self) -> Iterator[Verdict]:
        results, needs = self._clauses, self.check.needs
        shown = [each for probe, each in results.shown.items() if self.check.anywhere or probe in needs]
        if shown:
            more = f" (and {results.held - 1} more)" if results.held > 1 else ""
            cited = [cite(*each) for each in shown[:SHOWN]]
            yield passed(shown[0][1] + more, *cited)
        for exchange, finding in results.left_open:
            if self.check.anywhere or exchange.probe in needs:
                yield inconclusive(Unproven(finding.reason or ""), finding.shown, cite(exchange))
        for each in self._transcripts:
            if each.ending is not Ending.COMPLETE:
                yield blocked(f"{each.probe}: the probe ended early ({each.ending}): {each.detail}")
        yield inconclusive(Unproven.ZERO_OBSERVATIONS, self._answers)

    @property
    def _answers(self) -> str:
        """The answers to the requests: none showed what the row needs."""
        answers = Counter(
            f"{each.status or 'nothing'} {each.code or ''}".rstrip()
            for transcript in self._transcripts
            for each in transcript.exchanges
            if each.operation in self.requirement.operations
        )
        told = ", ".join(f"{answer} ({count})" for answer, count in answers.most_common(SHOWN + 1))
        return f"no request of {', '.join(self.check.needs)} could show it; answers: {told or 'none'}"

    def _of_function(self, function: Callable[[Record], Verdict]) -> Iterator[Verdict]:
        """The result of the function of the record, unless its evidence shows nothing."""
        found = self._called(function)
        for outcome, condition, reason, words in (
            (Outcome.FAILED, self._may_be_chance, Unproven.PRECONDITION, CUT_OFF),
            (Outcome.FAILED, self._has_refused_form, Unproven.PRECONDITION, REFUSED_FORM),
            (Outcome.PASSED, lambda each: each.is_unanswered, Unproven.ZERO_OBSERVATIONS, UNANSWERED),
        ):
            if found.outcome is outcome and self._cites_only(found, condition):
                yield inconclusive(reason, f"{found.evidence[0].label}: {words}", *found.evidence)
        yield found

    def _called(self, function: Callable[[Record], Verdict]) -> Verdict:
        try:
            return function(self.record)
        except NotRecorded as cause:
            return inconclusive(cause.reason, str(cause)) if cause.reason else blocked(str(cause))
        except Exception:  # noqa: BLE001  reported as the harness's own fault
            return errored(f"the check {self.check.id} crashed: {traceback.format_exc()}")

    def _cites_only(self, verdict: Verdict, condition: Callable[[Exchange], bool]) -> bool:
        """Whether the evidence consists only of exchanges of this kind."""
        cited = [self.record.cited(each) for each in verdict.evidence]
        return bool(cited) and all(each is not None and condition(each) for each in cited)

    def _may_be_chance(self, exchange: Exchange) -> bool:
        """Whether a network may have lost the answer: other attempts were answered, or there were few."""
        lost = chain.from_iterable(self.record.derived(never_answered))
        return exchange.cut_off and all(each is not exchange for each in lost)

    def _has_refused_form(self, exchange: Exchange) -> bool:
        refused = self.record.derived(evaluated).refused_forms
        return not is_about(self.check.id, forms_refused(exchange, refused))

    @cached_property
    def _clauses(self) -> ClauseResults:
        return self.record.derived(evaluated).row(self.check.id)

    @property
    def _breaches(self) -> list[Breach]:
        places = {each.place for each in self.full.derived(evaluated).row(self.check.id).breaches}
        return [each for each in self._clauses.breaches if each.place in places]

    @cached_property
    def _transcripts(self) -> list[Transcript]:
        return [self.record.transcript(name) for name in self.check.needs]

    def _ended(self, *endings: Ending) -> Transcript | None:
        """The first of the required probes that ended like this."""
        return next((each for each in self._transcripts if each.ending in endings), None)

    @property
    def _not_started(self) -> Transcript | None:
        """The first required probe that shows nothing; a check of any traffic uses all that was recorded."""
        return None if self.check.anywhere else self._ended(*_NOT_STARTED)

    @property
    def _unpromised(self) -> str:
        """The capabilities that the profile denies, unless the requirement is about safety."""
        denied = self.check.capabilities & self.record.profile.without
        return "" if self.requirement.kind is Kind.SAFETY else ", ".join(sorted(denied))


def _violated(breaches: Sequence[Breach]) -> Verdict:
    """Failed: the text of the first violation, and where the first few were seen."""
    first = breaches[0]
    more = f" (and {len(breaches) - 1} more)" if len(breaches) > 1 else ""
    cited = [cite(each.exchange, each.story, offset=each.finding.offset) for each in breaches[:SHOWN]]
    return failed(first.reason, *cited, observed=first.story + more)


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


def cells_of(everything: Record, verdicts: Mapping[str, Verdict]) -> CellCounts:
    """How often the run reached each covered cell, and in which none of its requirements was tested.

    A requirement is tested in the traffic of a probe if a clause applied there or the verdict cites it.
    """
    evaluation = everything.derived(evaluated)
    tested: dict[str, set[str]] = {}
    for row, verdict in verdicts.items():
        spoke = evaluation.row(row)
        tested[row] = {cited.probe for cited in verdict.evidence} | spoke.shown.keys()
        tested[row] |= {each.exchange.probe for each in spoke.breaches}
    return CellCounts.of(everything.derived(_cells_reached), tested)


def _cells_reached(everything: Record) -> Reached:
    return reached(*everything.derived(evaluated).models)
