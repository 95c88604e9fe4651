"""Another program, run to its end."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def ended(
    command: Sequence[str | Path], *, seconds: float = 60, **how: Any
) -> subprocess.CompletedProcess[str]:
    """Run a command; return its code, and what it said."""
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, **how)
