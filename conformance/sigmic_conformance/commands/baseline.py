"""`sigmic-conformance baseline check|update RUN --file FILE`: known failures of a target."""

import argparse
import difflib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sigmic_conformance.commands.output import show
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.results import saved
from sigmic_conformance.results.baseline import FLAKY_DAYS, Entry, about_others, compare
from sigmic_conformance.results.baseline_file import (
    read_baseline,
    renewed,
    written,
)
from sigmic_conformance.results.saved import SavedRun
from sigmic_spec.plural import plural

LONGEST_DAYS = 365


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to do, the saved run and the file."""
    parser.add_argument("action", choices=["check", "update"])
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")
    parser.add_argument("--file", type=Path, required=True, help="the baseline (YAML)")
    parser.add_argument("--owner", help="update: owner of new entries")
    parser.add_argument(
        "--days", type=int, default=30, help="update: days until new entries expire (default 30)"
    )


def run(options: argparse.Namespace) -> int:
    """Check the file against the run, or update it to match the run and show what changed."""
    run = saved.read(options.saved)
    if options.action == "check":
        return _check(run, read_baseline(options.file), datetime.now(UTC).date())
    return _update(run, options)


def _check(run: SavedRun, entries: tuple[Entry, ...], today: date) -> int:
    selected = run.verdicts if run.is_partial else None
    found = compare(entries, run.verdicts, target=run.profile.base_url, today=today, selected=selected)
    for problem in found.problems:
        show(f"{problem.trouble}: {problem.text}")
    failed = {row for row, verdict in run.verdicts.items() if verdict.outcome is Outcome.FAILED}
    for row in sorted(failed - found.excused):
        show(f"not in the baseline: {row} failed ({run.verdicts[row].reason})")
    show(f"{plural(len(found.excused), 'known failure')}, {len(found.problems)} stale or invalid entries")
    if found.elsewhere:
        show(about_others(found.elsewhere))
    if failed - found.excused:
        return ExitCode.FAILED
    return ExitCode.BASELINE if found.problems else ExitCode.OK


def _update(run: SavedRun, options: argparse.Namespace) -> int:
    if not options.owner:
        raise Refused("new entries need an owner: add --owner NAME")
    if not 1 <= options.days <= LONGEST_DAYS:
        raise Refused(f"--days must be 1 to {LONGEST_DAYS}")
    if run.is_partial:
        raise Refused(
            "the run tested only part of the requirements. Create a baseline from a run of all requirements"
        )
    if any(verdict.outcome is Outcome.ERRORED for verdict in run.verdicts.values()):
        raise Refused(
            "the suite itself failed in this run. Create a baseline from a run without internal errors"
        )
    if run.document["problem"]:
        raise Refused(f"the target was not tested: {run.document['problem']}")
    old = read_baseline(options.file) if options.file.exists() else ()
    today = datetime.now(UTC).date()
    entries = renewed(
        old,
        run.verdicts,
        target=run.profile.base_url,
        owner=options.owner,
        expires=today + timedelta(days=options.days),
        binding=run.binding,
        flaky=dict.fromkeys(run.flaky, today + timedelta(days=min(options.days, FLAKY_DAYS))),
    )
    before = options.file.read_text(encoding="utf-8") if options.file.exists() else ""
    after = written(entries)
    options.file.write_text(after, encoding="utf-8")
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), "before", "after", lineterm=""):
        show(line)
    show(f"{plural(len(entries), 'entry', 'entries')} in {options.file}: add a reason (`why`) to each")
    return ExitCode.OK
