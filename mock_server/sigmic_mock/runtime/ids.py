"""Identifiers: unpredictable, unless a project has a seed, which makes them predictable for a test.

A seeded id is a hash of the seed, its kind and its position: the n-th task of the project, the m-th message
of that task. So concurrent tasks do not change each other's ids, and every version of Python produces the
same ids.
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""Maps a hex digit to one for the variant position of a UUID."""
_DRAW = 16
"""The bytes of an id."""
_AT_ONCE = 256


class Ids(ABC):
    """The identifiers of one project. Methods for ids within a task get the task's id."""

    is_seeded = False
    """True if they come from a seed: then a task id may repeat an earlier one."""

    @abstractmethod
    def _draw(self, kind: str, task_id: str = "") -> str:
        """Return at least 32 hex digits."""

    def uuid(self) -> str:
        """Return a version 4 UUID for any other purpose."""
        return _uuid(self._draw("uuid"))

    def task(self) -> str:
        """Return a version 4 UUID (C-05)."""
        return self.uuid()

    def session(self, task_id: str) -> str:
        """Return a version 4 UUID (C-05)."""
        return _uuid(self._draw("session", task_id))

    def message(self, task_id: str) -> str:
        """Return a version 4 UUID (C-05)."""
        return _uuid(self._draw("message", task_id))

    def conversation(self, task_id: str, now: int) -> str:
        """Return `<epoch ms>-<9 base-36 characters>` (C-06)."""
        drawn = bytes.fromhex(self._draw("conversation", task_id))
        return f"{now}-{''.join(_BASE36[byte % 36] for byte in drawn[:9])}"

    def call(self, task_id: str) -> str:
        """Return `call_` and 16 hex digits (decision G-70b)."""
        return f"call_{self._draw('call', task_id)[:16]}"


class RandomIds(Ids):
    """Random ids, from the operating system."""

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def _draw(self, kind: str, task_id: str = "") -> str:  # noqa: ARG002 - chance asks for nothing
        # Many at a time, because the system call costs more than an id.
        if not self._drawn:
            fresh = os.urandom(_DRAW * _AT_ONCE).hex()
            self._drawn = [fresh[at : at + 2 * _DRAW] for at in range(0, len(fresh), 2 * _DRAW)]
        return self._drawn.pop()


@dataclass(slots=True)
class SeedPosition:
    """How much was drawn from a seed: the count by kind and owner, and the number of each task."""

    seed: int
    drawn: Counter[tuple[str, str]] = field(default_factory=Counter)
    numbers: dict[str, int] = field(default_factory=dict)

    def copy(self, renamed: Mapping[str, str] | None = None) -> "SeedPosition":
        """Return a copy, in which tasks may have other ids."""
        names = renamed or {}
        numbers = {names.get(task_id, task_id): number for task_id, number in self.numbers.items()}
        return SeedPosition(self.seed, Counter(self.drawn), numbers)


class SeededIds(Ids):
    """Ids from a seed. `taken` are the task ids that are in use."""

    is_seeded = True

    def __init__(self, position: SeedPosition, taken: set[str]) -> None:
        self.position = position
        self._taken = taken

    def task(self) -> str:
        number = self._next("task")
        attempt = 0
        # A task id is unique on the whole server. Another project with this seed may use it already.
        while (task_id := _uuid(self._hash("task", str(number), attempt))) in self._taken:
            attempt += 1
        self._taken.add(task_id)
        self.position.numbers[task_id] = number
        return task_id

    def _draw(self, kind: str, task_id: str = "") -> str:
        number = self.position.numbers.get(task_id)
        owner = task_id if number is None else str(number)
        return self._hash(kind, owner, self._next(kind, owner))

    def _next(self, kind: str, owner: str = "") -> int:
        self.position.drawn[kind, owner] += 1
        return self.position.drawn[kind, owner]

    def _hash(self, kind: str, owner: str, number: int) -> str:
        return hashlib.sha256(f"{self.position.seed}/{kind}/{owner}/{number}".encode()).hexdigest()


class ProjectIds:
    """The identifiers of all projects. `seed` is the default seed of a project."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._random = RandomIds()
        self._projects: dict[str, Ids] = {}
        self._taken: set[str] = set()

    def of(self, project_id: str) -> Ids:
        """Return the identifiers of one project."""
        ids = self._projects.get(project_id)
        if ids is None:
            ids = self._random
            if self._seed is not None:
                ids = self._projects[project_id] = SeededIds(SeedPosition(self._seed), self._taken)
        return ids

    def seed_of(self, project_id: str) -> int | None:
        """Return the project's seed; None if its ids are random."""
        ids = self.of(project_id)
        return ids.position.seed if isinstance(ids, SeededIds) else None

    def seed(self, project_id: str, seed: int | None) -> None:
        """Use `seed` from its start from now on; if None, random ids."""
        self._go_on(project_id, None if seed is None else SeedPosition(seed))

    def rewind(self, project_id: str) -> None:
        """Restart the project's seed. Its tasks are deleted, so their ids can be used again."""
        ids = self._projects.get(project_id)
        if isinstance(ids, SeededIds):
            self.seed(project_id, ids.position.seed)

    def capture(self, project_id: str) -> SeedPosition | None:
        """Return a copy of the position in the seed, for a snapshot; None without a seed."""
        ids = self.of(project_id)
        return ids.position.copy() if isinstance(ids, SeededIds) else None

    def restore(self, project_id: str, captured: SeedPosition | None, renamed: Mapping[str, str]) -> None:
        """Continue from a position; if None, with random ids. Later ids may be drawn again."""
        self._go_on(project_id, None if captured is None else captured.copy(renamed))

    def _go_on(self, project_id: str, position: SeedPosition | None) -> None:
        before = self._projects.get(project_id)
        if isinstance(before, SeededIds):
            self._taken.difference_update(before.position.numbers)
        if position is None:
            self._projects[project_id] = self._random
            return
        self._taken.update(position.numbers)
        self._projects[project_id] = SeededIds(position, self._taken)

    def forget(self, project_id: str) -> None:
        """Remove a deleted project."""
        self.rewind(project_id)
        self._projects.pop(project_id, None)


def _uuid(text: str) -> str:
    """Return the same as `str(uuid.UUID(text, version=4))`, in a fifth of the time."""
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
