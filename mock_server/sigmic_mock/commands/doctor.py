"""`sigmic-mock doctor`: list what keeps the mock from running well on this machine, each with its fix."""

import argparse
import asyncio
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sigmic_mock.bootstrap.banner import READY_FILE, read_ready_file
from sigmic_mock.bootstrap.port_owner import owner_of
from sigmic_mock.bootstrap.registry import running
from sigmic_mock.commands.command import Console, settings_of
from sigmic_mock.config.settings import Settings
from sigmic_mock.doctor import checks
from sigmic_mock.doctor.checks import Finding
from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing.control_client import ControlClient, MockRefused


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
    """Do it, for a start with this environment; 1 when there is a problem."""
    findings = list(_findings(settings_of({}, environment)))
    if given.json:
        console.say(json.dumps({"findings": [finding.as_json() for finding in findings]}))
    else:
        console.say("\n".join(finding.as_line() for finding in findings))
    return int(any(finding.is_problem for finding in findings))


def _findings(settings: Settings) -> Iterator[Finding]:
    data = settings.data_dir or Path(tempfile.gettempdir())
    ready = read_ready_file(data / READY_FILE)
    failure = _server_failure(ready)
    holder = _holder(data, ready)
    yield checks.python(sys.version_info[:3])
    yield from _sandboxes(settings.sandbox)
    yield checks.port(settings.port, _port_failure(settings), is_ours=bool(ready) and not failure)
    url = str(ready.get("base_url", ""))
    yield checks.folder(str(data), _folder_failure(data), holder, "" if failure else url)
    others = [] if settings.registry is None else running(settings.registry)
    for each in others:
        yield checks.server(str(each["base_url"]), _server_failure(each))
    if not others or (url and url not in {each["base_url"] for each in others}):
        yield checks.server(url, failure)
    yield checks.playbooks(str(settings.playbooks or ""), _playbook_problems(settings))
    yield checks.disk(str(data), shutil.disk_usage(_existing(data)).free)


def _sandboxes(name: str) -> Iterator[Finding]:
    """Open each backend that may be used, as the server would."""
    from sigmic_mock.sandbox.detect import CANDIDATES

    wanted = [each for each in CANDIDATES if name in {"auto", each}]
    for each in wanted:
        failure, properties = asyncio.run(_probe(each))
        yield checks.sandbox(each, failure, properties, is_last=each == wanted[-1])


async def _probe(name: str) -> tuple[str, Mapping[str, str]]:
    from sigmic_mock.ports import SandboxUnavailable
    from sigmic_mock.sandbox.detect import open_backend

    with tempfile.TemporaryDirectory(prefix="sigmic-mock-doctor-") as folder:
        try:
            backend = await open_backend(name, runtime_dir=Path(folder) / "workspaces")
        except SandboxUnavailable as problem:
            return str(problem).removeprefix(f"{name}: "), {}
        try:
            return "", backend.report.properties
        finally:
            await backend.close()


def _port_failure(settings: Settings) -> str:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((settings.host, settings.port))
        except OSError as problem:
            owner = owner_of(settings.port, settings.registry)
            return (problem.strerror or "can't be listened on").lower() + (f" by {owner}" if owner else "")
    return ""


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _folder_failure(data: Path) -> str:
    place = _existing(data)
    if not place.is_dir():
        return f"{place} is not a folder"
    return "" if os.access(place, os.W_OK | os.X_OK) else "can't be written"


def _holder(data: Path, ready: Mapping[str, Any]) -> int | None:
    """Return the process that has locked the data folder (0: it does not say which), or None."""
    from sigmic_mock.storage.database import DATABASE_FILE, is_in_use

    return int(ready.get("pid", 0)) if is_in_use(data / DATABASE_FILE) else None


def _server_failure(ready: Mapping[str, Any]) -> str:
    if not ready:
        return ""
    try:
        ControlClient(str(ready.get("control_url")), Secret(str(ready.get("control_token")))).ask("health")
    except MockRefused as problem:
        return str(problem)
    return ""


def _playbook_problems(settings: Settings) -> tuple[str, ...]:
    from sigmic_mock.agent.answers import BUNDLED, Answers
    from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader
    from sigmic_mock.agent.playbooks.library import Library
    from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS

    try:
        folders = [] if settings.playbooks is None else [settings.playbooks]
        reader = PlaybookReader(ALL_STEP_KINDS)
        Library(folders, reader=reader)
        Answers(settings.answers or BUNDLED, reader=reader)
    except PlaybookError as problem:
        return problem.problems
    return ()
