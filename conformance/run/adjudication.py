"""The one rule: from a check and the record of a run to a verdict.

Violated anywhere in the run: failed. Satisfied in the traffic of the requirement's probes: passed. Otherwise
the verdict says what that leaves open, or how those probes ended. Premises and evidence then decide whom a
violation binds.
"""

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sigmic_conformance.conformance.judging.evidence import cite
from sigmic_conformance.conformance.judging.grading import graded
from sigmic_conformance.conformance.judging.premises import Premise
from sigmic_conformance.conformance.judging.record import HeldBack, NotReached, NotRecorded, Record
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
from sigmic_conformance.conformance.model.request_forms import is_refused_form
from sigmic_conformance.conformance.registry import Check
from sigmic_conformance.conformance.results.cell_counts import CellCounts
from sigmic_conformance.conformance.results.situation_counts import Situation, SituationCounts
from sigmic_conformance.conformance.run.capabilities import absence
from sigmic_conformance.conformance.run.evaluation import Breach, evaluated
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.ledger import Requirement

_UNPROVEN = {
    Ending.UNAVAILABLE: Unproven.PRECONDITION,
    Ending.THROTTLED: Unproven.TARGET_THROTTLED,
    Ending.BUDGET: Unproven.BUDGET,
}

_OPEN = {Outcome.BLOCKED, Outcome.INCONCLUSIVE}
_NOTHING_SEEN = {Unproven.PRECONDITION, Unproven.ZERO_OBSERVATIONS}


SHOWN = 3


def adjudicate(check: Check, requirement: Requirement, record: Record, *, strict: bool = False) -> Verdict:
    """Check one requirement by everything that was recorded.

    Never raises: a fault of the check is the verdict `errored`.
    """

    def again(premises: frozenset[Premise]) -> Verdict:
        return _judged(check, requirement, record.lacking(premises), record)

    seen = _judged(check, requirement, record, None)
    bound = bind(
        graded(seen, again, evidence=requirement.evidence, used=record.premises),
        evidence=requirement.evidence,
        level=requirement.level,
        reference=record.profile.reference,
    )
    if requirement.is_newer and bound.outcome in {Outcome.FAILED, Outcome.WARNED}:
        return replace(bound, outcome=Outcome.INFO)
    if strict and bound.outcome is Outcome.WARNED:
        return replace(bound, outcome=Outcome.FAILED)
    return bound


def _judged(check: Check, requirement: Requirement, record: Record, known: Record | None) -> Verdict:
    """The verdict before it is bound. With `known`, `record` lacks premises: see `_violated`."""
    verdict = _prerequisites(check, record) or _ask(check, requirement, record)
    verdict = _unless_of_the_form(check, verdict, record)
    verdict = _violated(check, requirement, verdict, record, known)
    return _declared(check, requirement, record, verdict)


