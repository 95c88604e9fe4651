"""Finds the running server that a command is for, and calls its control plane.

In this order: `--server`, `--ready-file`, SIGMIC_MOCK_READY_FILE, the pair SIGMIC_MOCK_CONTROL_URL and
SIGMIC_MOCK_CONTROL_TOKEN (as `env` and `exec` set them), the data folder of SIGMIC_MOCK_DATA_DIR, then the
one server of this user that runs. The token is never an argument: every user of a machine sees arguments.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_mock.bootstrap.banner import READY_FILE
from sigmic_mock.bootstrap.registry import running
from sigmic_mock.commands.command import FAILED, USAGE, CommandRefused
from sigmic_mock.config.settings import SettingsError, registry_folder, state_folder
from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing.control_client import (
    ControlClient,
    MockRefused,
    NoServer,
    value_of,
)

_BAD_INPUT = 400
_START = "Start one with `sigmic-mock`, or name its ready file with --ready-file FILE"


def target_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags of every command about a running server."""
    parser.add_argument(
        "--server", metavar="URL|PORT", help="running server to talk to, if there are several"
    )
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
        raw, status = self.fetch(operation, **fields)
        try:
            return value_of(raw, status)
        except MockRefused as problem:
            raise CommandRefused(str(problem), USAGE if status == _BAD_INPUT else FAILED) from None

    def fetch(self, operation: str, /, **fields: Any) -> tuple[bytes, int]:
        """Call an operation and return its answer's bytes and status; raises `CommandRefused`."""
        try:
            return self.client.fetch(operation, **fields)
        except NoServer as problem:
            raise CommandRefused(f"{problem}. {_START}") from None


def find_target(given: argparse.Namespace, environment: Mapping[str, str]) -> Target:
    """Return the server that the command is for; raises `CommandRefused`."""
    if given.server:
        return _target(_named(given.server, servers(environment)), given)
    named = given.ready_file or environment.get("SIGMIC_MOCK_READY_FILE")
    url = environment.get("SIGMIC_MOCK_CONTROL_URL")
    token = environment.get("SIGMIC_MOCK_CONTROL_TOKEN")
    if not named and url and token:
        return Target(client=ControlClient(url, Secret(token), given.project), ready={})
    if named or environment.get("SIGMIC_MOCK_DATA_DIR"):
        return _target(_read(Path(named) if named else default_ready_file(environment)), given)
    return _target(_only(servers(environment)) or _read(default_ready_file(environment)), given)


def _target(ready: Mapping[str, Any], given: argparse.Namespace) -> Target:
    client = ControlClient(ready["control_url"], Secret(ready["control_token"]), given.project)
    return Target(client=client, ready=ready)


def servers(environment: Mapping[str, str]) -> Sequence[Mapping[str, Any]]:
    """Return the ready files of this user's running servers."""
    folder = registry_folder(environment)
    return [] if folder is None else running(folder)


def _named(server: str, found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the running server at a URL or port."""
    for ready in found:
        if server.rstrip("/") in {ready["base_url"], ready["base_url"].rpartition(":")[2]}:
            return ready
    known = f"; running: {_told(found)}" if found else f". {_START}"
    raise CommandRefused(f"no server of yours runs at {server}{known}")


def _only(found: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the only server, if any. Servers of `exec` and `gauntlet` count only if there is no other."""
    found = [ready for ready in found if not ready.get("of_a_run")] or found
    if len(found) > 1:
        port = found[0]["base_url"].rpartition(":")[2]
        raise CommandRefused(
            f"several servers are running: {_told(found)}. Choose one, for example --server {port}",
            USAGE,
        )
    return found[0] if found else None


def _told(found: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(
        f"{ready['base_url']} (process {ready['pid']}{', ephemeral' if ready['ephemeral'] else ''})"
        for ready in found
    )


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
