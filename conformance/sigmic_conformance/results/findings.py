"""Findings of a run: a row, or the rows that one cause leaves undecided. Pure.

Console, page and summary show the same findings. Each failure or warning is about one row; a dozen rows that
lack the same key share one line about the key. Broken rows with one cause are listed under the first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import ABSENT, Outcome, Verdict

_PROBE = re.compile(r"^[a-z0-9_]+: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictGroup:
    """One row, or several that are undecided for one reason and cause; `why` is the last observation."""

    outcome: Outcome
    reason: str | None
    why: str
    rows: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """The row, if it is only one."""
        return self.rows[0] if len(self.rows) == 1 else None


def gathered(verdicts: Mapping[str, Verdict], order: Iterable[Outcome]) -> list[VerdictGroup]:
    """The findings of these outcomes in this order; within an outcome, those with the most rows first.

    Rows keep the order that they are given in.
    """
    found: dict[tuple[Outcome, str | None, str, str], list[str]] = {}
    for row, verdict in verdicts.items():
        alone = "" if verdict.outcome.is_undecided else row
        found.setdefault((*cause(verdict), alone), []).append(row)
    findings = [
        VerdictGroup(outcome=outcome, reason=reason, why=why, rows=tuple(rows))
        for (outcome, reason, why, _), rows in found.items()
    ]
    ranks = {outcome: rank for rank, outcome in enumerate(order)}
    return sorted(
        (each for each in findings if each.outcome in ranks),
        key=lambda each: (ranks[each.outcome], -len(each.rows)),
    )


def cause(verdict: Verdict) -> tuple[Outcome, str | None, str]:
    """What undecided requirements of one cause share."""
    return verdict.outcome, verdict.reason, _why(verdict)


def by_cause(verdicts: Mapping[str, Verdict], rows: Iterable[str]) -> dict[str, list[str]]:
    """The rows in their order, each with the later ones that have the same cause.

    A cause is a missing part of the platform, or the same answer.
    """
    found: dict[str, list[str]] = {}
    first: dict[tuple[object, ...], str] = {}
    for row in rows:
        cause = _broken_by(verdicts[row])
        head = row if cause is None else first.setdefault(cause, row)
        found.setdefault(head, [])
        if head != row:
            found[head].append(row)
    return found


def summary_of_all(notes: Iterable[str]) -> str | None:
    """The note that all of several rows share, to be printed once; None if they differ."""
    found = list(notes)
    return found[0] if len(found) > 1 and len(set(found)) == 1 and found[0] else None


def last_line(text: str) -> str:
    """The most informative line of an observation: the last of several."""
    return (text.strip().splitlines() or ["-"])[-1]


def _broken_by(verdict: Verdict) -> tuple[object, ...] | None:
    if not verdict.outcome.is_violation:
        return None
    if verdict.reason == ABSENT:
        return ABSENT, verdict.expected
    if not verdict.evidence:
        return None
    return verdict.evidence[0].probe, verdict.evidence[0].exchange


def _why(verdict: Verdict) -> str:
    """The cause, without the name of the probe that did not run."""
    line = last_line(verdict.observed)
    return _PROBE.sub("", line) if verdict.outcome.is_undecided else line
