"""A command: a verb, its arguments and its action. Its module is loaded when the verb is used.

Rule: a command prints its result on standard output and refuses by raising `Refused`; the exit is `cli`'s.
"""

import argparse
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from sigmic_conformance.conformance.exit_codes import ExitCode


class Refused(Exception):
    """The command cannot do what it was asked for; the message is one line that says what to type instead."""

    def __init__(self, message: str, code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(message)
        self.code = code


class CommandModule(Protocol):
    """What the module of a verb holds."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; return the exit code. Raises `Refused`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb; its module is `conformance.commands.<name>`, with `_` for `-`."""

    name: str
    summary: str

    def load(self) -> CommandModule:
        """Import the verb's module."""
        module = self.name.replace("-", "_")
        return cast("CommandModule", import_module(f"sigmic_conformance.conformance.commands.{module}"))
