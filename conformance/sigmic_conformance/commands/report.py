"""`sigmic-conformance report RUN`: pages, summaries and annotations of a saved run."""

import argparse
from collections.abc import Callable
from pathlib import Path

from sigmic_conformance.commands.output import put, show_command, show_lines
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.reports.annotations import annotations
from sigmic_conformance.reports.markdown import summary
from sigmic_conformance.reports.material import gather
from sigmic_conformance.reports.page import page
from sigmic_conformance.results import saved

TERMINAL = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run and the outputs."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")
    parser.add_argument("--html", metavar="FILE", type=Path, help="one page that loads nothing")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="summary for CI; - is the terminal")
    parser.add_argument(
        "--annotations", action="store_true", help="print findings as workflow commands (::error …)"
    )


def run(options: argparse.Namespace) -> int:
    """Write the requested outputs; without any, print the summary."""
    if not (options.html or options.markdown or options.annotations):
        options.markdown = TERMINAL
    material = gather(saved.read(options.saved))
    _put(options.html, lambda: page(material))
    _put(options.markdown, lambda: summary(material))
    if options.annotations:
        for command in annotations(material):
            show_command(command)
    return ExitCode.OK


def _put(path: Path | None, text: Callable[[], str]) -> None:
    if path is None:
        return
    if path == TERMINAL:
        show_lines(text().splitlines())
        return
    put(path, text())
