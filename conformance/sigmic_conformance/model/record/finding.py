"""What a check finds: a statement held, was violated, or was left open, and where.

A finding of a clause of the run names its exchange; that of other clauses is about their observation.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.wire.transcript import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of a clause: held or violated, what was expected, and what was observed.

    `expected` is a value; if it is empty, the rule of the clause is expected. `basis` is the fact from which
    the expectation follows here; of a clause of the run, the rule itself. `held`: None if it is left open,
    for `reason`, or because an earlier step failed. Otherwise `reason` replaces the usual reason code of the
    clause. `offset` is the position in the body. Without `binds` a violation only warns, and what held is
    only information.
    """

    held: bool | None
    basis: str
    observed: str
    expected: str = ""
    exchange: Exchange | None = None
    offset: int | None = None
    reason: str | None = None
    binds: bool = True


Findings = Iterator[Finding]


def says(
    holds: bool,  # noqa: FBT001  the observation itself
    basis: str,
    observed: str,
    *,
    expected: str = "",
    exchange: Exchange | None = None,
    offset: int | None = None,
    reason: str | None = None,
) -> Finding:
    """A finding: whether the rule holds, the fact that it rests on here, and what was observed.

    `expected` is the value that the rule demands here, if it demands one.
    """
    return Finding(
        held=holds,
        basis=basis,
        observed=observed,
        expected=expected,
        exchange=exchange,
        offset=offset,
        reason=reason,
    )


def fulfils(basis: str, observed: str, *, exchange: Exchange | None = None) -> Finding:
    """What agrees with the statement: the fact that it rests on, and what was observed."""
    return Finding(held=True, basis=basis, observed=observed, exchange=exchange)


def breaks(
    basis: str, observed: str, *, exchange: Exchange | None = None, reason: str | None = None
) -> Finding:
    """A violation: the fact that the rule rests on here, and what was observed instead."""
    return Finding(held=False, basis=basis, observed=observed, exchange=exchange, reason=reason)


def warns(basis: str, observed: str, *, exchange: Exchange, reason: str | None = None) -> Finding:
    """A violation that no target fails for: somebody else may have caused it."""
    return Finding(held=False, basis=basis, observed=observed, exchange=exchange, reason=reason, binds=False)


def notes(
    basis: str, observed: str, *, exchange: Exchange | None = None, offset: int | None = None
) -> Finding:
    """What a target does where it may choose: the verdict is information."""
    return Finding(held=True, basis=basis, observed=observed, exchange=exchange, offset=offset, binds=False)


def left_open(
    reason: Unproven | None, basis: str, observed: str, *, exchange: Exchange | None = None
) -> Finding:
    """An open finding: its basis, and why nothing is decided; no reason if an earlier step failed."""
    return Finding(held=None, basis=basis, observed=observed, exchange=exchange, reason=reason)


def violations(findings: Findings) -> Findings:
    """The violations only, for a part of a statement that cannot prove the whole statement."""
    return (each for each in findings if not each.held)
