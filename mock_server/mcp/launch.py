"""What a configured command starts inside a sandbox, where there is no network to fetch a package from.

People write `npx -y NAME` and `uvx NAME`, which ask a registry even for what is installed. Such a command
means the package of that name in the tools folder, which `sigmic-mock mcp add` fills; every other command is
looked for on the sandbox's own PATH.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sigmic_conformance.mock_server.domain.mcp_servers import McpUnavailable

_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[-+.a-z0-9]*)")
_NPX_FLAGS = frozenset({"-y", "--yes", "-q", "--quiet"})


@dataclass(frozen=True, slots=True)
class Package:
    """A package by the registry that it is from, `npm` or `pypi`; `version` is empty for any."""

    registry: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.registry}:{self.name}"


@dataclass(frozen=True, slots=True)
class Installed:
    """A package in the tools folder: its version, and what starts each of its programs."""

    version: str
    programs: dict[str, Sequence[str]]


class Tools(Protocol):
    """The tools folder."""

    def installed(self, package: Package) -> Installed | None:
        """Return what is there of a package."""

    def python_of(self, module: str) -> str | None:
        """Return the interpreter beside which the package of a module is installed."""


def launched(command: str, args: Sequence[str], tools: Tools) -> list[str]:
    """Return what to start for a configured command. Raises `McpUnavailable` for what cannot be."""
    asked = _asked(command, list(args))
    if asked is not None:
        package, program, rest = asked
        return [*_program(package, program, tools), *rest]
    if command in {"python", "python3"} and len(args) > 1 and args[0] == "-m":
        return [tools.python_of(args[1]) or command, *args]
    return [command, *args]


def _asked(command: str, args: list[str]) -> tuple[Package, str, list[str]] | None:
    """Return the package that a command would fetch, its program (empty: the only one), and the rest."""
    if command == "npx":
        while args and args[0] in _NPX_FLAGS:
            del args[0]
        name, version = _npm_name(_next(command, args))
        return Package("npm", name, version), "", args
    if command == "uvx":
        return _python_tool(command, args)
    if (command, args[:1]) == ("pipx", ["run"]):
        return _python_tool(command, args[1:])
    if (command, args[:2]) == ("uv", ["tool", "run"]):
        return _python_tool(command, args[2:])
    return None


def _python_tool(command: str, args: list[str]) -> tuple[Package, str, list[str]]:
    if args[:1] == ["--from"]:
        del args[0]
        name, version = _python_name(_next(command, args))
        return Package("pypi", name, version), _next(command, args), args
    name, version = _python_name(_next(command, args))
    return Package("pypi", name, version), name, args


def _next(command: str, args: list[str]) -> str:
    if not args or args[0].startswith("-"):
        what = f"its option {args[0]} is not known here" if args else "it names no package"
        raise McpUnavailable(f"{command}: {what}")
    return args.pop(0)


def _npm_name(text: str) -> tuple[str, str]:
    name, _, version = text[1:].partition("@")
    return text[0] + name, version


def _python_name(text: str) -> tuple[str, str]:
    name, _, version = text.replace("==", "@").partition("@")
    return name.partition("[")[0], version


def _program(package: Package, program: str, tools: Tools) -> Sequence[str]:
    installed = tools.installed(package)
    if installed is None:
        raise McpUnavailable(f"{package} is not installed; run `sigmic-mock mcp add {package}`")
    wanted = package.version
    if _VERSION.fullmatch(wanted) and wanted.lstrip("v") != installed.version:
        raise McpUnavailable(
            f"{package} is installed as {installed.version}, not {wanted};"
            f" run `sigmic-mock mcp add {package}@{wanted}`"
        )
    programs = installed.programs
    if not program and len(programs) > 1:
        program = package.name.rpartition("/")[2]
    found = programs.get(program) if program else next(iter(programs.values()), None)
    if found is None:
        raise McpUnavailable(f"{package} has no program {program}; it has {', '.join(programs) or 'none'}")
    return found
