"""The command `sigmic-conformance`: run, list, explain. A thin door to pytest and the plugin."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from conformance import console
from conformance.plugin import RUN
from conformance.registry import load
from conformance.run import ExitCode, Run
from conformance.verdict import Outcome
from spec.ledger import Ledger

PACKAGE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and do what it says; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "run":
        return _run(options)
    if options.command == "list":
        return _list(options)
    return _explain(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sigmic-conformance", description="Judge an implementation of the Sigmic AI API."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="judge a target and write a report")
    target = run.add_mutually_exclusive_group()
    target.add_argument("--mock", action="store_true", help="start the reference platform and judge that")
    target.add_argument("--target", metavar="URL", help="the platform to judge")
    run.add_argument("--api-key-env", metavar="NAME", help="variable with the key (default SIGMIC_API_KEY)")
    run.add_argument("--second-api-key-env", metavar="NAME", help="variable with a key of another project")
    run.add_argument("--profile", metavar="FILE", help="profile of the target (YAML)")
    run.add_argument("--report-dir", metavar="DIR", default="reports", help="default: reports/")
    run.add_argument("--strict", action="store_true", help="a warning fails too")
    run.add_argument("--heartbeat", metavar="SECONDS", type=float, help="heartbeat interval (default 15)")
    run.add_argument(
        "-k", metavar="EXPRESSION", dest="select", help="rows to judge, as pytest's -k: 'BEAT or ZIP-006'"
    )
    rows = commands.add_parser("list", help="the ledger rows that are judged")
    rows.add_argument("area", nargs="*", help="only these areas, such as BEAT")
    explain = commands.add_parser("explain", help="one row: sentence, source, how it is judged")
    explain.add_argument("id", help="a ledger id, such as BEAT-001")
    return parser


def _run(options: argparse.Namespace) -> int:
    if not (options.mock or options.target or options.profile):
        return _usage("name what to judge: --mock, --target URL or --profile FILE")
    folder = Path(options.report_dir)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
    except OSError as error:
        return _usage(f"cannot write to {folder}: {error.strerror}")
    reporter = Console(folder)
    # Plugins of whatever environment this runs in are none of our business.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    code = pytest.main(_pytest_arguments(options, folder), plugins=[reporter])
    if code == ExitCode.NOTHING and not reporter.judged:
        return _usage(f"no row is selected by -k {options.select!r}", ExitCode.NOTHING)
    return int(code)


def _pytest_arguments(options: argparse.Namespace, folder: Path) -> list[str]:
    words = [
        *("-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), str(PACKAGE / "judges")),
        *(
            "-p",
            "no:terminal",
            "-p",
            "no:cacheprovider",
            "-p",
            "conformance.plugin",
            "-p",
            "allure_pytest.plugin",
        ),
        f"--junitxml={folder.absolute() / 'junit.xml'}",
        f"--alluredir={folder.absolute() / 'allure-results'}",
        "--clean-alluredir",
        f"--conformance-report={folder.absolute()}",
    ]
    words += ["--mock"] if options.mock else []
    words += ["--warnings-fail"] if options.strict else []
    named = {
        "--target": options.target,
        "--api-key-env": options.api_key_env,
        "--second-api-key-env": options.second_api_key_env,
        "--target-profile": options.profile,
        "--heartbeat": options.heartbeat,
        "-k": options.select,
    }
    for flag, value in named.items():
        words += [] if value is None else [flag, str(value)]
    return words


class Console:
    """Takes the place of pytest's terminal: a heading, the findings, the table, where the report is."""

    def __init__(self, folder: Path) -> None:
        self.judged = 0
        self._folder = folder

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        run = session.config.stash[RUN]
        what = "the reference platform" if run.profile.reference else run.profile.base_url
        print(f"Judging {what} by {len(session.items)} requirements …", flush=True)

    @pytest.hookimpl(trylast=True, wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> object:
        outcome = yield
        run = session.config.stash.get(RUN, None)
        if run is not None and run.reachable is not None:
            self.judged = len(run.verdicts)
            self._report(run, int(session.exitstatus))
        return outcome

    def pytest_internalerror(self, excrepr: object) -> None:
        print(excrepr, file=sys.stderr)

    def _report(self, run: Run, code: int) -> None:
        if run.reachable is not None and run.reachable.problem is not None:
            print(f"Not judged: {run.reachable.problem}")
        else:
            for line in console.findings(run):
                print(line)
            print()
            for line in console.table(run):
                print(line)
        passed = sum(verdict.outcome is Outcome.PASSED for verdict in run.verdicts.values())
        meaning = MEANING[ExitCode(code)] if code in MEANING else "see the report"
        print(f"\n{passed} of {len(run.verdicts)} requirements passed: {meaning}")
        print(
            f"Report: {self._folder / 'result.json'}, junit.xml, allure-results/ and transcripts/ beside it"
        )


MEANING = {
    ExitCode.OK: "conformant for this selection",
    ExitCode.FAILED: "requirements are broken",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.HARNESS: "the suite itself broke",
    ExitCode.NOTHING: "nothing was judged",
    ExitCode.UNPROVEN: "requirements that bind are unproven",
    ExitCode.UNREACHABLE: "the target cannot be judged",
    ExitCode.BUDGET: "the budget is spent",
}


def _list(options: argparse.Namespace) -> int:
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    unknown = sorted({area.upper() for area in options.area} - set(ledger.areas))
    if unknown:
        return _usage(f"no such area: {', '.join(unknown)} (there are {', '.join(ledger.areas)})")
    wanted = {area.upper() for area in options.area} or set(ledger.areas)
    rows = [row for row in ledger.requirements if row.id in registry.judges and row.area in wanted]
    for row in rows:
        print(f"{row.id:14} {row.level.value:7} {row.evidence.value:11} {row.statement}")
    print(f"{len(rows)} of {len(ledger.requirements)} rows")
    return ExitCode.OK


def _explain(options: argparse.Namespace) -> int:
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    row = ledger.by_id.get(options.id.upper())
    if row is None:
        return _usage(f"the ledger has no row {options.id!r}")
    print(f"{row.id}  {row.statement}")
    print(f"level     {row.level.value}, evidence {row.evidence.value}")
    print(f"source    {row.source}")
    print(f"about     {', '.join(row.operations)}")
    judge = registry.judges.get(row.id)
    if judge is None:
        print(f"judged    not: {ledger.reasons[row.untestable] if row.untestable else 'no judge yet'}")
        return ExitCode.OK
    print(f"judged    by {judge.function.__module__}.{judge.function.__name__}")
    for name in judge.needs:
        print(f"probe     {name}: {registry.probes[name].summary}")
    if judge.sweep:
        print("          and over every other exchange of the run")
    return ExitCode.OK


def _usage(line: str, code: ExitCode = ExitCode.USAGE) -> int:
    print(f"sigmic-conformance: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
