"""What all tests of this repository share: the root on the path, and patient settings for Hypothesis."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # so that tests can import their fakes


def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Before a module that uses Hypothesis, say that a busy machine is no failure.

    Not for all at the start: its import takes longer than most modules' tests.
    """
    if b"\nfrom hypothesis import" in module_path.read_bytes():
        from hypothesis import HealthCheck, settings  # noqa: PLC0415

        settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
        settings.load_profile("any machine")
