"""How to install an extra of a distribution, in the form in which it was installed itself."""

import json
import shlex
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any
from urllib.parse import unquote, urlsplit


def install_command(name: str, extra: str) -> str:
    """Return the command that adds an extra: of an index, of a clone, or of the address of a repository."""
    try:
        origin = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        origin = None
    return command_for(name, extra, json.loads(origin) if origin else {})


def needs_extra(what: str, name: str, extra: str, missing: ModuleNotFoundError) -> str:
    """Return the message about a module that is not installed."""
    return f"{what} needs the extra: {install_command(name, extra)} ({missing.name} is not installed)"


def command_for(name: str, extra: str, origin: Mapping[str, Any]) -> str:
    """Return the command for an origin, as PEP 610 (`direct_url.json`) records it."""
    if "dir_info" in origin:
        flag = "-e " if origin["dir_info"].get("editable") else ""
        folder = unquote(urlsplit(origin["url"]).path)
        return f"pip install {flag}{shlex.quote(f'{folder}[{extra}]')}"
    if "vcs_info" in origin:
        vcs = origin["vcs_info"]
        address = f" @ {vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
    else:
        address = f" @ {origin['url']}" if origin else ""
    return f"pip install '{name}[{extra}]{address}'"
