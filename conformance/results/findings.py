"""Findings of a run: a row, or the rows that one cause keeps open. Pure.

Console, page and summary tell the same findings. A failure or a warning is about its own row and stays by
itself; of a dozen rows that lack the same key, the key is worth one line.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict

TOGETHER = frozenset({Outcome.INCONCLUSIVE, Outcome.BLOCKED})
_PROBE = re.compile(r"^[a-z0-9_]+: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row, or several that are open for one reason and cause; `why` is what was last observed."""

    outcome: Outcome
    reason: str | None
    why: str
    rows: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """The row, when it is only one."""
        return self.rows[0] if len(self.rows) == 1 else None


def gathered(verdicts: Mapping[str, Verdict], order: Iterable[Outcome]) -> list[Finding]:
    """The findings of these outcomes in this order; of one outcome, those with the most rows first.

    Rows keep the order that they are given in.
    """
    found: dict[tuple[Outcome, str | None, str, str], list[str]] = {}
    for row, verdict in verdicts.items():
        alone = "" if verdict.outcome in TOGETHER else row
        found.setdefault((verdict.outcome, verdict.reason, _why(verdict), alone), []).append(row)
    findings = [
        Finding(outcome=outcome, reason=reason, why=why, rows=tuple(rows))
        for (outcome, reason, why, _), rows in found.items()
    ]
    ranks = {outcome: rank for rank, outcome in enumerate(order)}
    return sorted(
        (each for each in findings if each.outcome in ranks),
        key=lambda each: (ranks[each.outcome], -len(each.rows)),
    )


def last_line(text: str) -> str:
    """The line of what was observed that says most: of several the last."""
    return (text.strip().splitlines() or ["-"])[-1]


def _why(verdict: Verdict) -> str:
    """The cause, without the name of the probe that did not run, which says nothing of it."""
    line = last_line(verdict.observed)
    return _PROBE.sub("", line) if verdict.outcome in TOGETHER else line
