"""Group evidence by kind and second: a stall of the target is one line, not one per stream. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

EXAMPLES = 3
"""Examples per second that are shown in full; the others are in `load.json`."""
SECONDS = 12
"""Seconds per kind that are shown; the others are folded."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """The incidents of one kind in one second of the run."""

    at: int
    rows: Sequence[Row]

    @property
    def tasks(self) -> int:
        """How many tasks are affected."""
        return len({row["task"] for row in self.rows})

    @property
    def streams(self) -> int:
        """How many streams are affected."""
        return len({row["stream"] for row in self.rows})

    @property
    def most(self) -> float:
        """The longest time; 0 if the incidents have none."""
        return max(float(row["seconds"]) for row in self.rows)

    @property
    def examples(self) -> Sequence[Row]:
        """The first incidents, the longest times first."""
        return self.rows[:EXAMPLES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All seconds of a kind, in time order."""

    kind: str
    seconds: Sequence[Second]

    @property
    def count(self) -> int:
        """How many incidents of this kind there are."""
        return sum(len(second.rows) for second in self.seconds)


def grouped(evidence: Sequence[Row]) -> list[Group]:
    """Return a group per kind, in the order of the evidence."""
    kinds = list(dict.fromkeys(row["kind"] for row in evidence))
    return [_group(kind, [row for row in evidence if row["kind"] == kind]) for kind in kinds]


def _group(kind: str, rows: Sequence[Row]) -> Group:
    ordered = sorted(rows, key=lambda row: (int(row["at"]), -row["seconds"]))
    return Group(
        kind=kind,
        seconds=[
            Second(at=at, rows=tuple(each)) for at, each in groupby(ordered, key=lambda row: int(row["at"]))
        ],
    )
