"""`sigmic-conformance coverage [RUN]`: what the suite, and one run of it, covers of the contract."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from sigmic_conformance.conformance.commands.command import Refused
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.results.coverage import run_counts, suite_counts
from sigmic_conformance.conformance.results.saved import Unusable
from sigmic_conformance.spec.document import Document
from sigmic_conformance.spec.ledger import Ledger

SHOWN = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run, which may be left out."""
    parser.add_argument("saved", metavar="RUN", nargs="?", type=Path, help="folder of a run")
    parser.add_argument("--json", action="store_true", help="one JSON document, with everything missing")


def run(options: argparse.Namespace) -> int:
    """Print the counts, and of each the first things that are missing."""
    ledger = Ledger.load()
    judges = load(ledger.by_id).judges
    counts = [*suite_counts(ledger, judges)]
    if options.saved is not None:
        try:
            run = saved.read(options.saved)
            record = Record(run.profile, run.transcripts())
        except Unusable as problem:
            raise Refused(str(problem)) from problem
        counts += run_counts(Document.load(), record, run.verdicts, judges)
    if options.json:
        print(json.dumps([asdict(count) for count in counts], indent=1))
        return ExitCode.OK
    for count in counts:
        print(f"{count.what:24} {count.have:4} of {count.of}")
        if count.missing:
            more = len(count.missing) - SHOWN
            print(f"    not: {', '.join(count.missing[:SHOWN])}{f' and {more} more' if more > 0 else ''}")
    return ExitCode.OK
