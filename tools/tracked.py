"""The files that Git tracks."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def tracked(*patterns: str, root: Path = ROOT) -> list[str]:
    """Return the paths of the tracked files that are there and fit a pattern; without patterns, of all."""
    command = ["git", "ls-files", "-z", "--", *patterns]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name and (root / name).is_file()]
