"""How to install an extra, or another distribution of the same repository."""

import json
import shlex
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

PUBLISHED = False
"""Whether the names are on PyPI. Until then a hint must not name them: another account may register them."""
_FOLDERS = {
    "sigmic-spec": "spec",
    "sigmic-mock": "mock_server",
    "sigmic-conformance": "conformance",
    "sigmic-load": "load",
}
_CACHE_OF_UVX = "archive-v0"
"""A folder of uv's cache, in which `uvx` makes its environments."""


def install_command(name: str, extra: str) -> str:
    """Return the command that adds an extra: of an index, of a clone, or of the address of a repository."""
    return command_for(f"{name}[{extra}]", _origin(name))


def companion_command(name: str, folder: str, beside: str) -> str:
    """Return the command that installs another distribution of the repository that `beside` came from.

    `folder` is its place in that repository.
    """
    return command_for(name, moved(_origin(beside), folder))


def needs_extra(what: str, name: str, extra: str, missing: ModuleNotFoundError) -> str:
    """Return the message about a module that is not installed."""
    return f"{what} needs the extra: {install_command(name, extra)} ({missing.name} is not installed)"


def command_for(requirement: str, origin: Mapping[str, Any]) -> str:
    """Return the command for a name, perhaps with an extra; the origin is as `direct_url.json` has it."""
    name, bracket, extra = requirement.partition("[")
    if not origin and not PUBLISHED:
        folder = f"./{_FOLDERS.get(name, name)}{bracket}{extra}"
        return f"{_installer()} {shlex.quote(folder)} in a clone of the repository"
    if "dir_info" in origin:
        flag = "-e " if origin["dir_info"].get("editable") else ""
        folder = unquote(urlsplit(origin["url"]).path)
        return f"{_installer()} {flag}{shlex.quote(f'{folder}{bracket}{extra}')}"
    address = ""
    if origin:
        vcs = origin.get("vcs_info")
        address = f" @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}" if vcs else f" @ {origin['url']}"
        address += f"#subdirectory={origin['subdirectory']}" if "subdirectory" in origin else ""
    return f"{_installer()} {shlex.quote(f'{name}{bracket}{extra}{address}')}"


def moved(origin: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """Return the origin of another folder of the same repository; empty, an index, if it has none."""
    if "dir_info" in origin:
        return {**origin, "url": f"{origin['url'].rstrip('/').rpartition('/')[0]}/{folder}"}
    return {**origin, "subdirectory": folder} if "subdirectory" in origin else {}


def _origin(name: str) -> Mapping[str, Any]:
    try:
        text = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return {}
    return json.loads(text) if text else {}


def _installer() -> str:
    """Return the command by which this environment was made, up to the name of a package."""
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return "uv tool install"
    if (prefix / "pipx_metadata.json").is_file():
        return "pipx install --force"
    if _CACHE_OF_UVX in prefix.parts:
        return "uvx --from"
    return "pip install" if find_spec("pip") else "uv pip install"
