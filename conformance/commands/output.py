"""Write the output of a command: lines to the terminal, texts to files."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sigmic_conformance.conformance.exit_codes import Refused
from sigmic_conformance.conformance.reports.folder import write
from sigmic_conformance.conformance.reports.visible import visible


def show(line: str) -> None:
    """Print a line in which text of the target can be: it must not act on the terminal or fail to encode."""
    print(visible(line))


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
    print(f"{path} written")
