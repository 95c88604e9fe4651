"""The eight verdicts. There is no skip, and `passed` cannot be built without evidence."""

import re
from dataclasses import dataclass
from enum import StrEnum

from sigmic_conformance.model.record.premises import Premise
from sigmic_spec.situations import Situation

_REASON = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


ABSENT = "capability-absent"
"""The reason of a row that fails because a part of the platform is missing but not declared missing."""


class Outcome(StrEnum):
    """What a check found, mildest first; the order is the order of severity."""

    INAPPLICABLE = "inapplicable"
    PASSED = "passed"
    INFO = "info"
    WARNED = "warned"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    FAILED = "failed"
    ERRORED = "errored"

    @property
    def proves(self) -> bool:
        """True if the requirement was decided in the target's favour or does not bind it."""
        return self in {Outcome.INAPPLICABLE, Outcome.PASSED, Outcome.INFO, Outcome.WARNED}

    @property
    def is_violation(self) -> bool:
        """True when the requirement was violated and binds the target."""
        return self in {Outcome.FAILED, Outcome.WARNED}

    @property
    def is_undecided(self) -> bool:
        """True when the requirement applies and the run could not decide it."""
        return self in {Outcome.BLOCKED, Outcome.INCONCLUSIVE}

    def with_reason(self, reason: str | None) -> str:
        """The outcome with its reason, as in `failed (wrong-code)`."""
        return f"{self} ({reason})" if reason else self.value


class Unproven(StrEnum):
    """Why a check could not decide (the reason codes of `inconclusive`)."""

    STIMULUS_NOT_REACHED = "stimulus-not-reached"
    CONTROL_FAILED = "control-failed"
    TIMING_NOISE = "timing-noise"
    PRECONDITION = "precondition"
    TARGET_THROTTLED = "target-throttled"
    STREAM_HELD_BACK = "stream-held-back"
    TARGET_GONE = "target-gone"
    BUDGET = "budget"
    ZERO_OBSERVATIONS = "zero-observations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A piece of a transcript: the probe, the exchange, and the bytes or fact that matter.

    `request` is the request line. `offset` is where those bytes start in the saved body; None if the whole
    answer is meant.
    """

    probe: str
    exchange: int
    label: str
    note: str
    request: str = ""
    excerpt: str = ""
    curl: str = ""
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One requirement checked; `reason` is a code, given for failed, warned and inconclusive.

    `expected` is a value or a rule with its basis, `observed` what the first cited exchange showed. The same
    was found in `others` further exchanges. `situation` has the dimensions of the first one that differ from
    the usual. `premises` are those that the violation depends on.
    """

    outcome: Outcome
    reason: str | None = None
    expected: str = ""
    observed: str = ""
    evidence: tuple[Citation, ...] = ()
    premises: tuple[Premise, ...] = ()
    others: int = 0
    situation: Situation = ()

    def __post_init__(self) -> None:
        if self.outcome is Outcome.PASSED and not self.evidence:
            raise ValueError("a requirement cannot pass without evidence")
        if self.outcome in {Outcome.FAILED, Outcome.INCONCLUSIVE} and not self.reason:
            raise ValueError(f"a verdict {self.outcome} needs a reason code")
        if self.reason is not None and not _REASON.fullmatch(self.reason):
            raise ValueError(f"not a reason code: {self.reason!r}")


def passed(observed: str, *evidence: Citation, expected: str = "") -> Verdict:
    """The requirement was observed to hold, in these places."""
    return Verdict(outcome=Outcome.PASSED, observed=observed, expected=expected, evidence=evidence)


def failed(reason: str, *evidence: Citation, observed: str, expected: str = "") -> Verdict:
    """The requirement was observed to be violated; `expected` says more than its statement."""
    return Verdict(
        outcome=Outcome.FAILED, reason=reason, expected=expected, observed=observed, evidence=evidence
    )


def warned(reason: str, *evidence: Citation, expected: str, observed: str) -> Verdict:
    """Tolerated, but some clients will fail on it."""
    return Verdict(
        outcome=Outcome.WARNED, reason=reason, expected=expected, observed=observed, evidence=evidence
    )


def info(observed: str, *evidence: Citation, reason: str | None = None) -> Verdict:
    """A reading or behaviour that is recorded but not prescribed."""
    return Verdict(outcome=Outcome.INFO, observed=observed, reason=reason, evidence=evidence)


def inapplicable(observed: str) -> Verdict:
    """The target declares that it does not have the capability."""
    return Verdict(outcome=Outcome.INAPPLICABLE, observed=observed)


def blocked(observed: str, *evidence: Citation) -> Verdict:
    """Something the check depends on failed first; counts as not proven."""
    return Verdict(outcome=Outcome.BLOCKED, observed=observed, evidence=evidence)


def inconclusive(reason: Unproven, observed: str, *evidence: Citation) -> Verdict:
    """The check could not decide; counts as not proven."""
    return Verdict(outcome=Outcome.INCONCLUSIVE, reason=reason, observed=observed, evidence=evidence)


def errored(observed: str) -> Verdict:
    """The harness itself failed."""
    return Verdict(outcome=Outcome.ERRORED, observed=observed)
