"""Build the distributions of this clone, and environments that contain only a wheel from it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]
BUILD_SECONDS = 300
COMMAND_SECONDS = 120


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel, and a folder outside the clone for running its commands."""

    environment: Path
    folder: Path

    def run(self, command: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment to its end, without the environment variables of this process."""
        return ended(
            [self.environment / "bin" / command, *words],
            seconds=COMMAND_SECONDS,
            cwd=cwd or self.folder,
            env={"PATH": f"{self.environment / 'bin'}:{os.defpath}", "HOME": str(self.folder)},
        )


def built(folder: Path, *words: str) -> Path:
    """Build into a folder; return the wheel. `words` are additional arguments of `build`."""
    subprocess.run(
        [sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, *words, ROOT],
        check=True,
        timeout=BUILD_SECONDS,
        stdout=subprocess.DEVNULL,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def installed(folder: Path, *requirements: str) -> Installation:
    """Create an environment and install into it."""
    environment = folder / "environment"
    python = environment / "bin" / "python"
    for words in (
        ["venv", "--quiet", "--python", sys.executable, str(environment)],
        ["pip", "install", "--quiet", "--python", str(python), *requirements],
    ):
        subprocess.run([find_uv_bin(), *words], check=True, timeout=BUILD_SECONDS)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    return Installation(environment, elsewhere)
