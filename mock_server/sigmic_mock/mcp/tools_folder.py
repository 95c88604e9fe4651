"""The directory with the packages of MCP servers: `npm/NAME` and `pypi/NAME`, one directory each.

Separate directories separate the dependencies of the servers. Sandboxes read it at its own path, so it must
not contain a secret.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a registry, `npm` or `pypi`; `version` is empty for any."""

    registry: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.registry}:{self.name}"


@dataclass(frozen=True, slots=True)
class Installed:
    """A package in the tools directory: its version, and the command for each of its programs."""

    version: str
    programs: dict[str, Sequence[str]]


class ToolsFolder:
    """The packages that `sigmic-mock mcp add` has installed; none if there is no directory."""

    def __init__(self, folder: Path | None) -> None:
        self.exists = folder is not None
        self.folder = Path("/nonexistent") if folder is None else folder

    def place(self, package: Package) -> Path:
        """Return the directory of one package."""
        name = package.name.replace("/", "+") if package.registry == "npm" else normalised(package.name)
        return self.folder / package.registry / name

    def packages(self) -> list[Package]:
        """Return the installed packages, with their versions."""
        found = []
        for registry in ("npm", "pypi"):
            root = self.folder / registry
            for place in sorted(root.iterdir()) if root.is_dir() else ():
                name = place.name.replace("+", "/") if registry == "npm" else place.name
                installed = self.installed(Package(registry, name))
                if installed is not None:
                    found.append(Package(registry, name, installed.version))
        return found

    def installed(self, package: Package) -> Installed | None:
        """Return the installed package, or None."""
        place = self.place(package)
        return _npm(place, package.name) if package.registry == "npm" else _pypi(place, package.name)

    def python_of(self, module: str) -> str | None:
        """Return the interpreter of the environment with a module's package, or None."""
        place = self.place(Package("pypi", module.partition(".")[0]))
        return str(_interpreter(place)) if _interpreter(place).exists() else None


def normalised(name: str) -> str:
    """Return the normalised name of a Python package, as its index uses it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _interpreter(place: Path) -> Path:
    return place / "bin" / "python"


def _npm(place: Path, name: str) -> Installed | None:
    folder = place / "node_modules" / name
    try:
        described = json.loads((folder / "package.json").read_bytes())
    except (OSError, ValueError):
        return None
    programs = described.get("bin", {})
    if isinstance(programs, str):
        programs = {name.rpartition("/")[2]: programs}
    return Installed(
        str(described.get("version", "")),
        {program: ("node", str((folder / path).resolve())) for program, path in programs.items()},
    )


def _pypi(place: Path, name: str) -> Installed | None:
    from importlib import metadata

    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sites = [str(place / "lib" / version / "site-packages")]
    for found in metadata.distributions(name=name, path=sites):
        scripts = [each.name for each in found.entry_points if each.group == "console_scripts"]
        return Installed(found.version, {script: (str(place / "bin" / script),) for script in scripts})
    return None
