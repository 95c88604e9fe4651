"""A command: a verb, its arguments and its action. Its module is loaded when the verb is used.

Rule: a command prints through its `Console` and refuses by raising `CommandRefused`; the exit is `cli`'s.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

FAILED = 1
USAGE = 2


class CommandRefused(Exception):
    """The command cannot do what it was asked for; the message is one line that says what to type next."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


class Console(Protocol):
    """Where a command speaks. Foreign text in it is made visible there."""

    def say(self, text: str) -> None:
        """Print one result on standard output."""

    def note(self, text: str) -> None:
        """Print one remark on standard error."""


class CommandModule(Protocol):
    """What the module of a verb holds."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's arguments."""

    def run(self, given: argparse.Namespace, console: Console, environment: Mapping[str, str]) -> int:
        """Do it; return the exit code. Raises `CommandRefused`."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb of `sigmic-mock`."""

    name: str
    summary: str
    module: str

    def load(self) -> CommandModule:
        """Import the verb's module; a verb of the table has one with all others of it."""
        module: Any = import_module(self.module)
        return cast("CommandModule", module.TableVerb(self.name) if hasattr(module, "TableVerb") else module)
