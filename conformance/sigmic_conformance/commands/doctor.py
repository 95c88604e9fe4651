"""`sigmic-conformance doctor`: can this target be tested, and if not, what to do."""

import argparse
import asyncio
from dataclasses import asdict

from sigmic_conformance.commands.diagnosis.diagnosis import diagnose
from sigmic_conformance.commands.diagnosis.examination import examine
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State
from sigmic_conformance.commands.output import show, show_json
from sigmic_conformance.commands.targeting import given_target, target_arguments
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_spec.plural import plural

SIGNS = {State.OK: "ok", State.NOTE: "--", State.WARNING: "!!", State.PROBLEM: "XX"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target."""
    target_arguments(parser, tests=False)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Examine the target; print every finding with its remedy; exit 12 if it cannot be tested."""
    if options.mock:
        raise Refused("doctor doesn't check the reference platform. Use --target URL or --profile FILE")
    profile, credentials = given_target(options)
    facts = asyncio.run(examine(profile, credentials))
    findings = diagnose(facts, profile)
    fit = all(each.state is not State.PROBLEM for each in findings)
    if options.json:
        document = {
            "target": profile.base_url,
            "can_be_judged": fit,
            "findings": [asdict(each) | {"state": each.state.value} for each in findings],
        }
        show_json(document)
    else:
        _print(profile.base_url, findings, fit=fit)
    return ExitCode.OK if fit else ExitCode.UNREACHABLE


def _print(target: str, findings: list[Diagnostic], *, fit: bool) -> None:
    show(target)
    for each in findings:
        show(f"  {SIGNS[each.state]}  {each.about:16} {each.text}")
        if each.remedy:
            show(f"      {'':16} -> {each.remedy}")
    warnings = sum(each.state is State.WARNING for each in findings)
    if not fit:
        show("The target can't be tested yet.")
    else:
        found = f" ({plural(warnings, 'warning')})" if warnings else ""
        show(f"The target can be tested{found}. Run `plan` to see what a run costs.")
