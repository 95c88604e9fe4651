"""Checks saved transcripts again: the verdicts of a run, including its retries. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict, blocked
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.retrial import Retry, retried
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Requirement

Again = Mapping[str, Mapping[str, Transcript]]
"""For each retried row the transcripts of its probes, by their names."""


@dataclass(frozen=True, slots=True)
class Rejudged:
    """The verdicts by row, and the results of the retries of failed rows."""

    verdicts: Mapping[str, Verdict]
    retries: Mapping[str, Retry]


def rejudged(
    rows: Iterable[str], record: Record, again: Again, ledger: Ledger, registry: Registry, *, strict: bool
) -> Rejudged:
    """Check these rows on the record of a whole run; rows without a check are left out.

    A row whose check needs a probe that was not run is blocked.
    """
    verdicts = {
        row: _judged(registry.checks[row], ledger.by_id[row], record, strict=strict)
        for row in rows
        if row in registry.checks
    }
    retries: dict[str, Retry] = {}
    for row, transcripts in again.items():
        first = verdicts.get(row)
        if first is not None and first.outcome is Outcome.FAILED:
            retries[row], verdicts[row] = retried(
                first, registry.checks[row], ledger.by_id[row], record.profile, transcripts, strict=strict
            )
    return Rejudged(verdicts, retries)


def _judged(check: Check, requirement: Requirement, record: Record, *, strict: bool) -> Verdict:
    missing = next((name for name in check.needs if name not in record.probes), None)
    if missing is not None:
        return blocked(f"the probe {missing} was not run")
    return adjudicate(check, requirement, record, strict=strict)
