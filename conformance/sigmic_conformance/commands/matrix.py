"""`sigmic-conformance matrix RUN…`: compare several implementations, or versions of one."""

import argparse
from pathlib import Path

from sigmic_conformance.commands.output import put, show_lines
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.reports.scoreboard import markdown, scoreboard, scoreboard_page
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import SavedRun
from sigmic_spec.ledger import Ledger

FEWEST = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the runs."""
    parser.add_argument(
        "saved",
        metavar="RUN",
        nargs="+",
        help="folder of a run, or its result.json; NAME=RUN to say whose it is, by default the folder's name",
    )
    parser.add_argument("--html", metavar="FILE", type=Path, help="write a page instead of Markdown")


def run(options: argparse.Namespace) -> int:
    """Show the runs in one table. Refuses runs that were checked by different ledgers."""
    if len(options.saved) < FEWEST:
        raise Refused("give at least two runs")
    runs: dict[str, SavedRun] = {}
    for text in options.saved:
        name, _, path = text.rpartition("=")
        found = saved.read(Path(path))
        name = name or found.folder.absolute().name
        if name in runs:
            raise Refused(f"two runs are called {name}: name one, as in NAME={path}")
        runs[name] = found
    ledgers = {name: str(each.document["ledger"]) for name, each in runs.items()}
    if len(set(ledgers.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in ledgers.items())
        raise Refused(f"the runs used different ledgers: {told}; `rejudge` them by one")
    statements = {row: each.statement for row, each in Ledger.load().by_id.items()}
    board = scoreboard(runs)
    if options.html is None:
        show_lines(markdown(board, statements))
        return ExitCode.OK
    put(options.html, scoreboard_page(board, statements))
    return ExitCode.OK
