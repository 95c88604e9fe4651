"""Results of measurements and their report: samples of two sides that took turns, their ratio, a table.

Pure. A ratio is the median of the rounds' ratios. Each round has two consecutive runs, so that a load
on the machine that lasts longer than a round affects both sides. Its spread is the minimum and maximum.
"""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

_NONE = "-"
_HEADS = ("what", "floor", "ours", "ratio", "spread", "milestone", "goal", "met")


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit for a row's value: `most` or `least`, whichever is not None."""

    most: float | None = None
    least: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether the value is within the limit."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        """Return the text for a table."""
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `floor` is empty if the bound applies to our own figure, not to a ratio."""

    what: str
    unit: str
    ours: Sequence[float]
    floor: Sequence[float] = ()
    milestone: Bound | None = None
    goal: Bound | None = None
    by_ratio: bool = True
    """True: the bounds apply to ours / floor. False, or without a floor: to ours."""
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Return ours / floor, round by round."""
        return [mine / theirs for mine, theirs in zip(self.ours, self.floor, strict=False) if theirs]

    @property
    def judged(self) -> float:
        """Return the value that the bounds apply to."""
        return statistics.median(self.ratios if self.floor and self.by_ratio else self.ours)

    @property
    def met(self) -> str:
        """Return which bound is met: `goal`, `milestone`, `no`, or "" without bounds."""
        if self.goal is not None and self.goal.holds(self.judged):
            return "goal"
        if self.milestone is not None:
            return "milestone" if self.milestone.holds(self.judged) else "no"
        return "" if self.goal is None else "no"

    def cells(self) -> tuple[str, ...]:
        """Return the row as the table's cells."""
        spread = self.ratios or list(self.ours)
        return (
            self.what,
            f"{short(statistics.median(self.floor))} {self.unit}" if self.floor else _NONE,
            f"{short(statistics.median(self.ours))} {self.unit}",
            f"{statistics.median(self.ratios):.2f}" if self.ratios else _NONE,
            f"{short(min(spread))} to {short(max(spread))}, n {len(spread)}",
            str(self.milestone or _NONE),
            str(self.goal or _NONE),
            self.met or _NONE,
        )

    def as_json(self) -> dict[str, Any]:
        """Return every sample and the results computed from them."""
        plain = asdict(self)
        return plain | {"ratios": self.ratios, "met": self.met}


def short(value: float) -> str:
    """Return a number with three significant digits: 0.123, 12.3, 1,234."""
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def quantile(samples: Sequence[float], share: float) -> float:
    """Return the value that `share` of the samples do not exceed (nearest rank)."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, which also reads well on a terminal."""
    lines = [_HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADS))]
    told = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    told.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    notes = [f"{row.what}: {row.note}" for row in rows if row.note]
    return "\n".join([*told, *([""] if notes else []), *notes]) + "\n"
