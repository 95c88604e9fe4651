"""`sigmic-conformance rejudge RUN`: check a saved run again from its transcripts. No socket is opened."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from sigmic_conformance.commands.exploration.verdicts import SELECTION, verdicts_of
from sigmic_conformance.commands.output import show
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import SavedRun, Unusable
from sigmic_conformance.run.rejudging import rejudged
from sigmic_conformance.wire.transcript import PREFLIGHT
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")


def run(options: argparse.Namespace) -> int:
    """Print every verdict that differs now; exit 0 if none does, else 1."""
    before = saved.read(options.saved)
    changed = list(differences(before))
    for line in changed:
        show(line)
    tested = plural(len(before.verdicts), "requirement")
    show(f"{tested} of {options.saved} tested again: {plural(len(changed), 'verdict')} changed")
    return ExitCode.FAILED if changed else ExitCode.OK


def differences(before: SavedRun) -> Iterator[str]:
    """Yield a line for each verdict that the current checks do not confirm on the saved transcripts."""
    after = judged_again(before)
    for row, old in before.verdicts.items():
        new, was = after.get(row), old.outcome.with_reason(old.reason)
        if new is None:
            yield f"{row}  was {was}; this suite has no check for it"
        elif (now := new.outcome.with_reason(new.reason)) != was:
            yield f"{row}  was {was}, is {now}: {new.observed.strip()[:200]}"


def judged_again(run: SavedRun) -> dict[str, Verdict]:
    """Return the verdicts of the current checks on a saved run; rows without a check are left out.

    Raises `Unusable` if a transcript is missing or truncated, or the target was not tested.
    """
    if run.document["problem"] and run.document["probes"].keys() <= {PREFLIGHT}:
        raise Unusable(f"{run.folder}: the target was not tested: {run.document['problem']}")
    ledger = Ledger.load().pinned(run.document.get("pin"))
    registry = load(ledger.by_id)
    transcripts = run.transcripts()
    record = Record(run.profile, transcripts)
    if str(run.document.get("selection") or "").startswith(SELECTION):
        # No probe ran: the checks of an exploration need none.
        return verdicts_of(transcripts, record, registry.checks, ledger)
    strict = bool(run.document.get("strict", False))
    again = {row: run.transcripts_again(row) for row in run.retried}
    return dict(rejudged(run.verdicts, record, again, ledger, registry, strict=strict).verdicts)
