"""`sigmic-conformance coverage [RUN]`: what the suite, and one run of it, covers of the contract."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from sigmic_conformance.conformance.commands.output import put
from sigmic_conformance.conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.registry import load
from sigmic_conformance.conformance.reports.situations import situations_page
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.results.cell_counts import CellCounts, table
from sigmic_conformance.conformance.results.coverage import run_counts, situation_count, suite_counts
from sigmic_conformance.conformance.results.saved import SavedRun
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.conformance.run.evaluation import cells_of
from sigmic_conformance.spec.cells import Cells
from sigmic_conformance.spec.document import Document
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.situations import Situations

SHOWN = 12


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run, which may be left out."""
    parser.add_argument("saved", metavar="RUN", nargs="?", type=Path, help="folder of a run")
    parser.add_argument("--json", action="store_true", help="one JSON document, with everything missing")
    parser.add_argument(
        "--matrix",
        action="store_true",
        help="how often the run reached each cell, and which cells it did not",
    )
    parser.add_argument(
        "--html", metavar="FILE", type=Path, help="the matrix as a page, with requirements by situations"
    )


def run(options: argparse.Namespace) -> int:
    """Print the counts, each with the first missing items."""
    if options.html is not None and not options.matrix:
        raise Refused("--html needs --matrix")
    if options.matrix:
        return _show_matrix(options.saved, options.html)
    ledger = Ledger.load()
    checks = load(ledger.by_id).checks
    counts = [*suite_counts(ledger, checks)]
    if options.saved is not None:
        run = saved.read(options.saved)
        record = Record(run.profile, run.transcripts())
        counts += run_counts(Document.load(), record, run.verdicts, checks)
        situations = SituationCounts.restored(run.document.get("situations") or {})
        counts.append(situation_count(situations, Situations.load()))
        counts.append(_cells(run).count(Cells.load()))
    if options.json:
        print(json.dumps([asdict(count) for count in counts], indent=1))
        return ExitCode.OK
    for count in counts:
        print(f"{count.what:24} {count.have:4} of {count.of}")
        if count.missing:
            more = len(count.missing) - SHOWN
            print(f"    not: {', '.join(count.missing[:SHOWN])}{f' and {more} more' if more > 0 else ''}")
    return ExitCode.OK


def _show_matrix(folder: Path | None, page: Path | None) -> int:
    """Print the cells that a saved run reached, or write them and the situations of its rows as a page."""
    if folder is None:
        raise Refused("--matrix needs a saved run")
    run = saved.read(folder)
    rows = Ledger.load().by_id
    anywhere = {name for name, check in load(rows).checks.items() if check.anywhere}
    cells = _cells(run)
    if page is None:
        print("\n".join(table(cells, Cells.load())))
        return ExitCode.OK
    statements = {name: row.statement for name, row in rows.items()}
    counts = SituationCounts.restored(run.document.get("situations") or {})
    put(page, situations_page(counts, cells, statements, anywhere, run.profile.base_url))
    return ExitCode.OK


def _cells(run: SavedRun) -> CellCounts:
    """The cells that the result lists as reached; if it lists none, those from its transcripts."""
    told = run.document.get("cells")
    if told is not None:
        return CellCounts.restored(told)
    return cells_of(Record(run.profile, run.transcripts()), run.verdicts)
