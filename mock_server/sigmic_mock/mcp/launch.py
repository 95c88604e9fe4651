"""Determine what a configured command starts in a sandbox, which has no network to fetch a package.

People write `npx -y NAME` and `uvx NAME`, which query a registry even for installed packages. Such a command
means the package of that name in the tools directory, which `sigmic-mock mcp add` fills. Any other command is
searched for in the sandbox's own PATH.
"""

import re
from collections.abc import Sequence

from sigmic_mock.domain.mcp_servers import McpUnavailable
from sigmic_mock.mcp.tools_folder import Package, ToolsFolder

_EXACT_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:[-+.a-z0-9]*)")
_NAMES = {
    "npm": re.compile(r"(?:@[a-z0-9][a-z0-9._~-]*/)?[a-z0-9][a-z0-9._~-]*"),
    "pypi": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),
}
"""Names that their registries accept: no path, no address, nothing that a package manager would fetch."""
_VERSION = re.compile(r"[A-Za-z0-9^~<>=*][A-Za-z0-9.+_^~<>=*-]*")
_EXTRAS = re.compile(r"\[[A-Za-z0-9,._-]*\]")
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_LONGEST = 300
"""Characters of a name with its version; npm allows 214 for a name."""
_NPX_FLAGS = frozenset({"-y", "--yes", "-q", "--quiet"})


def read_package(registry: str, text: str) -> Package | None:
    """Parse `NAME` or `NAME@VERSION`; None if it is neither."""
    name, at, version = text[1:].partition("@")
    name = text[:1] + name
    if (
        len(text) > _LONGEST
        or not _NAMES[registry].fullmatch(name)
        or (at and not _VERSION.fullmatch(version))
    ):
        return None
    return Package(registry, name, version)


def launched(command: str, args: Sequence[str], tools: ToolsFolder) -> list[str]:
    """Return the command line for a configured command. Raises `McpUnavailable` if it cannot start."""
    asked = _asked(command, list(args))
    if asked is not None:
        package, program, rest = asked
        return [*_program(package, program, tools), *rest]
    is_module = len(args) > 1 and args[0] == "-m" and _MODULE.fullmatch(args[1])
    if command in {"python", "python3"} and is_module:
        return [tools.python_of(args[1]) or command, *args]
    return [command, *args]


def _asked(command: str, args: list[str]) -> tuple[Package, str, list[str]] | None:
    """Return the package that a command would fetch, its program (empty: the only one), and the rest."""
    if command == "npx":
        while args and args[0] in _NPX_FLAGS:
            del args[0]
        return _package("npm", command, _next(command, args)), "", args
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
        package = _package("pypi", command, _next(command, args))
        return package, _next(command, args), args
    package = _package("pypi", command, _next(command, args))
    return package, package.name, args


def _next(command: str, args: list[str]) -> str:
    if not args or args[0].startswith("-"):
        what = f"its option {args[0]} is not known here" if args else "it names no package"
        raise McpUnavailable(f"{command}: {what}")
    return args.pop(0)


def _package(registry: str, command: str, text: str) -> Package:
    """Parse a command's package. A Python package may have extras, and `==` before the version."""
    wanted = _EXTRAS.sub("", text).replace("==", "@", 1) if registry == "pypi" else text
    package = read_package(registry, wanted)
    if package is None:
        raise McpUnavailable(f"{command}: {text[:80]!r} is not a valid {registry} package name")
    return package


def _program(package: Package, program: str, tools: ToolsFolder) -> Sequence[str]:
    installed = tools.installed(package)
    if installed is None:
        where = "" if tools.exists else " and start the server with --mcp-tools FOLDER"
        raise McpUnavailable(f"{package} is not installed; run `sigmic-mock mcp add {package}`{where}")
    wanted = package.version
    if _EXACT_VERSION.fullmatch(wanted) and wanted.lstrip("v") != installed.version:
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
