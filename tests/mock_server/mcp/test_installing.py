"""Installing packages into the tools folder, with a package manager that the test simulates."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sigmic_mock.mcp.installing import NotInstalled, Ran, install, named_package
from sigmic_mock.mcp.launch import launched
from sigmic_mock.mcp.tools_folder import Package, ToolsFolder


def test_a_package_is_named_with_its_registry_or_refused_before_anything_runs() -> None:
    assert named_package("npm:@scope/files@2.1.0") == Package("npm", "@scope/files", "2.1.0")
    for text in ("two", "gem:two", "npm:", "npm:--global", "pypi:-r x"):
        with pytest.raises(NotInstalled):
            named_package(text)


class Managers:
    """Simulate npm, venv and pip: each creates the files of the real one, or fails."""

    def __init__(self, *, code: int = 0, printed: str = "") -> None:
        self.ended = Ran(code, printed)
        self.ran: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str]) -> Ran:
        self.ran.append(command)
        if command[0] == "npm":
            folder = Path(command[command.index("--prefix") + 1]) / "node_modules" / "@scope" / "files"
            folder.mkdir(parents=True)
            described = {"version": "2.1.0", "bin": {"mcp-files": "dist/index.js"}}
            (folder / "package.json").write_text(json.dumps(described))
        elif "pip" in command:
            place = Path(command[0]).parent.parent
            version = f"python{sys.version_info.major}.{sys.version_info.minor}"
            facts = place / "lib" / version / "site-packages" / "mcp_server_time-2026.1.dist-info"
            facts.mkdir(parents=True)
            (facts / "METADATA").write_text("Name: mcp-server-time\nVersion: 2026.1\n")
            (facts / "entry_points.txt").write_text("[console_scripts]\nmcp-server-time = a:b\n")
        return self.ended


def test_what_was_installed_is_found_listed_and_started(tmp_path: Path) -> None:
    folder, managers = ToolsFolder(tmp_path), Managers()

    install(folder, Package("npm", "@scope/files"), managers)
    install(folder, Package("pypi", "MCP_server.time"), managers)

    assert folder.packages() == [
        Package("npm", "@scope/files", "2.1.0"),
        Package("pypi", "mcp-server-time", "2026.1"),
    ]
    script = tmp_path / "npm/@scope+files/node_modules/@scope/files/dist/index.js"
    assert launched("npx", ["-y", "@scope/files", "."], folder) == ["node", str(script), "."]
    assert launched("uvx", ["mcp-server-time"], folder) == [
        str(tmp_path / "pypi/mcp-server-time/bin/mcp-server-time")
    ]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    folder = ToolsFolder(tmp_path)

    with pytest.raises(NotInstalled, match="could not install npm:@scope/files: the disk is full"):
        install(folder, Package("npm", "@scope/files"), Managers(code=1, printed="so\nthe disk is full\n"))
    with pytest.raises(NotInstalled, match="npm:other has no program to start"):
        install(folder, Package("npm", "other"), Managers())

    def absent(_command: Sequence[str]) -> Ran:
        raise FileNotFoundError

    with pytest.raises(NotInstalled, match="npm is not installed on this machine"):
        install(folder, Package("npm", "two"), absent)
    assert folder.packages() == []
    assert list((tmp_path / "npm").iterdir()) == []


@pytest.mark.parametrize(
    ("package", "printed", "told"),
    [
        (Package("npm", "two"), "npm error code E404\nnpm error 404 'two@latest'", "npm has no package two"),
        (Package("npm", "two", "9"), "npm error code ETARGET", "npm has no version 9 of two"),
        (Package("pypi", "two"), "ERROR: … (from versions: none)", "PyPI has no package two"),
        (
            Package("pypi", "two", "9"),
            "ERROR: … (from versions: 1, 2)\nERROR: No matching distribution found for two==9",
            "PyPI has no version 9 of two",
        ),
        (
            Package("pypi", "two"),
            "WARNING: Retrying …\nERROR: … (from versions: none)\nERROR: No matching distribution found",
            "could not install pypi:two: ERROR: No matching distribution found",
        ),
        (Package("npm", "two"), "", "could not install npm:two: exit code 1"),
    ],
)
def test_a_package_that_a_registry_does_not_have_is_reported_as_missing(
    tmp_path: Path, package: Package, printed: str, told: str
) -> None:
    with pytest.raises(NotInstalled) as refused:
        install(ToolsFolder(tmp_path), package, Managers(code=1, printed=printed))

    assert str(refused.value).startswith(told)
