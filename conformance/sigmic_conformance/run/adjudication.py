"""Decide the verdict of a check from the record of a run.

Violated anywhere in the run: failed. Satisfied in the traffic of the requirement's probes: passed. Otherwise
the verdict depends on how those probes ended. Premises and evidence then decide which targets fail (`bind`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.evidence import cite
from sigmic_conformance.model.record.premises import Grade, Premise, by_strength, weaker_than, weakest
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import (
    ABSENT,
    Citation,
    Outcome,
    Unproven,
    Verdict,
    blocked,
    errored,
    failed,
    inapplicable,
    inconclusive,
    info,
    passed,
    warned,
)
from sigmic_conformance.run.capabilities import absence
from sigmic_conformance.run.evaluation import NOT_STARTED, ClauseFinding, ClauseResults, evaluated
from sigmic_conformance.wire.transcript import Ending, Exchange, Transcript
from sigmic_spec.requirement import Evidence, Kind, Level, Requirement
from sigmic_spec.situations import Situations

_STOPPED = {Ending.HELD_BACK: Unproven.STREAM_HELD_BACK, Ending.MISSED: Unproven.STIMULUS_NOT_REACHED}
"""The ends of a probe that show only its first part."""
_NOTHING_SEEN = {None, Unproven.PRECONDITION, Unproven.ZERO_OBSERVATIONS, Unproven.STIMULUS_NOT_REACHED}
SHOWN = 3


def adjudicate(check: Check, requirement: Requirement, record: Record, *, strict: bool = False) -> Verdict:
    """Check one requirement on everything that was recorded.

    Never raises: an exception in the check gives the verdict `errored`.
    """

    def lacking(premises: frozenset[Premise]) -> Verdict:
        return _Case(check, requirement, record.lacking(premises), record).verdict

    verdict = _Case(check, requirement, record, record).verdict
    verdict = graded(verdict, lacking, evidence=requirement.evidence, used=record.premises)
    verdict = bind(
        verdict,
        evidence=requirement.evidence,
        level=requirement.level,
        reference=record.profile.reference,
    )
    if verdict.outcome.is_violation and (strict or requirement.is_newer):
        verdict = replace(verdict, outcome=Outcome.INFO if requirement.is_newer else Outcome.FAILED)
    return verdict if verdict.expected else replace(verdict, expected=requirement.statement)


def graded(
    verdict: Verdict,
    lacking: Callable[[frozenset[Premise]], Verdict],
    *,
    evidence: Evidence,
    used: Iterable[Premise],
) -> Verdict:
    """The violation with its strongest evidence and the premises it depends on; other verdicts unchanged.

    `lacking` checks again without some premises; `used` are the premises that any conclusion depended on.
    `evidence` is the row's own: a premise with the same or stronger evidence changes nothing.
    """
    weak = weaker_than(evidence, used)
    if not verdict.outcome.is_violation or not weak:
        return verdict
    for grade in by_strength({evidence, *(each.evidence for each in weak)}):
        weaker = weaker_than(grade, weak)
        found = lacking(weaker)
        if found.outcome is verdict.outcome:
            mine = [each for each in weak if each.evidence is grade]
            needed = [each for each in mine if lacking(weaker | {each}).outcome is not verdict.outcome]
            return replace(found, premises=tuple(sorted(needed or mine, key=lambda each: each.name)))
    return verdict


def bind(verdict: Verdict, *, evidence: Evidence, level: Level, reference: bool) -> Verdict:
    """Turn the result of a check into the verdict on this target.

    Documented and inherited musts fail. A should, and what is only an example or our inference, warns. An
    observation has the evidence of its weakest premise, if that is weaker than the row's own. A premise that
    no page states fails only the reference platform (`reference`), which was built that way; for any other
    target the observation is information.
    """
    if not verdict.outcome.is_violation:
        return verdict
    grade: Grade = evidence
    if verdict.premises:
        grade = weakest(evidence, *(each.evidence for each in verdict.premises))
        verdict = replace(verdict, expected=_assuming(verdict))
    if grade is None:
        return verdict if reference else replace(verdict, outcome=Outcome.INFO)
    if level is Level.MAY:
        return replace(verdict, outcome=Outcome.INFO)
    if level is Level.SHOULD or grade not in {Evidence.DOCUMENTED, Evidence.INHERITED}:
        return replace(verdict, outcome=Outcome.WARNED)
    return verdict


def _assuming(verdict: Verdict) -> str:
    """What was expected, and what this assumes beyond the documentation."""
    assumed = f"Assumed: {' and '.join(each.text for each in verdict.premises)}."
    return f"{verdict.expected.rstrip('.')}. {assumed}" if verdict.expected else assumed


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
        """The first of these that applies. A capability that the profile does not promise is not required."""
        found = self._impossible or self._violation or self._satisfaction or self._open
        is_decided = found.outcome is Outcome.PASSED or found.outcome.is_violation
        if not (self._unpromised and is_decided):
            return found
        told = f"{self._unpromised} is there, although the profile says otherwise"
        return info(f"{told}; {found.outcome}: {found.observed}", *found.evidence, reason=found.reason)

    @property
    def _impossible(self) -> Verdict | None:
        """A probe that broke proves nothing, and a target without the capability is not asked for it."""
        if probe := self._ended(Ending.ERRORED):
            return errored(f"the probe {probe.probe} broke: {probe.detail}")
        missing = ", ".join(self.record.profile.lacks(self.check.capabilities))
        return inapplicable(f"the profile says that the target is without {missing}") if missing else None

    @property
    def _violation(self) -> Verdict | None:
        """Violated anywhere in the run; or the check itself broke."""
        if self._clauses.fault:
            return errored(f"the check of {self.check.id} raised an exception: {self._clauses.fault}")
        return self._violated(self._breaches) if self._breaches else None

    @property
    def _satisfaction(self) -> Verdict | None:
        """Satisfied in the traffic of its probes."""
        return None if self._found.outcome.is_undecided else self._found

    @property
    def _open(self) -> Verdict:
        """Neither violated nor satisfied: how the probes ended, or what their traffic lacked."""
        return self._not_asked or self._absent or self._stopped or self._found

    @property
    def _not_asked(self) -> Verdict | None:
        """The target was not asked, or could not answer."""
        probe = self._ended(Ending.INAPPLICABLE)
        if probe and self._found.reason != Unproven.TIMING_NOISE:
            return inapplicable(probe.detail)
        if probe := self._ended(Ending.GONE):
            return inconclusive(Unproven.TARGET_GONE, probe.detail)
        without = f"the profile says that the target is without {self._unpromised}"
        return inapplicable(without) if self._unpromised else None

    @property
    def _absent(self) -> Verdict | None:
        """Failed for a promised capability if every request for it was refused."""
        for capability in sorted(self.check.capabilities - self.record.profile.without):
            if asked := absence(self._transcripts, capability):
                cited = [cite(exchange) for exchange in asked[:SHOWN]]
                observed = f"none of {len(asked)} requests that use it was accepted: {cited[0].note}"
                expected = f"{capability}, which the profile does not list under `without`"
                return failed(ABSENT, *cited, expected=expected, observed=observed)
        return None

    @property
    def _stopped(self) -> Verdict | None:
        """A probe that started and stopped explains why nothing was seen."""
        found = self._found
        if self._not_started or found.reason not in _NOTHING_SEEN:
            return None
        reasons = [reason for ending, reason in _STOPPED.items() if self._ended(ending)]
        return inconclusive(reasons[0], found.observed, *found.evidence) if reasons else None

    @cached_property
    def _found(self) -> Verdict:
        """What the clauses found in the traffic of the probes, violations aside."""
        if probe := self._not_started:
            return inconclusive(NOT_STARTED[probe.ending], f"{probe.probe}: {probe.detail}")
        results = self._clauses
        if noted := [each for each in results.notes if self._counts(each.exchange)]:
            return self._of(noted, info(noted[0].finding.observed, *map(_cited, noted[:SHOWN])), others=0)
        if shown := [each for each in results.shown.values() if self._counts(each.exchange)]:
            verdict = passed(shown[0].finding.observed, *map(_cited, shown[:SHOWN]))
            return self._of(shown, verdict, others=len(results.places) - 1)
        for exchange, finding in results.left_open:
            if exchange is None or self._counts(exchange):
                evidence = () if exchange is None else (cite(exchange),)
                if finding.reason is None:
                    return blocked(finding.observed, *evidence)
                return inconclusive(Unproven(finding.reason), finding.observed, *evidence)
        for each in self._transcripts:
            if each.ending is not Ending.COMPLETE:
                return blocked(f"{each.probe}: the probe ended early ({each.ending}): {each.detail}")
        return inconclusive(Unproven.ZERO_OBSERVATIONS, self._answers)

    def _counts(self, exchange: Exchange) -> bool:
        """Whether an exchange can satisfy the requirement: it is of its probes, unless any traffic may."""
        return self.check.anywhere or exchange.probe in self.check.needs

    def _violated(self, breaches: Sequence[ClauseFinding]) -> Verdict:
        """Failed: the first violation, and where the first few were seen; or warned."""
        binding = [each for each in breaches if each.finding.binds]
        told = binding or breaches
        others = {(each.exchange.probe, each.exchange.number) for each in told}
        outcome = failed if binding else warned
        verdict = outcome(
            told[0].reason, *map(_cited, told[:SHOWN]), expected="", observed=told[0].finding.observed
        )
        return self._of(told, verdict, others=len(others) - 1)

    def _of(self, found: Sequence[ClauseFinding], verdict: Verdict, *, others: int) -> Verdict:
        """The verdict with what the first finding expected, its situation, and the other exchanges."""
        return replace(
            verdict,
            expected=found[0].expected(self.requirement.statement),
            situation=Situations.load().unusual(found[0].situation),
            others=others,
        )

    @property
    def _answers(self) -> str:
        """The answers to the requests of the row's operations: the requirement is about none of them."""
        answers = Counter(
            f"{each.status or 'nothing'} {each.code or ''}".rstrip()
            for transcript in self._transcripts
            for each in transcript.exchanges
            if each.operation in self.requirement.operations
        )
        told = ", ".join(f"{answer} ({count})" for answer, count in answers.most_common(SHOWN + 1))
        return (
            f"the requirement's situation did not occur in {', '.join(self.check.needs)}; "
            f"answers to {', '.join(self.requirement.operations)}: {told or 'none'}"
        )

    @cached_property
    def _clauses(self) -> ClauseResults:
        return self.record.derived(evaluated).of(self.check)

    @property
    def _breaches(self) -> list[ClauseFinding]:
        places = {each.place for each in self.full.derived(evaluated).of(self.check).breaches}
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
        return None if self.check.anywhere else self._ended(*NOT_STARTED)

    @property
    def _unpromised(self) -> str:
        """The capabilities that the profile denies, unless the requirement is about safety."""
        denied = self.check.capabilities & self.record.profile.without
        return "" if self.requirement.kind is Kind.SAFETY else ", ".join(sorted(denied))


def _cited(found: ClauseFinding) -> Citation:
    return cite(found.exchange, found.finding.observed, offset=found.finding.offset)
