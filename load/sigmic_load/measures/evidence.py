"""What is needed to investigate a violation: which task, which stream, when, and the bytes around it.

Bounded: the first incidents of each kind are stored, of delays the longest ones. All are counted.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

MOST = 50
"""The largest number of incidents that are stored per kind."""
AROUND = 120
"""Bytes shown before and after a place."""


class Kind(StrEnum):
    """What happened."""

    LOST = "lost"
    DOUBLED = "doubled"
    MOVED = "moved"
    CUT = "cut"
    FAILED = "failed"
    LATE = "late"
    MISSED = "missed"
    WRONG = "wrong"
    NOISY = "noisy"


_ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One violation. `at` is epoch seconds, `stream` our end of its connection, `seconds` how late it was."""

    kind: Kind
    at: float
    task: str
    stream: str
    says: str
    bytes: str
    seconds: float = 0.0


@dataclass(slots=True)
class Evidence:
    """Incidents by kind. `hidden` are texts to mask, because a target may send back the key it got."""

    hidden: tuple[str, ...] = ()
    kept: dict[Kind, list[Incident]] = field(default_factory=dict)

    def note(
        self, kind: Kind, *, at: float, task: str, stream: str, says: str, near: bytes, seconds: float = 0.0
    ) -> None:
        """Record one incident; `near` are the bytes around it."""
        text = near.decode("utf-8", "backslashreplace")
        for secret in self.hidden:
            text, says = text.replace(secret, "[hidden]"), says.replace(secret, "[hidden]")
        self._keep(
            Incident(kind=kind, at=at, task=task, stream=stream, says=says, bytes=text, seconds=seconds)
        )

    def _keep(self, incident: Incident) -> None:
        kept = self.kept.setdefault(incident.kind, [])
        kept.append(incident)
        if len(kept) > MOST:
            kept.sort(key=lambda it: (-it.seconds, it.at))
            kept.pop()

    def merge(self, wire: list[Any]) -> None:
        """Add the incidents of another process."""
        for row in wire:
            self._keep(Incident(**{**row, "kind": Kind(row["kind"])}))

    def to_wire(self) -> list[Any]:
        """Return them as plain values for JSON and msgpack."""
        return [{**asdict(it), "kind": it.kind.value} for it in self]

    def __iter__(self) -> Iterator[Incident]:
        """Yield the stored incidents by kind: the longest delays first, else the earliest."""
        for kind in sorted(self.kept, key=_ORDER.__getitem__):
            yield from sorted(self.kept[kind], key=lambda it: (-it.seconds, it.at))


def around(raw: bytes, place: str) -> bytes:
    """Return the bytes around the last occurrence of a text; the last bytes if it does not occur."""
    found = raw.rfind(place.encode()) if place else -1
    if found < 0:
        return raw[-2 * AROUND :]
    return raw[max(0, found - AROUND) : found + len(place.encode()) + AROUND]
