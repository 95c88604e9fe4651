"""Checks saved transcripts again: the verdicts of a run, including its retries. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.run.adjudication import adjudicate
from sigmic_conformance.conformance.run.retrial import Retry, settled
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

    def look(row: str, seen: Record) -> Verdict:
        return adjudicate(registry.checks[row], ledger.by_id[row], seen, strict=strict)

    verdicts = {row: look(row, record) for row in rows if row in registry.checks}
    retries: dict[str, Retry] = {}
    for row, transcripts in again.items():
        first = verdicts.get(row)
        if first is not None and first.outcome is Outcome.FAILED:
            second = look(row, Record(record.profile, transcripts))
            retries[row] = Retry(first=first, second=second, probes=frozenset(transcripts))
            verdicts[row] = settled(first, second, ledger.by_id[row].kind, strict=strict)
    return Rejudged(verdicts, retries)