def situations_of(everything: Record, verdicts: Mapping[str, Verdict]) -> SituationCounts:
    """In which situations each row was judged: where its clauses spoke, and at what its verdict cites."""
    evaluation = everything.derived(evaluated)
    rows: dict[str, Counter[Situation]] = {}
    for row, verdict in verdicts.items():
        spoke = evaluation.row(row)
        counts: Counter[Situation] = Counter(spoke.situations if spoke else {})
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

    A requirement is tested in the traffic of a probe if a clause spoke there or the verdict cites it.
    """
    evaluation = everything.derived(evaluated)
    tested: dict[str, set[str]] = {}
    for row, verdict in verdicts.items():
        spoke = evaluation.row(row)
        tested[row] = {cited.probe for cited in verdict.evidence}
        if spoke is not None:
            tested[row] |= spoke.shown.keys() | {each.exchange.probe for each in spoke.breaches}
    return CellCounts.of(everything.derived(_cells_reached), tested)


def _cells_reached(everything: Record) -> Reached:
    return reached(*everything.derived(evaluated).models)


def _violated(
    check: Check, requirement: Requirement, verdict: Verdict, record: Record, known: Record | None
) -> Verdict:
    """The verdict, or a failure when a clause of the check was violated anywhere in the run.

    A function of the record that failed keeps its own words. Nothing counts against what the profile does
    not claim. A record that lacks premises may lack an excuse as well: with `known`, only what is violated
    there too counts.
    """
    judged = record.derived(evaluated).row(check.id)
    unclaimed = check.capabilities & record.profile.without
    if judged is None or unclaimed or verdict.outcome in {Outcome.FAILED, Outcome.ERRORED}:
        return verdict
    if judged.fault:
        return errored(f"the check of {check.id} raised an exception: {judged.fault}")
    breaches = judged.breaches
    if known is not None:
        there = known.derived(evaluated).row(check.id)
        places = {each.place for each in there.breaches} if there else set()
        breaches = [each for each in breaches if each.place in places]
    return broken(breaches, requirement.statement) if breaches else verdict


def broken(breaches: Sequence[Breach], statement: str) -> Verdict:
    """What violations say: the story of the first, and where the first few were seen."""
    first = breaches[0]
    more = f" (and {len(breaches) - 1} more)" if len(breaches) > 1 else ""
    told = [cite(each.exchange, each.story, offset=each.finding.offset) for each in breaches[:SHOWN]]
    return failed(first.reason, *told, expected=statement, observed=first.story + more)


def _satisfied(check: Check, requirement: Requirement, record: Record) -> Verdict:
    """Passed when a clause held in the traffic of the probes; else why it was left open, or not seen."""
    judged = record.derived(evaluated).row(check.id)
    shown = judged.shown if judged is not None else {}
    found = [each for probe, each in shown.items() if check.sweep or probe in check.needs]
    if judged is not None and found:
        _, words = found[0]
        more = f" (and {judged.held - 1} more)" if judged.held > 1 else ""
        return passed(words + more, *(cite(*each) for each in found[:SHOWN]), expected=requirement.statement)
    for exchange, finding in judged.left_open if judged is not None else ():
        if check.sweep or exchange.probe in check.needs:
            return inconclusive(Unproven(finding.reason or ""), finding.shown, cite(exchange))
    for transcript in map(record.transcript, check.needs):
        if transcript.ending is not Ending.COMPLETE:
            raise NotRecorded(
                f"{transcript.probe}: the probe ended early ({transcript.ending}): {transcript.detail}"
            )
    words = f"nothing was seen that could show: {requirement.statement}"
    return inconclusive(Unproven.ZERO_OBSERVATIONS, words)


def _prerequisites(check: Check, record: Record) -> Verdict | None:
    """A verdict that follows from how the probes ended, or None when the judge may look."""
    transcripts = [record.transcript(name) for name in check.needs]
    broken = next((each for each in transcripts if each.ending is Ending.ERRORED), None)
    if broken is not None:
        return errored(f"the probe {broken.probe} broke: {broken.detail}")
    missing = record.profile.lacks(check.capabilities)
    if missing:
        return inapplicable(f"the profile says that the target is without {', '.join(missing)}")
    if check.sweep:
        return None
    for transcript in transcripts:
        if transcript.ending is Ending.INAPPLICABLE:
            return inapplicable(transcript.detail)
        if transcript.ending is Ending.GONE:
            return _target_gone(transcript)
        if transcript.ending in _UNPROVEN:
            return inconclusive(_UNPROVEN[transcript.ending], f"{transcript.probe}: {transcript.detail}")
    return None


def _target_gone(transcript: Transcript) -> Verdict:
    """The same words for all requirements, so that a report groups them."""
    return inconclusive(Unproven.TARGET_GONE, transcript.detail)


def _declared(check: Check, requirement: Requirement, record: Record, verdict: Verdict) -> Verdict:
    """The verdict in the light of what the target says that it can."""
    transcripts = [record.transcript(name) for name in check.needs]
    lacking = any(each.ending is Ending.INAPPLICABLE for each in transcripts)
    if lacking and verdict.outcome in _OPEN and verdict.reason != Unproven.TIMING_NOISE:
        return inapplicable(next(each.detail for each in transcripts if each.ending is Ending.INAPPLICABLE))
    undeclared = sorted(check.capabilities & record.profile.without)
    gone = next((each for each in transcripts if each.ending is Ending.GONE), None)
    if gone is not None and verdict.outcome in _OPEN:
        return _target_gone(gone)
    if undeclared and requirement.kind != "safety":
        return _unclaimed(verdict, ", ".join(undeclared))
    if verdict.outcome not in _OPEN:
        return verdict
    for capability in sorted(check.capabilities - record.profile.without):
        asked = absence(transcripts, capability)
        if asked:
            citations = [cite(exchange) for exchange in asked[:3]]
            told = f"none of {len(asked)} requests that use it was accepted: {citations[0].note}"
            expected = f"{capability}, which the profile does not list under `without`"
            return failed(ABSENT, *citations, expected=expected, observed=told)
    return verdict


def _unclaimed(verdict: Verdict, names: str) -> Verdict:
    """What is there without being promised is reported; what is not there is not missed."""
    if verdict.outcome in _OPEN:
        return inapplicable(f"the profile says that the target is without {names}")
    if verdict.outcome not in {Outcome.PASSED, Outcome.FAILED, Outcome.WARNED}:
        return verdict
    told = f"{names} is there, although the profile says otherwise; {verdict.outcome}: {verdict.observed}"
    return info(told, *verdict.evidence, reason=verdict.reason)


def _ask(check: Check, requirement: Requirement, record: Record) -> Verdict:
    try:
        if check.function is None:
            verdict = _satisfied(check, requirement, record)
        else:
            verdict = _unless_unanswered(_unless_cut_off(check.function(record), record), record)
        if verdict.reason in _NOTHING_SEEN and _any_ended(check, record, Ending.HELD_BACK):
            return replace(verdict, reason=Unproven.STREAM_HELD_BACK)
        if verdict.reason in _NOTHING_SEEN and _any_ended(check, record, Ending.MISSED):
            return replace(verdict, reason=Unproven.STIMULUS_NOT_REACHED)
        return verdict
    except NotRecorded as cause:
        if isinstance(cause, HeldBack) or _any_ended(check, record, Ending.HELD_BACK):
            return inconclusive(Unproven.STREAM_HELD_BACK, str(cause))
        missed = _any_ended(check, record, Ending.MISSED)
        if missed or isinstance(cause, NotReached):
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, str(cause))
        return blocked(str(cause))
    except Exception:  # noqa: BLE001  reported as the harness's own fault
        return errored(f"the check {check.id} crashed: {traceback.format_exc()}")


def _any_ended(check: Check, record: Record, ending: Ending) -> bool:
    return any(record.transcript(name).ending is ending for name in check.needs)


def _unless_cut_off(verdict: Verdict, record: Record) -> Verdict:
    """Nobody is failed by a request that was not answered and must not be repeated."""
    if verdict.outcome is not Outcome.FAILED or not verdict.evidence:
        return verdict
    if not all(record.cut_off(each) for each in verdict.evidence):
        return verdict
    what = "no answer of the platform came, and a request that may have been acted on is not repeated"
    return inconclusive(Unproven.PRECONDITION, f"{verdict.evidence[0].label}: {what}", *verdict.evidence)


def _unless_of_the_form(check: Check, verdict: Verdict, record: Record) -> Verdict:
    """No row fails by requests that the target refused for their form, unless it is about that form."""
    refusals = record.derived(evaluated).refused_forms
    if verdict.outcome is not Outcome.FAILED or not verdict.evidence or not refusals:
        return verdict
    cited = [record.cited(each) for each in verdict.evidence]
    if not all(each is not None and is_refused_form(each, check.id, refusals) for each in cited):
        return verdict
    what = f"the target refuses this form of request everywhere: {verdict.evidence[0].note}"
    return inconclusive(Unproven.PRECONDITION, what, *verdict.evidence)


def _unless_unanswered(verdict: Verdict, record: Record) -> Verdict:
    """Nothing passes on requests that nobody answered: what did not come back shows nothing, good or bad.

    A connection that the server closed is an answer: to unparsable HTTP it is a lawful one.
    """
    if verdict.outcome is not Outcome.PASSED or not all(record.unanswered(each) for each in verdict.evidence):
        return verdict
    what = f"nothing that was asked was answered: {verdict.evidence[0].label}"
    return inconclusive(Unproven.ZERO_OBSERVATIONS, what, *verdict.evidence)


def worst(verdicts: Iterable[Verdict]) -> Outcome:
    """The severest outcome; `inapplicable` when there is none."""
    order = list(Outcome)
    return max((verdict.outcome for verdict in verdicts), key=order.index, default=Outcome.INAPPLICABLE)
