"""The trials that `prove --keep` left, as a further test of judges: what was caught must stay caught.

What is of `conformance` is imported when it is used: in a child, where one module is another.
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
"""Kinds of trials, from what is read fastest to whole runs."""


class Notice(StrEnum):
    """What a changed judge gives away."""

    PROVEN = "proven"  # `prove` would exit with 14
    MOVED = "moved"  # a verdict is another one that opens the gate of `prove` as well
    WORDED = "worded"  # no verdict is another one, but what is told of it or shown for it
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says of a trial."""

    trial: str
    row: str
    outcome: str
    reason: str | None
    shuts: bool
    """It keeps the gate of `prove` shut: not red as declared, or red on a healthy or legal server."""
    declared: bool
    """It is the row that a broken server declares."""
    held: bool
    """It may not change: anything but a row beside the declared one that was not turned red."""

    words: str
    """Digest of what was expected and observed, and of the evidence."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.trial, self.row


def notice(before: Mapping[tuple[str, str], Told], now: Iterable[Told]) -> Notice:
    """The worst that is to be seen of a change; `before` is what the unchanged judges say."""
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
    """What the judges of these modules say of the kept trials.

    Of a broken server only when they have its declared row; then every row of theirs that its probes allow.
    """
    from sigmic_conformance.conformance.judging.record import Record
    from sigmic_conformance.conformance.proof.grading import RED
    from sigmic_conformance.conformance.proof.saved_trials import Kind, trials
    from sigmic_conformance.conformance.proof.trial import ProofContext
    from sigmic_conformance.conformance.registry import load
    from sigmic_conformance.spec.ledger import Ledger

    gc.disable()  # thousands of exchanges live to the end, and this child is short-lived
    ledger = Ledger.load()
    bench = ProofContext(ledger, load(ledger.by_id))
    judges = {row: judge for row, judge in bench.registry.checks.items() if judge.module in modules}
    kept = [trial for trial in trials(folder) if trial.row is None or trial.row in judges]
    for trial in sorted(kept, key=lambda trial: KINDS.index(trial.kind)):
        there = set(trial.probes)
        mine = sorted(row for row, judge in judges.items() if there.issuperset(judge.needs))
        sweeps = any(judges[row].sweep for row in mine)
        needed = {name for row in mine for name in judges[row].needs}
        names = [name for name in trial.probes if sweeps or name in needed]
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
    """The rows that keep the gate shut, by the rules of the part that made the trial."""
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
