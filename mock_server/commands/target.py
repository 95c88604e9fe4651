"""Finds the running server that a command is for, and calls its control plane.

In this order: `--ready-file`, SIGMIC_MOCK_READY_FILE, the pair SIGMIC_MOCK_CONTROL_URL and
SIGMIC_MOCK_CONTROL_TOKEN (as `env` and `exec` set them), then the ready file in the default data folder. The
token is never an argument: arguments are visible to every user of a machine.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_conformance.mock_server.bootstrap.banner import READY_FILE
from sigmic_conformance.mock_server.commands.command import CommandRefused
from sigmic_conformance.mock_server.config.settings import SettingsError, state_folder
from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.testing.control_client import (
    ControlClient,
    MockRefused,
    NoServer,
    value_of,
)

_START = "Start one with `sigmic-mock`, or name its ready file with --ready-file FILE"


def target_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what every command about a running server takes."""
    parser.add_argument("--ready-file", metavar="FILE", help="ready file of the server to talk to")
    parser.add_argument("--project", metavar="ID", help="project to act on (default: the first one)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running server. `ready` is its ready file, empty when it was named by URL."""

    client: ControlClient
    ready: Mapping[str, Any]

    def ask(self, operation: str, /, **fields: Any) -> Any:
        """Call an operation of the control plane's table; return its JSON value. Raises `CommandRefused`."""
        try:
            return value_of(*self.fetch(operation, **fields))
        except MockRefused as problem:
            raise CommandRefused(str(problem)) from None

    def fetch(self, operation: str, /, **fields: Any) -> tuple[bytes, int]:
        """Call an operation and return its answer's bytes and status; raises `CommandRefused`."""
        try:
            return self.client.fetch(operation, **fields)
        except NoServer as problem:
            raise CommandRefused(f"{problem}. {_START}") from None


def find_target(given: argparse.Namespace, environment: Mapping[str, str]) -> Target:
    """Return the server that the command is for; raises `CommandRefused`."""
    named = given.ready_file or environment.get("SIGMIC_MOCK_READY_FILE")
    url = environment.get("SIGMIC_MOCK_CONTROL_URL")
    token = environment.get("SIGMIC_MOCK_CONTROL_TOKEN")
    if not named and url and token:
        return Target(client=ControlClient(url, Secret(token), given.project), ready={})
    ready = _read(Path(named) if named else default_ready_file(environment))
    client = ControlClient(ready["control_url"], Secret(ready["control_token"]), given.project)
    return Target(client=client, ready=ready)


def default_ready_file(environment: Mapping[str, str]) -> Path:
    """Return where a server started without flags leaves its ready file."""
    folder = environment.get("SIGMIC_MOCK_DATA_DIR")
    try:
        return (Path(folder) if folder else state_folder(environment)) / READY_FILE
    except SettingsError as problem:
        raise CommandRefused(str(problem)) from None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        ready = json.loads(path.read_text())
        missing = {"base_url", "control_url", "control_token"} - ready.keys()
    except OSError:
        raise CommandRefused(f"no running server found ({path} does not exist). {_START}") from None
    except (ValueError, AttributeError):
        raise CommandRefused(f"{path} is not a ready file. {_START}") from None
    if missing:
        raise CommandRefused(
            f"{path} was written by an older server (missing: {', '.join(sorted(missing))}). {_START}"
        )
    return dict(ready)
