"""Write the output of a command: lines to the terminal, texts to files.

Nothing else prints (ruff's T201 forbids it): a line can have text of a target or of a saved run, and neither
the terminal nor the CI that keeps the log may act on it.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sigmic_conformance.exit_codes import Refused
from sigmic_conformance.reports.folder import write
from sigmic_conformance.reports.visible import harmless


def show(line: str = "", *, colour: int | None = None) -> None:
    """Print a line; in its colour (SGR) on a terminal, unless NO_COLOR is set."""
    text = harmless(line)
    if colour is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        text = f"\x1b[{colour}m{text}\x1b[0m"
    print(text, flush=True)


def show_lines(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        show(line)


def show_json(value: object) -> None:
    """Print a JSON document; characters that act on a terminal or a CI are JSON escapes in it."""
    text = json.dumps(value, indent=1)
    # Both are always within a string.
    print(text.replace("##", "#\\u0023").replace("\x7f", "\\u007f"), flush=True)


def show_command(command: str) -> None:
    """Print a workflow command, which a CI is meant to obey: its text has been escaped (`annotations`)."""
    print(command, flush=True)


def complain(line: str) -> None:
    """Print a line about a failure on standard error."""
    print(harmless(line), file=sys.stderr, flush=True)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raise Refused with one line if a file or folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise Refused(f"can't write {path}: {(error.strerror or 'unknown error').lower()}") from error


def put(path: Path, text: str) -> None:
    """Write a text to a file and print its path."""
    with writing(path):
        write(path, text)
    show(f"{path} written")
