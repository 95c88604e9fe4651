"""`sigmic-conformance badge RUN`: a badge for a page, as SVG or for a Shields endpoint."""

import argparse
import json
from pathlib import Path

from sigmic_conformance.commands.output import show_json, show_lines, writing
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.results import badge, saved
from sigmic_conformance.results.claims import CLAIMS


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the saved run and the form."""
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")
    parser.add_argument("--claim", choices=[*CLAIMS], help="of one part of the API instead of the whole")
    parser.add_argument("--json", action="store_true", help="the form of a Shields endpoint instead of SVG")
    parser.add_argument("--output", metavar="FILE", type=Path, help="write there instead of to the terminal")


def run(options: argparse.Namespace) -> int:
    """Print or write the badge."""
    run = saved.read(options.saved)
    if options.claim and options.claim not in run.document.get("claims", {}):
        raise Refused(f"{options.saved} says nothing of the claim {options.claim}: an older suite wrote it")
    claim = options.claim
    if options.output is not None:
        text = json.dumps(badge.endpoint(run, claim)) + "\n" if options.json else badge.picture(run, claim)
        with writing(options.output):
            options.output.write_text(text, encoding="utf-8")
    elif options.json:
        show_json(badge.endpoint(run, claim))
    else:
        show_lines(badge.picture(run, claim).splitlines())
    return ExitCode.OK
