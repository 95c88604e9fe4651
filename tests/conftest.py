"""For all tests of this repository: where bytecode is kept, examples of properties, repeating what failed."""

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

if sys.dont_write_bytecode:
    # Containers often forbid bytecode beside the sources. Without it, each start compiles all modules.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Before a module that uses Hypothesis, say how many examples are tried: HYPOTHESIS_PROFILE names it.

    Not for all at the start: its import takes longer than most modules' tests. A busy machine is no failure.
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
    """After a run that failed, say in the last line how to repeat what failed."""
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
    """Return the command that runs these tests again, in that environment of tox or without one."""
    words = shlex.join(tests[:MOST_REPEATED])
    return f"tox -e {environment} -- {words}" if environment else f"python -m pytest {words}"
