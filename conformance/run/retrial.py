"""A failed row is tried again alone before the run turns red: which rows, and what that may change. Pure.

What was seen stands (ADR 26). A wrong byte is in the transcript, and that a second look did not see it makes
a target worse, not better: such a row stays broken and is told to be flaky. Only a *liveness* row, which says
that something happens in the end, may have been missed because too much went on at once: one that holds when
nothing else is going on warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Judge, Registry
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.ledger import Kind

MOST_ROWS = 10
"""More broken rows than that are no accident, and every one costs turns."""
MOST_SECONDS = 180.0
"""Of waiting, over all probes of a retrial; they run one after another."""
FLAKY = "failed-then-passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrial:
    """What is tried again: of each row the probes that make its traffic once more, or why it is not."""

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def probes(self) -> frozenset[str]:
        """All probes that are run again, each once."""
        return frozenset().union(*self.rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A row that failed in the run, and what it did when it was tried again alone."""

    first: Verdict
    second: Verdict
    probes: frozenset[str]

    @property
    def is_flaky(self) -> bool:
        """True when it held the second time."""
        return self.second.outcome is Outcome.PASSED

    @property
    def words(self) -> str:
        """Both verdicts in words."""
        if self.is_flaky:
            return f"failed ({self.first.reason}), then passed when tried again alone"
        if self.second.outcome is Outcome.FAILED:
            otherwise = (
                f", otherwise ({self.second.reason})" if self.second.reason != self.first.reason else ""
            )
            return f"failed again{otherwise} when tried alone"
        said = f"{self.second.outcome} ({self.second.reason})" if self.second.reason else self.second.outcome
        return f"tried again alone it was not decided: {said}"


def plan_retrial(failed: Mapping[str, Verdict], registry: Registry, profile: Profile) -> Retrial:
    """Choose what is tried again of the rows that failed, in their order."""
    if len(failed) > MOST_ROWS:
        why = f"{len(failed)} rows failed, which is no accident"
        return Retrial(left=dict.fromkeys(failed, why))
    rows: dict[str, frozenset[str]] = {}
    left: dict[str, str] = {}
    for row, verdict in failed.items():
        needed = _traffic_of(registry.judges[row], verdict)
        unknown = sorted(needed - set(registry.probes))
        seconds = sum(
            registry.probes[name].seconds(profile)
            for name in needed.union(*rows.values())
            if name in registry.probes
        )
        if unknown or not needed:
            left[row] = f"it was seen in {', '.join(unknown) or 'no probe'}, which is not repeated"
        elif seconds > MOST_SECONDS:
            left[row] = f"its probes take longer than is left of {MOST_SECONDS:g} s"
        else:
            rows[row] = needed
    return Retrial(rows=rows, left=left)


def settled(first: Verdict, second: Verdict, kind: Kind, *, strict: bool = False) -> Verdict:
    """What is said of a row that failed and was tried again."""
    if second.outcome is not Outcome.PASSED or kind is not Kind.LIVENESS or strict:
        return first
    said = f"{first.observed} ({first.reason}); tried again alone it passed"
    return replace(first, outcome=Outcome.WARNED, reason=FLAKY, observed=said)


def _traffic_of(judge: Judge, verdict: Verdict) -> frozenset[str]:
    """The probes that a row was broken in, and those that its judge cannot do without."""
    cited = frozenset(piece.probe for piece in verdict.evidence)
    return cited if judge.sweep else cited | frozenset(judge.needs)
