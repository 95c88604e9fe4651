"""The files of a workspace, as listed and downloaded. Pure."""

import re
from typing import Any

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.transcript import Exchange


def entry_paths(page: Exchange, entry: str) -> list[str]:
    """Listed paths where an archive's entry may be: under uploads/, with its own directories."""
    return [path for path in listed(page) if path.startswith("uploads/") and path.endswith(f"/{entry}")]


def strays(page: Exchange, *names: str) -> list[str]:
    """The listed paths with `..`, and those outside uploads/ that contain one of these names.

    Other paths outside belong to the workspace or were created by the agent.
    """
    return [
        path
        for path in listed(page)
        if ".." in path.split("/")
        or (not path.startswith("uploads/") and any(name in path for name in names))
    ]


def listed(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """The listed files by path."""
    entries = json_values.objects(exchange.fields.get("files"))
    return {json_values.path(json_values.word(entry["path"])): entry for entry in entries if "path" in entry}


def is_attachment(disposition: str, name: str) -> bool:
    """Whether a Content-Disposition is an attachment of this plain name, in `filename` or `filename*`.

    How a platform writes the name is open (G-84); both forms are of RFC 6266.
    """
    told = rf"(?i:[;\s]filename\*?\s*=\s*(?:utf-8'[a-z-]*'|\"?)){re.escape(name)}\"?\s*(?:;|$)"
    return disposition.lower().startswith("attachment") and re.search(told, disposition) is not None
