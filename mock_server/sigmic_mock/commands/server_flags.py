"""The flags of a server on a command line: of `serve`, and of commands that start a server of their own."""

import argparse
from collections.abc import Mapping, Sequence

from sigmic_mock.config.flags import Flag
from sigmic_mock.config.settings import FLAGS


def declare_flags(parser: "argparse._ActionsContainer", flags: Sequence[Flag] = FLAGS) -> None:
    """Declare the flags of a server."""
    for flag in flags:
        name, text = f"--{flag.name}", f"{flag.help} (default: {flag.default})".replace("%", "%%")
        if flag.switch:
            parser.add_argument(name, dest=flag.field, action="store_const", const="on", help=text)
        else:
            action = "append" if flag.separator else "store"
            parser.add_argument(name, dest=flag.field, metavar=flag.value, action=action, help=text)


def given_flags(given: argparse.Namespace, flags: Sequence[Flag] = FLAGS) -> Mapping[str, str]:
    """Return the flags of the command line by name, each with its text."""
    values = {flag: getattr(given, flag.field) for flag in flags}
    return {
        flag.name: flag.separator.join(value) if flag.separator else value
        for flag, value in values.items()
        if value is not None
    }


def as_words(given: Mapping[str, str]) -> list[str]:
    """Return flags as words of a command line."""
    switches = {flag.name for flag in FLAGS if flag.switch}
    return [f"--{name}" if name in switches else f"--{name}={text}" for name, text in given.items()]
