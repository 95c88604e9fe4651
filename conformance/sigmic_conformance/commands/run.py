"""`sigmic-conformance run`: run pytest with the plugin, and write a report."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from sigmic_conformance.commands.deriving import derived
from sigmic_conformance.commands.output import complain, show, show_lines, writing
from sigmic_conformance.commands.selection import matching, nothing_selected
from sigmic_conformance.commands.targeting import given_target, target_arguments
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.items import RUN
from sigmic_conformance.registry import load
from sigmic_conformance.reports.folder import clear
from sigmic_conformance.results import saved
from sigmic_conformance.results.baseline_file import read_baseline
from sigmic_conformance.results.causes import causes
from sigmic_conformance.run import console
from sigmic_conformance.run.options import OF_PYTEST, OPTIONS, seed, shard
from sigmic_conformance.run.run import Run
from sigmic_conformance.run.turn_times import words
from sigmic_conformance.target.served import READY_SECONDS, Served, serving
from sigmic_conformance.target.settings import SCOPE, SETTINGS, TARGET, VERDICT, effective
from sigmic_conformance.wire.redaction import Redactor
from sigmic_spec.arguments import as_argument
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural
from sigmic_spec.units import read_seconds

_COLOURS = {"failed": 31, "errored": 31, "warned": 33, "inconclusive": 36, "blocked": 36}
PACKAGE = Path(__file__).parents[1]
_PLUGINS = (
    "no:terminal",
    "no:cacheprovider",
    "no:unraisableexception",  # it would traverse all objects five times, for warnings that are not shown
    "sigmic_conformance.plugin",
    "allure_pytest.plugin",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to test and the report's folder."""
    groups = target_arguments(parser)
    target, scope, verdict = groups[TARGET], groups[SCOPE], groups[VERDICT]
    target.add_argument(
        "--serve",
        metavar="COMMAND",
        help="command that starts the server for this run: 'node server.mjs --port {port}'",
    )
    target.add_argument(
        "--serve-seconds",
        metavar="TIME",
        type=as_argument(read_seconds),
        default=READY_SECONDS,
        help=f"time to wait until it is ready (default {READY_SECONDS:g}s)",
    )
    scope.add_argument(
        "-k",
        metavar="EXPRESSION",
        dest="select",
        help="requirements to test, as in pytest's -k: 'BEAT or ZIP-006'",
    )
    scope.add_argument(
        "--rerun-failed",
        metavar="RUN",
        type=Path,
        help="test the requirements that a saved run did not prove",
    )
    for option in OPTIONS:
        groups[option.group].add_argument(option.flag, **option.declared())
    verdict.add_argument(
        "--report-dir", metavar="DIR", default="reports", help="folder of the report (default: reports/)"
    )


def run(options: argparse.Namespace) -> int:
    """Check the target and write the report."""
    _check(options)
    rows = _unproven(options.rerun_failed) if options.rerun_failed else ()
    if options.serve is None:
        return _judged(options, rows)
    with serving(options.serve, seconds=options.serve_seconds) as served:
        return _serving(options, rows, served)


def _serving(options: argparse.Namespace, rows: Sequence[str], served: Served) -> int:
    """Test the server that was started, and save its log in the report's folder."""
    options.target = served.base_url
    os.environ.update(served.variables)
    _, credentials = given_target(options)
    redactor = Redactor(credentials.secrets())
    try:
        return _judged(options, rows)
    finally:
        if served.death is not None:
            show(redactor.text(served.death))
        log = Path(options.report_dir) / "server.log"
        log.write_bytes(redactor.data(served.log.read_bytes()))
        show(f"What the server said: {log}")


def _judged(options: argparse.Namespace, rows: Sequence[str]) -> int:
    folder = Path(options.report_dir)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "result.json").unlink(missing_ok=True)
        clear(folder)
    reporter = TerminalReport(folder)
    # Ignore the plugins that happen to be installed in this environment.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    code = pytest.main(_pytest_arguments(options, folder, rows), plugins=[reporter])
    if code == ExitCode.NOTHING and not reporter.checked:
        raise Refused(nothing_selected(options.select), ExitCode.NOTHING)
    return int(code)


