"""A pytest session that tests a target: every requirement is an item that waits for its verdict.

`sigmic_conformance.plugin` loads it if the suite is selected. A violated requirement is an AssertionError; an
undecided one is an error of another type, raised in the set-up phase, so that JUnit and Allure distinguish
the two. Of the undecided requirements with one cause only the first is an error, the others are skipped.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.reports.five_lines import finding, place, repeat
from sigmic_conformance.reports.visible import visible
from sigmic_conformance.results.baseline_file import BaselineUnusable, read_baseline
from sigmic_conformance.results.findings import cause
from sigmic_conformance.run import console, options, result
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.planning import default_tier, in_tier
from sigmic_conformance.run.progress import Teller
from sigmic_conformance.run.run import Run
from sigmic_conformance.run.sharding import share_of
from sigmic_conformance.run.terminal import teller
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target.profile import ProfileError
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import LedgerError, Requirement

CHECKS = Path(__file__).resolve().parent / "checks"
RUN = pytest.StashKey[Run]()
RESOURCES = pytest.StashKey[contextlib.ExitStack]()
CAUSES = pytest.StashKey[dict[tuple[object, ...], str]]()
"""The first requirement that each cause left undecided."""
TELLER = pytest.StashKey[Teller]()
WAIT_SECONDS = 0.1
RULE = f"\n\n{'-' * 72}\n\n"


class RequirementFailed(AssertionError):
    """The target violates the requirement."""


class RequirementUnproven(Exception):
    """The requirement could not be decided."""


class HarnessFault(Exception):
    """The suite itself failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that select what to test."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Create the run that the options describe; start the reference platform for --mock."""
    if not options.is_wanted(config):
        return
    resources = config.stash[RESOURCES] = contextlib.ExitStack()
    try:
        with ThreadPoolExecutor(1) as aside:
            target = aside.submit(options.judged_target, config, resources)
            # The reference platform starts while the suite loads: both take equally long.
            pin = config.getoption("--ledger")
            ledger = Ledger.load().pinned(pin)
            registry = load(ledger.by_id)
            profile, credentials = target.result()
        path = config.getoption("--baseline")
        baseline = read_baseline(Path(path)) if path else ()
        seed = options.seed(config.getoption("--seed"))
        options.shard(config.getoption("--shard"), config.getoption("--seed"))
    except (ProfileError, BaselineUnusable, LedgerError) as error:
        resources.close()
        raise pytest.UsageError(str(error)) from error
    for mark in sorted({mark for each in ledger.requirements for mark in marks_of(each)}):
        config.addinivalue_line("markers", f"{mark}: requirements")
    chosen_by_name = bool(options.chosen_by_name(config))
    # Workers of pytest-xdist receive their rows by index: no row can be moved to the end.
    hasty = any(map(config.getoption, ("--no-retry", "--stop-at-failure"))) or hasattr(config, "workerinput")
    config.stash[CAUSES] = {}
    config.stash[RUN] = Run(
        profile=profile,
        credentials=credentials,
        ledger=ledger,
        pin=pin,
        registry=registry,
        strict=bool(config.getoption("--warnings-fail")),
        baseline=baseline,
        seed=seed,
        tier=default_tier(profile, chosen_by_name=chosen_by_name),
        has_journeys=not chosen_by_name,
        tries_again=not hasty,
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine and the reference platform."""
    if RUN in config.stash:
        config.stash[RUN].close()
    if RESOURCES in config.stash:
        config.stash[RESOURCES].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the modules of checks."""
    if file_path.parent.resolve() == CHECKS and file_path.suffix == ".py" and file_path.name != "__init__.py":
        if RUN not in parent.config.stash:
            raise pytest.UsageError("no target given. Use --target URL or --mock")
        return CheckFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect rows by tier, `--rows` and `--shard`, after `-k`; sort rows by when they can be checked."""
    if RUN in config.stash:
        run = config.stash[RUN]
        _leave_out(config, run, items)
        items.sort(key=lambda item: run.seconds(item.name) if isinstance(item, RequirementItem) else 0.0)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the probes that the selected rows need."""
    rows = [item.name for item in session.items if isinstance(item, RequirementItem)]
    run = session.config.stash.get(RUN, None)
    # A shard may have to send traffic that only the merged run checks.
    if run is not None and (rows or run.share) and not session.config.option.collectonly:
        if len(rows) < len(run.registry.checks):
            run.selection = _selection(session.config, run)
        run.begin(rows)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Move a row that a retry can clear to the end: it is retried when all probes are over."""
    if not isinstance(item, RequirementItem) or item.is_postponed:
        return None
    item.wait()
    if not item.run.is_retried(item.name):
        return None
    item.is_postponed = True
    item.session.items.append(item)
    return True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the result and decide the exit code."""
    run = session.config.stash.get(RUN, None)
    if run is None or session.config.option.collectonly or run.reachable is None:
        return
    folder = session.config.getoption("--conformance-report")
    ended = {ExitCode.OK, ExitCode.FAILED, *([ExitCode.NOTHING] if run.share else [])}
    whole = int(session.exitstatus) in ended and len(run.verdicts) >= len(run.selected)
    if int(session.exitstatus) in {ExitCode.OK, ExitCode.FAILED, ExitCode.NOTHING}:
        session.exitstatus = int(run.exit_code())
    stopped = bool(session.shouldfail) and session.config.getoption("--stop-at-failure")
    if stopped and not whole:
        run.selection = ", ".join(filter(None, (run.selection, "as far as the first broken requirement")))
    if folder:
        result.write(run, Path(folder), complete=whole or stopped, waiting=whole)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table by area below pytest's own summary."""
    run = config.stash.get(RUN, None)
    if run is not None and run.verdicts:
        terminalreporter.section("conformance")
        for line in console.table(run):
            terminalreporter.write_line(line)


def marks_of(requirement: Requirement) -> tuple[str, ...]:
    """The marks that `-m` can select a row by: level, evidence, area."""
    return requirement.level.value, requirement.evidence.value, requirement.area


class CheckFile(pytest.File):
    """A module of checks: an item for each requirement."""

    def collect(self) -> Iterator[pytest.Item]:
        run = self.config.stash[RUN]
        module = f"sigmic_conformance.checks.{self.path.stem}"
        for requirement in run.ledger.requirements:
            check = run.registry.checks.get(requirement.id)
            if check is not None and check.module == module:
                row = RequirementItem.from_parent(self, name=requirement.id)
                for mark in marks_of(requirement):
                    row.add_marker(mark)
                yield row


class RequirementItem(pytest.Item):
    """One ledger row against one target."""

    @property
    def run(self) -> Run:
        """The run that this row belongs to."""
        return self.config.stash[RUN]

    @property
    def requirement(self) -> Requirement:
        """The requirement."""
        return self.run.ledger.by_id[self.name]

    is_postponed = False
    """Whether it failed and was moved to the end."""

    def setup(self) -> None:
        self.wait()
        verdict = self.run.verdict(self.name)
        self._describe(verdict)
        text = self._told(verdict)
        if verdict.outcome is Outcome.ERRORED:
            raise HarnessFault(text)
        if self.run.gate.excuses(self.name):
            pytest.xfail(f"known to the baseline: {text}")
        if verdict.outcome.is_undecided:
            first = self.config.stash[CAUSES].setdefault(cause(verdict), self.name)
            if first != self.name:
                pytest.skip(f"for the same cause as {first}: {text}")
            raise RequirementUnproven(text)

    def runtest(self) -> None:
        verdict = self.run.verdict(self.name)
        if verdict.outcome is Outcome.FAILED:
            if self.config.getoption("--stop-at-failure"):
                self.session.shouldfail = f"{self.name} is broken"
            raise RequirementFailed(self._told(verdict))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return self._repr_failure_py(excinfo, style)

    def _repr_failure_py(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        # When the set-up phase fails pytest calls this private method, not `repr_failure`; its own result is
        # a traceback through pytest, slow to create and of no use.
        if isinstance(excinfo.value, RequirementFailed | RequirementUnproven | HarnessFault):
            return str(excinfo.value)
        return super()._repr_failure_py(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str], int | None, str]:
        return self.path, None, f"{self.name} {self.requirement.statement}"

    def wait(self) -> None:
        """Wait until the row can be checked, and show the reason; a row moved to the end is retried."""
        if not self.is_postponed:
            self._wait_until(lambda: self.run.ready(self.name))
            return
        self.run.retry()
        self._wait_until(lambda: self.run.retries.ready(self.name))
        self.run.settle(self.name)

    def _wait_until(self, is_ready: Callable[[], bool]) -> None:
        if is_ready():
            return
        if TELLER not in self.config.stash:
            self.config.stash[TELLER] = teller(self.config)
        telling = self.config.stash[TELLER]
        while not is_ready():
            telling.tell(self.run.progress(), checked=len(self.run.verdicts), rows=len(self.run.selected))
            time.sleep(WAIT_SECONDS)
        telling.clear()

    def _told(self, verdict: Verdict) -> str:
        """The verdict in full, and the result of the row's retry."""
        again = self.run.retries.words(self.name)
        return console.full_text(self.requirement, verdict) + (f"\nretry     {again}" if again else "")

    def _describe(self, verdict: Verdict) -> None:
        """Add the row's properties for JUnit and Allure."""
        requirement = self.requirement
        self.user_properties += [
            ("requirement", requirement.id),
            ("verdict", verdict.outcome.value),
            # A plain string: workers of pytest-xdist can send nothing that is derived from one.
            ("reason", str(verdict.reason or "")),
            ("level", requirement.level.value),
            ("evidence", requirement.evidence.value),
            ("source", requirement.source),
            ("statement", requirement.statement),
            *((fact.name, visible(fact.text)) for fact in finding(console.asked(requirement), verdict).facts),
            ("again", self.run.retries.words(self.name) or ""),
        ]
        if self.config.getoption("--alluredir", default=None):
            _describe_to_allure(requirement, verdict, self._told(verdict))


def _describe_to_allure(requirement: Requirement, verdict: Verdict, text: str) -> None:
    import allure  # noqa: PLC0415  only there when the extra is installed and asked for

    dynamic: Any = allure.dynamic

    dynamic.title(f"{requirement.id} {requirement.statement}")
    dynamic.epic(requirement.area)
    dynamic.feature(requirement.id)
    dynamic.severity("critical" if requirement.level.value == "must" else "minor")
    dynamic.label("verdict", verdict.outcome.value)
    dynamic.tag(requirement.level.value, requirement.evidence.value, verdict.outcome.value)
    page = requirement.source
    if requirement.evidence.value in {"documented", "example"}:
        dynamic.link(f"https://docs.sigmic.ai/{page}", name=page)
    dynamic.description(text)
    pieces = [
        "\n\n".join((place(piece), piece.note, piece.excerpt, repeat(requirement.id, piece.curl)))
        for piece in verdict.evidence
    ]
    if pieces:
        # One file per row instead of per piece of evidence avoids a thousand small files.
        allure.attach(RULE.join(pieces), name=f"evidence ({len(pieces)})", attachment_type="text/plain")


def _leave_out(config: pytest.Config, run: Run, items: list[pytest.Item]) -> None:
    """Deselect the rows that `--rows` does not name, and those beyond the tier, which the run notes."""
    rows = [item.name for item in items if isinstance(item, RequirementItem)]
    text = config.getoption("--rows")
    named = set(text.upper().split(",")) if text else set(rows)
    if unknown := sorted(named - set(run.registry.checks)):
        raise pytest.UsageError(f"no requirement with a check: {', '.join(unknown)}")
    costs = load_costs()
    kept = {
        row
        for row in named.intersection(rows)
        if run.tier is Tier.FULL
        or in_tier(run.registry, run.registry.checks[row], run.profile, run.tier, costs)
    }
    run.unselected = tuple(row for row in rows if row in named - kept)
    shard = options.shard(config.getoption("--shard"), config.getoption("--seed"))
    if shard is not None:
        asked = [row for row in run.registry.checks if row in kept]
        run.share = share_of(shard, run.registry, asked, run.profile, costs)
        kept = set(run.share.rows)
    dropped = [item for item in items if isinstance(item, RequirementItem) and item.name not in kept]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def _selection(config: pytest.Config, run: Run) -> str:
    named = options.chosen_by_name(config)
    tier = f"tier {run.tier}" if run.unselected else ""
    shard = f"shard {run.share.shard}" if run.share else ""
    return ", ".join(part for part in (named, tier, shard) if part) or "some requirements"
