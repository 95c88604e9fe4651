"""`sigmic-mock mcp`: install packages of MCP servers, list them, try a project's server out."""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from sigmic_mock.commands.command import (
    FAILED,
    USAGE,
    CommandRefused,
    Console,
    settings_of,
)
from sigmic_mock.commands.target import find_target, target_arguments
from sigmic_mock.mcp.installing import NotInstalled, install, named_package, run_here
from sigmic_mock.mcp.tools_folder import Installed, Package, ToolsFolder
from sigmic_spec.plural import plural


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="install a package; needs a network", allow_abbrev=False)
    add.add_argument("package", metavar="PACKAGE", help="npm:NAME or pypi:NAME, with @VERSION if you like")
    listing = actions.add_parser("list", help="list installed packages", allow_abbrev=False)
    for action in (add, listing):
        action.add_argument("--mcp-tools", metavar="FOLDER", help="folder of packages, as the server's flag")
        action.add_argument("--json", action="store_true", help="print one JSON object")
    test = actions.add_parser("test", help="connect to a server of a project", allow_abbrev=False)
    test.add_argument("name", metavar="NAME", help="its name in the project")
    test.add_argument(
        "--env",
        action="append",
        default=[],
        metavar="NAME",
        help="environment variable to use for {{mcp.NAME}}; repeatable",
    )
    target_arguments(test)


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it; `test` exits with 1 when the server does not work."""
    if given.action == "test":
        return _test(given, console, environment)
    package = _named(given.package) if given.action == "add" else None
    folder = _folder(given, environment)
    if package is None:
        packages = [(package, _known(folder, package)) for package in folder.packages()]
    else:
        packages = [_added(folder, package)]
    shown = [_shown(*each) for each in packages]
    lines = [_line(each) for each in shown] or ["nothing is installed"]
    answer = {"folder": str(folder.folder), "packages": shown}
    console.say(json.dumps(answer) if given.json else "\n".join(lines))
    return 0


def _folder(given: argparse.Namespace, environment: Mapping[str, str]) -> ToolsFolder:
    flags = {} if given.mcp_tools is None else {"mcp-tools": given.mcp_tools}
    settings = settings_of(flags, environment)
    if settings.mcp_tools is None:
        raise CommandRefused(
            "no folder for packages: there is no home folder, or it is in a folder that each sandbox replaces"
            " with its own, such as /tmp. Use --mcp-tools FOLDER here and for the server",
            USAGE,
        )
    return ToolsFolder(settings.mcp_tools)


def _named(text: str) -> Package:
    try:
        return named_package(text)
    except NotInstalled as problem:
        raise CommandRefused(str(problem), USAGE) from None


def _added(folder: ToolsFolder, package: Package) -> tuple[Package, Installed]:
    try:
        installed = install(folder, package, run_here)
    except NotInstalled as problem:
        raise CommandRefused(str(problem)) from None
    except OSError as problem:
        raise CommandRefused(f"can't write {problem.filename}: {problem.strerror}") from None
    return Package(package.registry, package.name, installed.version), installed


def _known(folder: ToolsFolder, package: Package) -> Installed:
    return folder.installed(package) or Installed(package.version, {})


def _shown(package: Package, installed: Installed) -> dict[str, Any]:
    return {"package": str(package), "version": package.version, "programs": list(installed.programs)}


def _line(shown: Mapping[str, Any]) -> str:
    return f"{shown['package']}  {shown['version']}  {', '.join(shown['programs'])}"


def _test(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    missing = [name for name in given.env if name not in environment]
    if missing:
        raise CommandRefused(f"the environment variable {missing[0]} is not set", USAGE)
    target = find_target(given, environment)
    values = {name: environment[name] for name in given.env}
    answer = target.ask("test_mcp_server", name=given.name, env=values)
    console.say(json.dumps(answer) if given.json else "\n".join(_told(answer)))
    return 0 if answer["works"] else FAILED


def _told(answer: Mapping[str, Any]) -> list[str]:
    if not answer["works"]:
        return list(answer["messages"])
    head = f"{answer['server']} works: {plural(len(answer['tools']), 'tool')} after {answer['seconds']:g} s"
    rows = [f"  {tool['name']}  {tool['description'].partition(chr(10))[0]}" for tool in answer["tools"]]
    return [head, *rows, *answer["messages"]]
