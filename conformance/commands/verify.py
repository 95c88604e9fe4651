"""`sigmic-conformance verify RUN`: check that a saved run is complete, unaltered, and gives its verdicts."""

import argparse
import hashlib
from collections.abc import Iterator
from pathlib import Path

from sigmic_conformance.conformance.commands.rejudge import differences
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.results.saved import SavedRun, Unusable, files_of
from sigmic_conformance.spec.ledger import Ledger


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")


def run(options: argparse.Namespace) -> int:
    """Print what does not match; exit 0 if everything does, else 1."""
    run = saved.read(options.saved)
    problems = [*_altered(run), *differences(run)]
    for line in problems:
        print(line)
    version = Ledger.load().version
    if run.document["ledger"] != version:
        print(f"note: tested with ledger {run.document['ledger']}, here is {version}")
    print(
        "the run is whole and its verdicts follow from its bytes" if not problems else "the run is not sound"
    )
    return ExitCode.FAILED if problems else ExitCode.OK


def _altered(run: SavedRun) -> Iterator[str]:
    for name, digest in files_of(run.document).items():
        path = run.folder / name
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise Unusable(f"{path}: {(error.strerror or 'unreadable').lower()}") from error
        if found != digest:
            yield f"{path} was altered after the run"
