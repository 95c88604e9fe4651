"""A program that is run by a user who is not root: root is never refused, so it becomes somebody else."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
BECOME = f"""
def become_somebody_else():
    import os
    if os.geteuid() == 0:
        os.setgid({NOBODY})
        os.setuid({NOBODY})
"""


def ran_by_somebody_else(program: str, folder: Path) -> tuple[str, str]:
    """What it said and complained of; `folder` is its first argument, and somebody else's.

    It calls `become_somebody_else()` once it has imported what only its first user may read.
    """
    if os.geteuid() == 0:
        # Every folder of pytest's own above it, one more where tests share the work.
        for path in [folder, *folder.parents][:4]:
            if path == Path(tempfile.gettempdir()):
                break
            path.chmod(0o755)
        os.chown(folder, NOBODY, NOBODY)
    done = subprocess.run(
        [sys.executable, "-c", BECOME + program, str(folder)],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=REPOSITORY,
        # Who measures coverage writes where somebody else may not.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
        check=False,
    )
    return done.stdout, done.stderr
