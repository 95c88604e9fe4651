"""A folder of playbooks that may be edited while the server runs.

Rule: an invalid edit never removes a playbook. The last valid version of that file stays in use, and
`problems` describes the error in the new one. Blocking, but cheap: lists the folder, reads changed files.
"""

from dataclasses import dataclass
from pathlib import Path

from sigmic_mock.agent.playbooks.collection import read_all
from sigmic_mock.agent.playbooks.files import PlaybookError, PlaybookReader, playbook_paths
from sigmic_mock.agent.playbooks.playbook import Playbook

Stamp = tuple[int, int, int]
"""Of a file: when it was changed (ns), its size, its inode."""


@dataclass(slots=True)
class _File:
    stamp: Stamp | None
    playbook: Playbook | None = None
    problems: tuple[str, ...] = ()


class PlaybookFolder:
    """One folder."""

    def __init__(self, folder: Path, reader: PlaybookReader) -> None:
        self.folder = folder
        self._reader = reader
        self._files: dict[Path, _File] = {}
        self._missing: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """The errors in the current files."""
        return (*self._missing, *(each for file in self._files.values() for each in file.problems))

    @property
    def playbooks(self) -> list[Playbook]:
        """The last good version of every file."""
        return [file.playbook for _, file in sorted(self._files.items()) if file.playbook is not None]

    def refresh(self, *, force: bool = False) -> bool:
        """Read changed files again (all files when forced); return whether any had changed."""
        try:
            paths = playbook_paths(self.folder)
        except (PlaybookError, OSError) as error:
            missing = getattr(error, "problems", None) or (f"{self.folder}: can't be read",)
            changed, self._missing = missing != self._missing, missing
            return changed
        changed, self._missing = bool(self._missing), ()
        for gone in self._files.keys() - set(paths):
            del self._files[gone]
            changed = True
        for path in paths:
            changed = self._read(path, force=force) or changed
        return changed

    def _read(self, path: Path, *, force: bool) -> bool:
        stamp, before = _stamp(path), self._files.get(path)
        if before is not None and before.stamp == stamp and not force:
            return False
        found, problems = read_all([path], self._reader)
        file = _File(stamp, found[0] if found else None, tuple(problems))
        if file.playbook is None and before is not None:
            file.playbook = before.playbook
        if file.playbook is not None and (taken := self._namesake(path, file.playbook.name)) is not None:
            file.problems = (f"{path}: the name {file.playbook.name!r} is taken by {taken.name}",)
            file.playbook = None if before is None else before.playbook
        self._files[path] = file
        return True

    def _namesake(self, path: Path, name: str) -> Path | None:
        return next(
            (
                other
                for other, file in self._files.items()
                if other != path and file.playbook is not None and file.playbook.name == name
            ),
            None,
        )


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)
