"""The directory of a recording: playbooks, their schema for the editor, and the exchanges. Blocking.

Invariant: everything passed in here is masked. Only the owner can read the files. A playbook is written
completely or not at all, and only if the mock can read it.
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.faults.playbook_step import ALL_STEP_KINDS

EXCHANGES = "exchanges.ndjson"
MOST_BYTES = 32 << 20
"""The largest size of the file of exchanges, in bytes; later exchanges are only counted."""


class FolderRefused(Exception):
    """The directory cannot be used for a recording. The message is one line that says what to type next."""


class Folder:
    """One recording on disk."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self._left = most_bytes
        self.left_out = 0
        """Exchanges for which there was no room."""

    @classmethod
    def make(cls, path: Path) -> "Folder":
        """Create the directory, or use an empty one. Raises `FolderRefused`."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise FolderRefused(f"{path} is not empty; name a new folder with --output FOLDER")
            _write(
                path / "playbook.schema.json",
                [json.dumps(playbook_schema(ALL_STEP_KINDS), indent=2).encode()],
            )
            _write(path / EXCHANGES, [])
        except OSError as problem:
            raise FolderRefused(
                f"can't write into {path}: {reason_of(problem)}; name another folder with --output FOLDER"
            ) from None
        return cls(path)

    def save_playbook(self, name: str, text: str) -> tuple[str, ...]:
        """Write a playbook. If the mock cannot read it, return the reasons and change nothing."""
        draft = self.path / f".{name}.draft"
        _write(draft, [text.encode()])
        try:
            PlaybookReader(ALL_STEP_KINDS).read(draft)
        except PlaybookError as refused:
            draft.unlink()
            return tuple(problem.partition(f"{draft.name}:")[2] or problem for problem in refused.problems)
        draft.replace(self.path / f"{name}.yaml")
        return ()

    def add_exchange(self, row: dict[str, Any]) -> None:
        """Append one exchange, while there is room."""
        line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        if len(line) > self._left:
            self.left_out += 1
            return
        self._left -= len(line)
        with (self.path / EXCHANGES).open("ab") as file:
            file.write(line)

    def mask_exchanges(self, mask: Callable[[str], str]) -> None:
        """Mask every exchange again, with all secrets that are known at the end."""
        draft = self.path / f".{EXCHANGES}.draft"
        with (self.path / EXCHANGES).open(encoding="utf-8") as before:
            _write(draft, (mask(line).encode() for line in before))
        draft.replace(self.path / EXCHANGES)


def reason_of(problem: OSError) -> str:
    """Return why a file could not be written, in a few words."""
    return (problem.strerror or type(problem).__name__).lower()


def _write(path: Path, content: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, opened with its mode
        file.writelines(content)
