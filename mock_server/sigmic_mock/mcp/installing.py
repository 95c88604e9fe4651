"""Install packages of MCP servers into the tools directory: outside any sandbox, and only on request."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sigmic_mock.mcp.launch import read_package
from sigmic_mock.mcp.tools_folder import Installed, Package, ToolsFolder

_REGISTRIES = ("npm", "pypi")
_NAMES = {"npm": "npm", "pypi": "PyPI"}
_NO_PACKAGE = re.compile(r"code E404|\(from versions: none\)")
_NO_VERSION = re.compile(r"code ETARGET|No matching distribution found")
_UNREACHED = re.compile(r"Retrying|[Cc]onnection|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONN")
_SECONDS = 600


class NotInstalled(Exception):
    """A package was not installed; the message is one line that says why."""


def named_package(text: str) -> Package:
    """Parse `npm:NAME` or `pypi:NAME`, optionally with `@VERSION`. Raises `NotInstalled`."""
    registry, _, rest = text.partition(":")
    if registry not in _REGISTRIES or not rest:
        raise NotInstalled(f"{text!r} is not a package; write npm:NAME or pypi:NAME")
    package = read_package(registry, rest)
    if package is None:
        raise NotInstalled(f"{rest!r} is not a valid {registry} package name")
    return package


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and its output."""

    code: int
    printed: str = ""


Run = Callable[[Sequence[str]], Ran]
"""Runs a command to its end. Raises FileNotFoundError."""


def install(folder: ToolsFolder, package: Package, run: Run) -> Installed:
    """Install a package, replacing another version; return the installed one. Raises `NotInstalled`.

    A partial installation is removed.
    """
    place = folder.place(package)
    is_new = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    try:
        _run_all(_commands(str(place), package), package, run)
        return _found(folder, package)
    except BaseException:
        if is_new:
            shutil.rmtree(place, ignore_errors=True)
        raise


def _run_all(commands: Sequence[Sequence[str]], package: Package, run: Run) -> None:
    for command in commands:
        try:
            ran = run(command)
        except FileNotFoundError:
            raise NotInstalled(f"{command[0]} is not installed on this machine") from None
        if ran.code != 0:
            raise NotInstalled(_why(ran, package))


def _why(ran: Ran, package: Package) -> str:
    """Return why a package manager failed. Report a missing package only if the registry was reached."""
    registry, printed = _NAMES[package.registry], ran.printed
    if not _UNREACHED.search(printed):
        if _NO_PACKAGE.search(printed):
            return f"{registry} has no package {package.name}"
        if _NO_VERSION.search(printed):
            return f"{registry} has no version {package.version} of {package.name} for this machine"
    errors = [line for line in printed.splitlines() if line.strip()]
    return f"could not install {package}: " + (errors[-1].strip() if errors else f"exit code {ran.code}")


def _found(folder: ToolsFolder, package: Package) -> Installed:
    installed = folder.installed(package)
    if installed is None or not installed.programs:
        raise NotInstalled(f"{package} has no program to start")
    return installed


def _commands(place: str, package: Package) -> Sequence[Sequence[str]]:
    if package.registry == "npm":
        wanted = f"{package.name}@{package.version or 'latest'}"
        return [("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", place, wanted)]
    wanted = f"{package.name}=={package.version}" if package.version else package.name
    pip = (f"{place}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    return [
        (sys.executable, "-m", "venv", "--clear", place),
        (*pip, wanted),
    ]


def run_here(command: Sequence[str]) -> Ran:
    """Run a command of this machine; what it prints when it fails is shown on standard error."""
    ended = subprocess.run(
        command,
        check=False,
        timeout=_SECONDS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if ended.returncode != 0:
        sys.stderr.write(ended.stdout)
    return Ran(ended.returncode, ended.stdout)
