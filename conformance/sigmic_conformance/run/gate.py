"""What verdicts mean for a gate: what a baseline excuses, which claims hold, and the exit codes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import Registry
from sigmic_conformance.results.baseline import BaselineResult, Entry, compare
from sigmic_conformance.results.claims import Claim, claims
from sigmic_spec.ledger import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The verdicts so far, by ledger id, and what they are compared with.

    `selected` are the rows of a run of chosen rows, else None. A shard checks only a part of the rows.
    """

    verdicts: Mapping[str, Verdict]
    ledger: Ledger
    registry: Registry
    baseline: tuple[Entry, ...]
    target: str
    today: date
    selected: frozenset[str] | None
    is_shard: bool

    def comparison(self) -> BaselineResult:
        """Compare the verdicts so far with the baseline."""
        return compare(
            self.baseline, self.verdicts, target=self.target, today=self.today, selected=self.selected
        )

    def excuses(self, id: str) -> bool:
        """True if the baseline excuses the verdict on this row."""
        mine = [entry for entry in self.baseline if entry.check == id]
        verdict = {id: self.verdicts[id]}
        found = compare(mine, verdict, target=self.target, today=self.today, selected={id})
        return id in found.excused

    def claims(self) -> dict[str, Claim]:
        """The claim for each part of the API, over all rows that have checks."""
        rows = {row: check.capabilities for row, check in self.registry.checks.items()}
        bound = {row for row in self.verdicts if self.ledger.by_id[row].binds}
        return claims(rows, self.verdicts, bound)

    def unproven_musts(self) -> set[str]:
        """The rows that bind this target and have no verdict."""
        return {
            row
            for row, each in self.verdicts.items()
            if not (each.outcome.proves or each.outcome is Outcome.FAILED) and self.ledger.by_id[row].binds
        }

    def exit_codes(self) -> set[ExitCode]:
        """Every exit code that follows from the verdicts."""
        outcomes = {verdict.outcome for verdict in self.verdicts.values()}
        found: set[ExitCode] = set()
        if Outcome.ERRORED in outcomes:
            found.add(ExitCode.HARNESS)
        compared = self.comparison()
        standing = {row: each for row, each in self.verdicts.items() if row not in compared.excused}
        if any(verdict.outcome is Outcome.FAILED for verdict in standing.values()):
            found.add(ExitCode.FAILED)
        if self.unproven_musts().difference(compared.excused):
            found.add(ExitCode.UNPROVEN)
        if compared.problems:
            found.add(ExitCode.BASELINE)
        if not self.is_shard and (not self.verdicts or outcomes == {Outcome.INAPPLICABLE}):
            found.add(ExitCode.NOTHING)
        return found
