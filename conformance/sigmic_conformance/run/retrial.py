"""Choose the failed rows to retry, and decide what a retry changes. Pure.

A retry can clear only a *liveness* row, which says that something happens in the end: it may have failed
because the target was busy. If it then holds, it warns. All other failures are final (ADR 26): a wrong byte
is in the transcript, whatever a retry shows.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Unproven, Verdict, inconclusive
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.costs import Costs
from sigmic_conformance.run.planning import expected, wall_seconds
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.plural import plural
from sigmic_spec.requirement import Kind, Requirement

MOST_ROWS = 10
"""More broken rows than that are not accidental, and each of them costs turns."""
PART = 0.3
"""Limit for all retries together, as a fraction of the planned time of the run."""
LEAST_SECONDS = 10.0
"""Retries may always take this long: a run of a few rows is short."""
NOT_RETRIED = "not retried: "
FLAKY = "failed-then-passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrial:
    """The rows that are retried, each with the probes that repeat its traffic.

    `left` has the rows that a retry could clear, but that are not retried, and why.
    """

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def probes(self) -> frozenset[str]:
        """All probes that are retried, each once."""
        return frozenset().union(*self.rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A row that failed in the run, and its verdict when it was retried."""

    first: Verdict
    second: Verdict
    probes: frozenset[str]

    @property
    def is_flaky(self) -> bool:
        """True if it passed on retry."""
        return self.second.outcome is Outcome.PASSED

    @property
    def words(self) -> str:
        """Both verdicts as text."""
        if self.is_flaky:
            return f"failed ({self.first.reason}), then passed on retry"
        if self.second.outcome is Outcome.FAILED:
            otherwise = (
                f", otherwise ({self.second.reason})" if self.second.reason != self.first.reason else ""
            )
            return f"failed again{otherwise} on retry"
        return f"the retry did not decide it: {self.second.outcome.with_reason(self.second.reason)}"


def can_clear(kind: Kind) -> bool:
    """True if a retry can change the verdict on a row of this kind."""
    return kind is Kind.LIVENESS


def plan_retrial(
    failed: Mapping[str, Verdict], registry: Registry, profile: Profile, costs: Costs, *, seconds: float
) -> Retrial:
    """Choose which of the failed rows are retried, at the same time, within `seconds` of waiting.

    The quickest come first, so that most rows are retried. A failure in a journey has no probe to repeat.
    """
    if len(failed) > MOST_ROWS:
        return Retrial(
            left=dict.fromkeys(
                failed, f"{plural(len(failed), 'requirement')} failed, too many to be transient"
            )
        )

    def takes(probes: frozenset[str]) -> float:
        return wall_seconds([expected(registry.probes[name], profile, costs) for name in probes], profile)

    traffic = {row: _traffic_of(registry.checks[row], verdict) for row, verdict in failed.items()}
    able = {row: needed for row, needed in traffic.items() if needed and needed <= set(registry.probes)}
    rows: dict[str, frozenset[str]] = {}
    left: dict[str, str] = {}
    for row, needed in sorted(able.items(), key=lambda each: takes(each[1])):
        if takes(needed.union(*rows.values())) <= seconds:
            rows[row] = needed
        else:
            left[row] = (
                f"a retry takes {takes(needed):.0f} s, more than the {seconds:.0f} s for all retries; "
                f"run it alone with -k {row}"
            )
    return Retrial(rows=rows, left=left)


def retried(
    first: Verdict,
    check: Check,
    requirement: Requirement,
    profile: Profile,
    transcripts: Mapping[str, Transcript],
    *,
    strict: bool,
) -> tuple[Retry, Verdict]:
    """The retry of a failed row, from the transcripts of its probes, and the verdict on the row after it."""
    second = adjudicate(check, requirement, Record(profile, transcripts), strict=strict)
    second = shown(second, transcripts.values())
    retry = Retry(first=first, second=second, probes=frozenset(transcripts))
    return retry, settled(first, second, requirement.kind, strict=strict)


def shown(verdict: Verdict, transcripts: Iterable[Transcript]) -> Verdict:
    """The verdict of a retry: if time ended one of its probes, a row does not pass, as it may hang again."""
    late = [each for each in transcripts if each.ending in {Ending.BUDGET, Ending.DEADLINE}]
    if verdict.outcome is not Outcome.PASSED or not late:
        return verdict
    return inconclusive(Unproven.BUDGET, f"{late[0].probe} did not end: {late[0].detail}")


def settled(first: Verdict, second: Verdict, kind: Kind, *, strict: bool = False) -> Verdict:
    """The verdict on a row that failed and was retried."""
    if second.outcome is not Outcome.PASSED or not can_clear(kind) or strict:
        return first
    said = f"{first.observed} ({first.reason}); passed on retry"
    return replace(first, outcome=Outcome.WARNED, reason=FLAKY, observed=said)


def _traffic_of(check: Check, verdict: Verdict) -> frozenset[str]:
    """The probes with violations of the row, and those that its check needs."""
    cited = frozenset(piece.probe for piece in verdict.evidence)
    return cited if check.anywhere else cited | frozenset(check.needs)
