"""For all tests of this repository: bytecode, number of Hypothesis examples, command to repeat failures."""

import os
import shlex
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

MOST_REPEATED = 3
"""How many failed tests the command that repeats them names at most."""

EXAMPLES = {"ordinary": 50, "wide": 1000}
"""Examples of a property that Hypothesis tries: in a run during development, and in a release's."""

if sys.dont_write_bytecode:
    # Containers often forbid bytecode in the source folders. Without it, each start compiles all modules.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Before a module that uses Hypothesis, set how many examples are tried: HYPOTHESIS_PROFILE names it.

    Not at the start of each run: its import takes longer than most modules' tests. Slowness is not a failure.
    """
    if b"\nfrom hypothesis import" in module_path.read_bytes():
        from hypothesis import HealthCheck, settings

        for name, examples in EXAMPLES.items():
            settings.register_profile(
                name, max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
            )
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """After a failed run, print as the last line how to repeat the failed tests."""
    result = yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not hasattr(session.config, "workerinput"):
        reports = (*terminal.stats.get("failed", ()), *terminal.stats.get("error", ()))
        failed = dict.fromkeys(report.nodeid for report in reports)
        if failed:
            environment = os.environ.get("TOX_ENV_NAME")
            terminal.write_line(f"repeat: {repeating(list(failed), environment)}")
    return result


def repeating(tests: list[str], environment: str | None) -> str:
    """Return the command that runs these tests again, in the same environment of tox or without one."""
    words = shlex.join(tests[:MOST_REPEATED])
    return f"tox -e {environment} -- {words}" if environment else f"python -m pytest {words}"
