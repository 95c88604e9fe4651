"""Find the premises that a violation depends on, by checking with fewer premises. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from sigmic_conformance.conformance.judging.premises import Premise, by_strength, weaker_than
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.spec.requirement import Evidence


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
