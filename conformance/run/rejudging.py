"""Checks saved transcripts again: the verdicts of a run, including its retries. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.run.retrial import Retry, retried
from sigmic_conformance.conformance.transcript.transcript import Transcript
from sigmic_conformance.spec.ledger import Ledger

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
    """Check these rows on the record of a whole run; rows without a check are left out."""
    verdicts = {
        row: adjudicate(registry.checks[row], ledger.by_id[row], record, strict=strict)
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
