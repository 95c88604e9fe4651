"""`sigmic-conformance diff BEFORE AFTER`: compare two saved runs."""

import argparse
from pathlib import Path

from sigmic_conformance.commands.output import show_json, show_lines
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.reports.delta import Delta
from sigmic_conformance.results import saved
from sigmic_conformance.results.comparison import changes, choices_changed, circumstances


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two runs."""
    parser.add_argument("before", metavar="BEFORE", type=Path, help="folder of a run, or its result.json")
    parser.add_argument("after", metavar="AFTER", type=Path, help="folder of a later run, or its result.json")
    parser.add_argument("--markdown", action="store_true", help="for a comment on a pull request")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")


def run(options: argparse.Namespace) -> int:
    """Print every verdict and choice that changed; exit 0 if none did, else 1."""
    before, after = saved.read(options.before), saved.read(options.after)
    found, around = changes(before, after), circumstances(before, after)
    answers = choices_changed(before, after)
    told = Delta(found, after, answers)
    if options.markdown:
        show_lines(told.markdown())
    elif options.json:
        rows = [
            {
                "id": change.id,
                "before": change.before
                and {"outcome": change.before.outcome, "reason": change.before.reason},
                "after": change.after and {"outcome": change.after.outcome, "reason": change.after.reason},
            }
            for change in found
        ]
        show_json({"changes": rows, "choices": answers, "circumstances": around})
    else:
        show_lines([*around, *told.lines()])
    return ExitCode.FAILED if found or answers else ExitCode.OK
