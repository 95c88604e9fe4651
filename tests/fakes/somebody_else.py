"""Run a program as a user without privileges: root is never refused, so the program changes its user."""

import os
import sys
import tempfile
from pathlib import Path

from tests.fakes.command import ended

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
    """Run a program; return its output and errors. `folder`, its first argument, belongs to the other user.

    It calls `become_somebody_else()` after it has imported the files that only its first user may read.
    """
    if os.geteuid() == 0:
        # pytest creates the folders above it, one more if tests run in parallel.
        for path in [folder, *folder.parents][:4]:
            if path == Path(tempfile.gettempdir()):
                break
            path.chmod(0o755)
        os.chown(folder, NOBODY, NOBODY)
    # Coverage would write its data to a folder where the other user may not.
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = ended(
        [sys.executable, "-c", BECOME + program, str(folder)],
        seconds=30,
        cwd=REPOSITORY,
        env=own,
    )
    return done.stdout, done.stderr
