"""Grades a trial: caught by the declared row for the declared reason, or what happened instead."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from lab.prove.trial import Status, status
from sigmic_conformance.model.record.verdict import Outcome, Verdict

RED = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.INFO})
"""Outcomes of a broken row: `bind` turns a failure into a warning or a note if the row is not a must."""


class Grade(StrEnum):
    """Result of one broken server; of two trials, the grade listed earlier here counts."""

    CAUGHT = "caught"
    PARTLY = "partly"  # confined to a situation: another row turned red
    OTHER_REASON = "other-reason"  # red, but not for what was broken
    MISSED = "missed"  # the row did not change
    UNPROVEN = "unproven"  # the row could not be decided
    UNSURE = "unsure"  # nothing turned red, but time ran out or this machine was too busy, even when alone
    BROKEN = "broken"  # the mock, a probe or the check broke
    VOID = "void"  # the fault never showed on the wire
    UNJUDGED = "unjudged"  # no check has the row

    @property
    def fails(self) -> bool:
        """True if the gate fails. A row without a check is counted and listed separately."""
        return self not in {Grade.CAUGHT, Grade.UNJUDGED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One broken server and the result of its row."""

    id: str
    row: str
    grade: Grade
    outcome: Outcome | None = None
    reason: str | None = None
    fired: int = 0
    """How often it showed on the wire."""
    probes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """The verdict of its row."""
        return self.outcome.with_reason(self.reason) if self.outcome else "no verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedViolation(Tried):
    """A server that is broken in every situation."""

    expected: str | None
    """The declared reason; None when the catalogue declares none, and any reason counts."""
    observed: str = ""
    met: str = ""
    """For which callers it was armed: `project`, or `server` (all callers)."""
    changed: dict[str, tuple[Status, Status]] = field(default_factory=dict)
    """Every row of the record whose status differs from the healthy platform's: was, is."""


def grade(*, expected: str | None, healthy: Verdict | None, verdict: Verdict | None, fired: int) -> Grade:
    """Grade a verdict under a fault against the verdict of the same probes on the healthy platform."""
    if verdict is None:
        return Grade.UNJUDGED
    if verdict.outcome is Outcome.ERRORED:
        return Grade.BROKEN
    if fired == 0:
        return Grade.VOID
    if verdict.outcome.is_undecided:
        return Grade.UNPROVEN
    changed = healthy is None or status(healthy) != status(verdict)
    if verdict.outcome not in RED or not changed:
        return Grade.MISSED
    return Grade.CAUGHT if expected in {None, verdict.reason} else Grade.OTHER_REASON


T = TypeVar("T", bound=Tried)


def better(one: T, other: T) -> T:
    """The trial with the more informative grade, with the time of both."""
    kept = min(one, other, key=lambda each: list(Grade).index(each.grade))
    return replace(kept, seconds=round(one.seconds + other.seconds, 2))
