"""Arguments of a command line, and what argparse says about an invalid one. Shared by all our commands."""

import argparse
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from sigmic_spec.nearest import unfit

_Value = TypeVar("_Value")
_NO_VALUE = re.compile(r"argument (?:\S+/)?(\S+): expected one argument")
_UNFIT = re.compile(r"argument (?:\S+/)?(\S+): (must .*)", re.DOTALL)


def as_argument(read: Callable[[str], _Value]) -> Callable[[str], _Value]:
    """Return a type for argparse that reads a value with `read`, whose ValueError says `must be …`."""

    def argument(text: str) -> _Value:
        try:
            return read(text)
        except ValueError as problem:
            raise argparse.ArgumentTypeError(unfit("", problem, text).lstrip()) from None

    return argument


def in_our_words(message: str, actions: Iterable[argparse.Action]) -> str:
    """Return a message of argparse as ours: for an option without a value, its form with `=`.

    Only that form has a value such as `-5` or `--flag`.
    """
    if found := _UNFIT.fullmatch(message):
        return f"{found[1]} {found[2]}"
    if found := _NO_VALUE.fullmatch(message):
        value = next((each.metavar for each in actions if found[1] in each.option_strings), None)
        return f"{found[1]} needs a value: {found[1]}={value or 'VALUE'}"
    return message
