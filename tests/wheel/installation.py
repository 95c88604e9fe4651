"""Build the distributions of this clone, and environments that contain only wheels of them."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tests.fakes.command import ended

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "sigmic-spec": "spec",
    "sigmic-mock": "mock_server",
    "sigmic-conformance": "conformance",
    "sigmic-load": "load",
}
"""Each distribution, with its folder."""
BUILD_SECONDS = 300
COMMAND_SECONDS = 120


@dataclass(frozen=True)
class Installation:
    """A virtual environment with wheels, and a folder outside the clone for running its commands."""

    environment: Path
    folder: Path
    seconds: float
    """How long the installation took, with packages that may have been downloaded before."""

    def run(self, command: str, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment to its end, without the environment variables of this process."""
        return ended(
            [self.environment / "bin" / command, *words],
            seconds=COMMAND_SECONDS,
            cwd=cwd or self.folder,
            env={"PATH": f"{self.environment / 'bin'}:{os.defpath}", "HOME": str(self.folder)},
        )

    def packages(self) -> set[str]:
        """Return the names of the installed distributions, in lower case with `_`."""
        return {each.name.partition("-")[0].lower() for each in self._site().glob("*.dist-info")}

    def megabytes(self) -> float:
        """Return the size of the installed files, without compiled modules."""
        files = (each for each in self._site().rglob("*") if each.is_file() and each.suffix != ".pyc")
        return sum(each.stat().st_size for each in files) / 1e6

    def _site(self) -> Path:
        (found,) = self.environment.glob("lib/*/site-packages")
        return found


def built(folder: Path, *, only: tuple[str, ...] = ()) -> dict[str, Path]:
    """Build every distribution into a folder, as a release does; return the wheel of each.

    `only` are additional arguments of `build`.
    """
    for place in FOLDERS.values():
        subprocess.run(
            [sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, *only, ROOT / place],
            check=True,
            timeout=BUILD_SECONDS,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"SIGMIC_SPEC_BY_NAME": "1"},
        )
    return wheels(folder)


def wheels(folder: Path) -> dict[str, Path]:
    """Return the wheel of each distribution in a folder."""
    found = {}
    for name in FOLDERS:
        (found[name],) = folder.glob(f"{name.replace('-', '_')}-*.whl")
    return found


def installed(folder: Path, *requirements: str, links: Path) -> Installation:
    """Create an environment and install into it; our own distributions come from the folder `links`."""
    environment = folder / "environment"
    python = environment / "bin" / "python"
    started = time.monotonic()
    for words in (
        ["venv", "--quiet", "--python", sys.executable, str(environment)],
        ["pip", "install", "--quiet", "--python", str(python), "--find-links", str(links), *requirements],
    ):
        subprocess.run([find_uv_bin(), *words], check=True, timeout=BUILD_SECONDS)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    return Installation(environment, elsewhere, time.monotonic() - started)
