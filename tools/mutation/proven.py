"""Check judges on the trials that `prove --keep` saved: a fault that was caught must still be caught.

Modules of `conformance` are imported on first use: in a child process, where one module is changed.
"""

import gc
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigmic_conformance.conformance.judging.verdict import Verdict
    from sigmic_conformance.conformance.proof.saved_trials import Trial

KINDS = ("broken", "healthy", "transient", "legal")
"""Kinds of trials, from the fastest to read to whole runs."""


class Notice(StrEnum):
    """The difference that a changed judge makes."""

    PROVEN = "proven"  # `prove` would exit with 14
    MOVED = "moved"  # a verdict changed, and still passes the gate of `prove`
    WORDED = "worded"  # no verdict changed, but its text or its evidence did
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Told:
    """The verdict of a row on a trial."""

    trial: str
    row: str
    outcome: str
    reason: str | None
    shuts: bool
    """It fails the gate of `prove`: not red as declared, or red on a healthy or legal server."""
    declared: bool
    """It is the row that a broken server declares."""
    held: bool
    """It may not change: true unless it is a row other than the declared one, and was not red."""

    words: str
    """Digest of expectation, observation and evidence."""

    @property
    def key(self) -> tuple[str, str]:
        """The identity of a verdict."""
        return self.trial, self.row


def notice(before: Mapping[tuple[str, str], Told], now: Iterable[Told]) -> Notice:
    """Return the worst difference of a change; `before` has the verdicts of the unchanged judges."""
    found = Notice.NOTHING
    for each in now:
        was = before[each.key]
        if each.shuts and not was.shuts:
            return Notice.PROVEN
        if not was.held and each.outcome != "errored":
            continue
        if (each.outcome, each.reason) != (was.outcome, was.reason):
            found = Notice.MOVED
        elif each.words != was.words and found is Notice.NOTHING:
            found = Notice.WORDED
    return found


def told(folder: Path, modules: Collection[str]) -> Iterator[Told]:
    """Yield the verdicts of the judges of these modules on the saved trials.

    A broken server counts only if they have its declared row; then all their rows that its probes permit.
    """
    from sigmic_conformance.conformance.judging.record import Record
    from sigmic_conformance.conformance.proof.grading import RED
    from sigmic_conformance.conformance.proof.saved_trials import Kind, trials
    from sigmic_conformance.conformance.proof.trial import ProofContext
    from sigmic_conformance.conformance.registry import load
    from sigmic_conformance.spec.ledger import Ledger

    gc.disable()  # thousands of exchanges are needed until the end, and this child is short-lived
    ledger = Ledger.load()
    bench = ProofContext(ledger, load(ledger.by_id))
    judges = {row: judge for row, judge in bench.registry.checks.items() if judge.module in modules}
    kept = [trial for trial in trials(folder) if trial.row is None or trial.row in judges]
    for trial in sorted(kept, key=lambda trial: KINDS.index(trial.kind)):
        there = set(trial.probes)
        mine = sorted(row for row, judge in judges.items() if there.issuperset(judge.needs))
        is_anywhere = any(judges[row].anywhere for row in mine)
        needed = {name for row in mine for name in judges[row].needs}
        names = [name for name in trial.probes if is_anywhere or name in needed]
        record = Record(trial.profile, {name: trial.transcript(name) for name in names})
        verdicts = {row: bench.verdict(row, record) for row in mine}
        shut = _shutting(trial, verdicts)
        for row, verdict in verdicts.items():
            yield Told(
                trial=trial.folder.name,
                row=row,
                outcome=verdict.outcome.value,
                reason=verdict.reason,
                shuts=row in shut,
                declared=row == trial.row,
                held=trial.kind is not Kind.BROKEN or verdict.outcome in RED,
                words=_words(verdict),
            )


def _words(verdict: "Verdict") -> str:
    told = repr((verdict.expected, verdict.observed, verdict.evidence))
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()


def _shutting(trial: "Trial", verdicts: "Mapping[str, Verdict]") -> Collection[str]:
    """Return the rows that fail the gate, by the rules of the part that saved the trial."""
    from sigmic_conformance.conformance.proof.grading import Grade, grade
    from sigmic_conformance.conformance.proof.legal import Passage, blamed, complaints
    from sigmic_conformance.conformance.proof.proving import red
    from sigmic_conformance.conformance.proof.saved_trials import Kind

    if trial.kind is Kind.HEALTHY:
        return red(verdicts)
    if trial.kind is Kind.BROKEN:
        declared = verdicts[trial.row or ""]
        met = grade(expected=trial.reason, healthy=None, verdict=declared, fired=1)
        return {trial.row or ""} if met is not Grade.CAUGHT else ()
    passage = Passage(ids=trial.ids, fired={}, verdicts=verdicts, seconds=0)
    return blamed(passage) if trial.kind is Kind.TRANSIENT else complaints(passage)
