"""A failed row that a second look can clear is tried again: which rows, and what that may change. Pure.

What was seen stands (ADR 26). A wrong byte is in the transcript, and that a second look did not see it makes
a target worse, not better: such a row is not tried again. Only a *liveness* row, which says that something
happens in the end, may have been missed because too much went on at once: one that holds when the run is over
warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Judge, Registry
from sigmic_conformance.conformance.run.costs import Costs
from sigmic_conformance.conformance.run.planning import expected, wall_seconds
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.ledger import Kind

MOST_ROWS = 10
"""More broken rows than that are no accident, and every one costs turns."""
PART = 0.3
"""Of what is planned for a run: for how much longer it may look again."""
LEAST_SECONDS = 10.0
"""So long it may always look again: a run of a few rows is soon over."""
FLAKY = "failed-then-passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrial:
    """What is tried again: of each row the probes that make its traffic once more.

    `left` has the rows that a second look could clear and that get none, and why.
    """

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def probes(self) -> frozenset[str]:
        """All probes that are run again, each once."""
        return frozenset().union(*self.rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A row that failed in the run, and what it did when it was tried again."""

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
            return f"failed ({self.first.reason}), then passed when tried again"
        if self.second.outcome is Outcome.FAILED:
            otherwise = (
                f", otherwise ({self.second.reason})" if self.second.reason != self.first.reason else ""
            )
            return f"failed again{otherwise}"
        said = f"{self.second.outcome} ({self.second.reason})" if self.second.reason else self.second.outcome
        return f"tried again it was not decided: {said}"


def can_clear(kind: Kind) -> bool:
    """Whether a second look can change what is said of a row of this kind."""
    return kind is Kind.LIVENESS


def plan_retrial(
    failed: Mapping[str, Verdict], registry: Registry, profile: Profile, costs: Costs, *, seconds: float
) -> Retrial:
    """Choose which of the rows that failed are tried again, side by side, within so many seconds.

    The quickest first: so most get their second look. What was seen in a journey has no probe to repeat.
    """
    if len(failed) > MOST_ROWS:
        return Retrial(left=dict.fromkeys(failed, f"{len(failed)} rows failed, which is no accident"))

    def takes(probes: frozenset[str]) -> float:
        return wall_seconds([expected(registry.probes[name], profile, costs) for name in probes], profile)

    traffic = {row: _traffic_of(registry.judges[row], verdict) for row, verdict in failed.items()}
    able = {row: needed for row, needed in traffic.items() if needed and needed <= set(registry.probes)}
    rows: dict[str, frozenset[str]] = {}
    left: dict[str, str] = {}
    for row, needed in sorted(able.items(), key=lambda each: takes(each[1])):
        if takes(needed.union(*rows.values())) <= seconds:
            rows[row] = needed
        else:
            left[row] = (
                f"that takes {takes(needed):.0f} s, and a run gives {seconds:.0f} s to second looks; "
                f"judge it alone with -k {row}"
            )
    return Retrial(rows=rows, left=left)


def settled(first: Verdict, second: Verdict, kind: Kind, *, strict: bool = False) -> Verdict:
    """What is said of a row that failed and was tried again."""
    if second.outcome is not Outcome.PASSED or not can_clear(kind) or strict:
        return first
    said = f"{first.observed} ({first.reason}); tried again it passed"
    return replace(first, outcome=Outcome.WARNED, reason=FLAKY, observed=said)


def _traffic_of(judge: Judge, verdict: Verdict) -> frozenset[str]:
    """The probes that a row was broken in, and those that its judge cannot do without."""
    cited = frozenset(piece.probe for piece in verdict.evidence)
    return cited if judge.sweep else cited | frozenset(judge.needs)
