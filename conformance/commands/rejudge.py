"""`sigmic-conformance rejudge RUN`: judge a saved run again from its transcripts. No socket is opened."""

import argparse
from pathlib import Path

from sigmic_conformance.conformance.commands.command import Refused
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.explore.judging import SELECTION, judged
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.results.saved import SavedRun, Unusable
from sigmic_conformance.conformance.run.rejudging import rejudged
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.plural import plural


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")


def run(options: argparse.Namespace) -> int:
    """Print every verdict that is another now; exit 0 when none is, else 1."""
    try:
        before = saved.read(options.saved)
        after = judged_again(before)
    except Unusable as problem:
        raise Refused(str(problem)) from problem
    changed = 0
    for row, old in before.verdicts.items():
        new = after.get(row)
        if new is None:
            print(f"{row}  was {_short(old)}; this suite has no check for it")
            changed += 1
        elif (new.outcome, new.reason) != (old.outcome, old.reason):
            print(f"{row}  was {_short(old)}, is {_short(new)}: {new.observed.strip()[:200]}")
            changed += 1
    tested = plural(len(before.verdicts), "requirement")
    print(f"{tested} of {options.saved} tested again: {plural(changed, 'verdict')} changed")
    return ExitCode.FAILED if changed else ExitCode.OK


def judged_again(run: SavedRun) -> dict[str, Verdict]:
    """Return the verdicts of today's judges on a saved run; rows without a judge are left out.

    Raises `Unusable` when a transcript is missing or truncated.
    """
    ledger = Ledger.load().pinned(run.document.get("pin"))
    registry = load(ledger.by_id)
    transcripts = run.transcripts()
    record = Record(run.profile, transcripts)
    if str(run.document.get("selection") or "").startswith(SELECTION):
        # No probe ran: the judges of an exploration need none.
        return judged(transcripts, record, registry.checks, ledger)
    strict = bool(run.document.get("strict", False))
    again = {row: run.transcripts_again(row) for row in run.retried}
    return dict(rejudged(run.verdicts, record, again, ledger, registry, strict=strict).verdicts)


def _short(verdict: Verdict) -> str:
    return verdict.outcome + (f" ({verdict.reason})" if verdict.reason else "")
