"""`sigmic-conformance report RUN`: pages, summaries and statements about a saved run."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sigmic_conformance.conformance.commands.output import put
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.reports import statement
from sigmic_conformance.conformance.reports.annotations import annotations
from sigmic_conformance.conformance.reports.markdown import summary
from sigmic_conformance.conformance.reports.material import Material, gather
from sigmic_conformance.conformance.reports.page import page
from sigmic_conformance.conformance.reports.sarif import sarif
from sigmic_conformance.conformance.results import saved

TERMINAL = Path("-")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run and the outputs."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")
    parser.add_argument("--html", metavar="FILE", type=Path, help="one page that loads nothing")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="summary for CI; - is the terminal")
    parser.add_argument(
        "--statement", metavar="FILE", type=Path, help="to sign off: Markdown, or JSON by .json"
    )
    parser.add_argument("--sarif", metavar="FILE", type=Path, help="write the findings as SARIF 2.1.0")
    parser.add_argument("--signed-by", metavar="NAME", help="who signs the statement off")
    parser.add_argument(
        "--annotations", action="store_true", help="print findings as workflow commands (::error …)"
    )


def run(options: argparse.Namespace) -> int:
    """Write the requested outputs; without any, print the summary."""
    wishes = (options.html, options.markdown, options.statement, options.sarif)
    if not any(wishes) and not options.annotations:
        options.markdown = TERMINAL
    material = gather(saved.read(options.saved))
    _put(options.html, lambda: page(material))
    _put(options.markdown, lambda: summary(material))
    _put(options.statement, lambda: _statement(material, options))
    _put(options.sarif, lambda: sarif(material))
    if options.annotations:
        for line in annotations(material):
            print(line)
    return ExitCode.OK


def _statement(material: Material, options: argparse.Namespace) -> str:
    said: dict[str, Any] = statement.statement(material, signed_by=options.signed_by)
    form = statement.as_json if options.statement.suffix == ".json" else statement.as_markdown
    return form(said)


def _put(path: Path | None, text: Callable[[], str]) -> None:
    if path is None:
        return
    if path == TERMINAL:
        sys.stdout.write(text())
        return
    put(path, text())
