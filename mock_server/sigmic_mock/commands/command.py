"""A command: a verb, its arguments and its action. Its module is loaded when the verb is used.

Rule: a command prints through its `Console` and refuses by raising `CommandRefused`; the exit is `cli`'s.
"""

import argparse
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from sigmic_mock.config.settings import Settings, SettingsError, resolve

FAILED = 1
USAGE = 2


class CommandRefused(Exception):
    """The command cannot be carried out; the message is one line that says what to type next."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


def settings_of(flags: Mapping[str, str], environment: Mapping[str, str]) -> Settings:
    """Return the settings that a start with these flags and variables has. Raises `CommandRefused`."""
    try:
        return resolve(flags, environment)
    except SettingsError as problem:
        raise CommandRefused(str(problem), USAGE) from None


def write(path: Path, content: bytes) -> None:
    """Write a file that the command was asked for. Raises `CommandRefused`."""
    try:
        path.write_bytes(content)
    except OSError as problem:
        raise CommandRefused(f"can't write {path}: {(problem.strerror or '').lower()}") from None


class Console(Protocol):
    """The output of a command. It shows control characters of foreign text visibly."""

    def say(self, text: str) -> None:
        """Print one result on standard output."""

    def note(self, text: str) -> None:
        """Print one remark on standard error."""


class CommandModule(Protocol):
    """The interface of a verb's module."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""

    def run(self, given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
        """Do it; return the exit code. Raises `CommandRefused`."""


VERBS: Mapping[str, str] = {
    "snapshot": "save, restore and fork a project's state",
    "clock": "show, set and advance a project's clock",
    "faults": "list, arm and disarm faults",
    "breakpoints": "pause a task before an event, and release it",
    "reply": "give the agent its next answers",
    "playbooks": "list, check and explain playbooks",
    "journal": "show recorded requests and stream frames",
    "doctor": "check that this machine can run the mock",
    "gauntlet": "run a test command once per transient and variation fault",
    "mcp": "install MCP server packages and test a server",
    "reset": "reset a project to its initial state",
    "exec": "start a server, run a command against it, stop it",
    "schema": "print the JSON Schema of mock.yaml for your editor",
    "record": "record a deployment's traffic as playbooks",
    "env": "print the running server's address as shell variables",
}
"""Every verb except `serve`, which `sigmic-mock` alone means, with its summary."""
_OF_THE_TABLE = frozenset({"snapshot", "clock", "reply", "reset", "breakpoints"})


def load(verb: str) -> CommandModule:
    """Import the module of a verb: the one of its name, or that of the verbs of the control plane's table."""
    of_table = verb in _OF_THE_TABLE
    module: Any = import_module(f"{__package__}.{'table_verbs' if of_table else verb}")
    return cast("CommandModule", module.TableVerb(verb) if of_table else module)
