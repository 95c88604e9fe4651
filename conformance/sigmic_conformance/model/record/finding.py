"""What a check finds: a statement held, was violated, or was left open, and where.

A finding of a clause of the run names its exchange; that of other clauses is about their observation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.wire.transcript import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of a clause: held or violated, with what was known and what was shown.

    `held`: None if it is left open, for `reason`, or because an earlier step failed. Otherwise `reason`
    replaces the usual reason code of the clause. `offset` is the position in the body. Without `binds` a
    violation only warns, and what held is only information.
    """

    held: bool | None
    known: str
    shown: str
    exchange: Exchange | None = None
    offset: int | None = None
    reason: str | None = None
    binds: bool = True


Findings = Iterator[Finding]


def says(
    holds: bool,  # noqa: FBT001  the observation itself
    known: str,
    shown: str,
    *,
    exchange: Exchange | None = None,
    offset: int | None = None,
    reason: str | None = None,
) -> Finding:
    """A finding: what was known, what was shown, and whether they agree."""
    return Finding(held=holds, known=known, shown=shown, exchange=exchange, offset=offset, reason=reason)


def fulfils(known: str, shown: str, *, exchange: Exchange | None = None) -> Finding:
    """What agrees with the statement: what was known, and what was shown."""
    return Finding(held=True, known=known, shown=shown, exchange=exchange)


def breaks(known: str, shown: str, *, exchange: Exchange | None = None, reason: str | None = None) -> Finding:
    """A violation: what was known, and what was shown instead."""
    return Finding(held=False, known=known, shown=shown, exchange=exchange, reason=reason)


def warns(known: str, shown: str, *, exchange: Exchange, reason: str | None = None) -> Finding:
    """A violation that no target fails for: somebody else may have caused it."""
    return Finding(held=False, known=known, shown=shown, exchange=exchange, reason=reason, binds=False)


def notes(known: str, shown: str, *, exchange: Exchange | None = None, offset: int | None = None) -> Finding:
    """What a target does where it may choose: the verdict is information."""
    return Finding(held=True, known=known, shown=shown, exchange=exchange, offset=offset, binds=False)


def left_open(
    reason: Unproven | None, known: str, shown: str, *, exchange: Exchange | None = None
) -> Finding:
    """An open finding: what was known, and why nothing is decided; no reason if an earlier step failed."""
    return Finding(held=None, known=known, shown=shown, exchange=exchange, reason=reason)


def violations(findings: Findings) -> Findings:
    """The violations only, for a part of a statement that cannot prove the whole statement."""
    return (each for each in findings if not each.held)
