"""For all tests of this repository: bytecode, names, Hypothesis examples, and folders left out."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

collect_ignore = [] if find_spec("playwright") else ["browser"]

EXAMPLES = {"ordinary": 50, "wide": 1000}
"""Examples of a property that Hypothesis tries: in a run during development, and in a release's."""

if sys.dont_write_bytecode:
    # Containers often forbid bytecode in the source folders. Without it, each start compiles all modules.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix


def pytest_report_header() -> list[str]:
    """Name the folder that is left out."""
    return [f"left out: tests/{folder} needs the group `{folder}`" for folder in collect_ignore]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Long content is named by its argument: a ZIP file has the time in it, and each worker makes its own."""
    return argname if isinstance(val, str | bytes) and len(val) > 100 else None


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
