"""A command: a verb, its arguments and its action. Its module is loaded when the verb is used.

Invariant: a command prints its result on standard output and fails by raising `Refused`; `cli` exits.
"""

import argparse
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast


class CommandModule(Protocol):
    """The interface of a verb's module."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""

    def run(self, options: argparse.Namespace) -> int:
        """Run the command; return the exit code. Raises `Refused`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb; its module is `conformance.commands.<name>`, with `_` for `-`.

    `purpose` is its group in the help text; each example is a command without the program's name.
    """

    name: str
    summary: str
    purpose: str
    examples: tuple[str, ...] = ()

    def load(self) -> CommandModule:
        """Import the verb's module."""
        module = self.name.replace("-", "_")
        return cast("CommandModule", import_module(f"sigmic_conformance.commands.{module}"))