def _check(options: argparse.Namespace) -> None:
    """Check the options before anything of an earlier run is removed. Raises Refused."""
    ledger = Ledger.load()
    if options.select is not None:
        registry = load(ledger.by_id)
        matching(options.select, (ledger.by_id[row] for row in registry.checks), registry)
    seed(options.seed)
    shard(options.shard, options.seed)
    ledger.pinned(options.ledger)
    if options.baseline is not None:
        read_baseline(Path(options.baseline))
    if options.serve is not None and (options.mock or options.target):
        raise Refused("--serve starts the target itself: give neither --mock nor --target")
    if options.mock or options.serve is not None:
        effective(vars(options), os.environ, mock=True)
    else:
        given_target(options)


def _unproven(path: Path) -> tuple[str, ...]:
    """The rows that a saved run did not prove and that this suite checks."""
    before = saved.read(path)
    checked = load(Ledger.load().by_id).checks
    rows = [row for row, verdict in before.verdicts.items() if not verdict.outcome.proves and row in checked]
    if not rows:
        raise Refused(f"nothing to rerun: every requirement of {path} was proven", ExitCode.NOTHING)
    return tuple(rows)


def _pytest_arguments(options: argparse.Namespace, folder: Path, rows: Sequence[str]) -> list[str]:
    words = [
        *("-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), str(PACKAGE / "checks")),
        *(f"-p{plugin}" for plugin in _PLUGINS),
        f"--junitxml={folder.absolute() / 'junit.xml'}",
        f"--alluredir={folder.absolute() / 'allure-results'}",
        "--clean-alluredir",
        f"--conformance-report={folder.absolute()}",
    ]
    words += ["--mock"] if options.mock else []
    named: dict[str, object] = {
        **{
            OF_PYTEST.get(each.flag, each.flag): getattr(options, each.name) for each in (*SETTINGS, *OPTIONS)
        },
        "--target-profile": options.profile,
        "--rows": ",".join(rows) or None,
        "-k": options.select,
    }
    for flag, value in named.items():
        words += [flag] if value is True else [] if value is None else [flag, str(value)]
    return words


class TerminalReport:
    """Replaces pytest's terminal output: a heading, the findings, the table, the path of the report."""

    def __init__(self, folder: Path) -> None:
        self.checked = 0
        self._folder = folder

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        run = session.config.stash[RUN]
        if not session.items and run.share is None:
            return
        what = "the reference platform" if run.profile.reference else run.profile.base_url
        by = f", by way of the proxy {run.credentials.proxy}," if run.credentials.proxy else ""
        show(f"Testing {what}{by} against {plural(len(session.items), 'requirement')} …")
        if run.plan is not None:
            if run.turn_times is not None:
                show(words(run.turn_times))
            show(console.planned(run.plan, run.seed, is_part=run.share is not None))

    @pytest.hookimpl(trylast=True, wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> object:
        outcome = yield
        run = session.config.stash.get(RUN, None)
        if run is not None and run.reachable is not None:
            self.checked = len(run.verdicts)
            written, went = derived(self._folder, run.credentials.secrets())
            if went is not ExitCode.OK:
                session.exitstatus = went
            self._report(run, int(session.exitstatus))
            show(f"Report: {self._folder / written} (also junit.xml, allure-results/ and transcripts/)")
        return outcome

    def pytest_internalerror(self, excrepr: object) -> None:
        for line in str(excrepr).splitlines():
            complain(line)

    def _report(self, run: Run, code: int) -> None:
        if run.reachable is None or run.reachable.problem is not None:
            show(f"Not tested: {run.problem}")
        else:
            made = console.journeys(run.plan.journeys if run.plan else None, run.transcripts(waiting=False))
            counted = (*console.table(run), *console.claimed(run), *console.left_aside(run))
            show_lines((*counted, *made))
            for number, line in enumerate(console.findings(run, str(self._folder))):
                if not number:
                    show()
                show(line, colour=_colour(line))
            show_lines(f"cause     {line}" for line in causes(run.transcripts(waiting=False).values()))
            if run.problem is not None:
                show(f"Not tested to the end: {run.problem}")
        show()
        show(console.conclusion(run, ExitCode(code)))
        step = console.next_step(run, str(self._folder))
        if step is not None:
            show(step)


def _colour(line: str) -> int | None:
    """The colour of a finding's first line."""
    if line.startswith(" "):
        return None
    return next((code for word, code in _COLOURS.items() if f" {word}" in line), None)
