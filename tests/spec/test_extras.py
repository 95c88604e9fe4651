"""The command that installs an extra."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_spec import extras
from sigmic_spec.extras import command_for, companion_command, install_command, moved


@pytest.fixture(autouse=True)
def _with_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: name)


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({}, "pip install './mock_server[mcp]' in a clone of the repository"),
        ({"url": "file:///a%20b/c", "dir_info": {}}, "pip install '/a b/c[mcp]'"),
        ({"url": "file:///c", "dir_info": {"editable": True}}, "pip install -e '/c[mcp]'"),
        (
            {"url": "https://a.example/b.git", "vcs_info": {"vcs": "git", "commit_id": "7f"}},
            "pip install 'sigmic-mock[mcp] @ git+https://a.example/b.git@7f'",
        ),
        (
            {
                "url": "https://a.example/b.git",
                "vcs_info": {"vcs": "git", "commit_id": "7f"},
                "subdirectory": "mock_server",
            },
            "pip install 'sigmic-mock[mcp] @ git+https://a.example/b.git@7f#subdirectory=mock_server'",
        ),
        (
            {"url": "https://a.example/b.whl", "archive_info": {}},
            "pip install 'sigmic-mock[mcp] @ https://a.example/b.whl'",
        ),
    ],
)
def test_an_extra_is_installed_as_the_distribution_was(origin: dict[str, Any], command: str):
    assert command_for("sigmic-mock[mcp]", origin) == command


def test_the_origin_is_that_of_this_environment():
    assert install_command("sigmic-mock", "mcp").startswith("pip install ")
    assert "[mcp]" in install_command("sigmic-mock", "mcp")


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({}, "pip install ./mock_server in a clone of the repository"),
        ({"url": "file:///c/conformance", "dir_info": {}}, "pip install /c/mock_server"),
        ({"url": "file:///c/conformance/", "dir_info": {"editable": True}}, "pip install -e /c/mock_server"),
        (
            {
                "url": "https://a.example/b.git",
                "vcs_info": {"vcs": "git", "commit_id": "7f"},
                "subdirectory": "conformance",
            },
            "pip install 'sigmic-mock @ git+https://a.example/b.git@7f#subdirectory=mock_server'",
        ),
        (
            {"url": "https://a.example/b.whl", "archive_info": {}},
            "pip install ./mock_server in a clone of the repository",
        ),
    ],
)
def test_another_distribution_is_installed_from_the_same_repository(origin: dict[str, Any], command: str):
    assert command_for("sigmic-mock", moved(origin, "mock_server")) == command


def test_a_published_name_is_enough(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extras, "PUBLISHED", True)

    assert command_for("sigmic-mock[mcp]", {}) == "pip install 'sigmic-mock[mcp]'"


@pytest.mark.parametrize(
    ("made", "command"),
    [
        ("uv-receipt.toml", "uv tool install '/c[mcp]'"),
        ("pipx_metadata.json", "pipx install --force '/c[mcp]'"),
        ("archive-v0/x/pyvenv.cfg", "uvx --from '/c[mcp]'"),
        ("pyvenv.cfg", "pip install '/c[mcp]'"),
    ],
)
def test_the_command_is_that_of_the_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: str, command: str
):
    file = tmp_path / made
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    monkeypatch.setattr("sys.prefix", str(file.parent))

    assert command_for("sigmic-mock[mcp]", {"url": "file:///c", "dir_info": {}}) == command


def test_an_environment_without_pip_is_one_of_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    monkeypatch.setattr(extras, "find_spec", lambda _: None)

    command = companion_command("sigmic-mock", "mock_server", "not-installed")
    assert command == "uv pip install ./mock_server in a clone of the repository"
