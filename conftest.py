"""What all tests of this repository share: the root on the path, patience, and how to repeat what failed."""

import os
import shlex
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

MOST_REPEATED = 3
"""Of the tests that failed, so many are named in the command that repeats them."""

EXAMPLES = {"ordinary": 50, "wide": 1000}
"""How many examples of a property Hypothesis tries: in a run that somebody waits for, and in a release's."""

sys.path.insert(0, str(Path(__file__).parent))  # so that tests can import their fakes


def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Before a module that uses Hypothesis, say how many examples are tried: HYPOTHESIS_PROFILE names it.

    Not for all at the start: its import takes longer than most modules' tests. A busy machine is no failure.
    """
    if b"\nfrom hypothesis import" in module_path.read_bytes():
        from hypothesis import HealthCheck, settings  # noqa: PLC0415  not there in every environment

        for name, examples in EXAMPLES.items():
            settings.register_profile(
                name, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
            )
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))  # noqa: TID251 - as Hypothesis has it


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Let each worker of pytest-xdist begin elsewhere: what one has compiled the others find done."""
    report = yield
    if isinstance(collector, (pytest.Session, pytest.Directory)) and report.result:
        first = int(len(report.result) * turn(collector.config))
        report.result = [*report.result[first:], *report.result[:first]]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the tests into one order: all workers have to agree on it."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path)


def turn(config: pytest.Config) -> float:
    """How far into the tests this worker begins, as a part of them; 0 without workers."""
    worker = getattr(config, "workerinput", None)
    return int(worker["workerid"].removeprefix("gw")) / worker["workercount"] if worker else 0.0


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After a run that failed, say in the last line how to repeat what failed."""
    result = yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(session.config, "workerinput"):
        reports = (*terminal.stats.get("failed", ()), *terminal.stats.get("error", ()))
        failed = dict.fromkeys(report.nodeid for report in reports)
        if failed:
            environment = os.environ.get("TOX_ENV_NAME")  # noqa: TID251 - tox says it nowhere else
            terminal.write_line(f"repeat: {repeating(list(failed), environment)}")
    return result


def repeating(tests: list[str], environment: str | None) -> str:
    """Return the command that runs these tests again, in that environment of tox or without one."""
    words = shlex.join(tests[:MOST_REPEATED])
    return f"tox -e {environment} -- {words}" if environment else f"python -m pytest {words}"
