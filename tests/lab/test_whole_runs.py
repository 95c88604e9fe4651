import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_nightly_tests_of_whole_targets_can_be_collected():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "lab/whole_runs", "--collect-only", "-q", "-m", "judgement or slow"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert " deselected" not in done.stdout
