"""Findings of a recording: reported when first seen, then counted, and summarised at the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One deviation from the document. It names fields and rules, never values (V-07)."""

    operation: str
    side: str
    """`request`, `answer STATUS` or `event NAME`."""
    where: str
    """The field, for example `data.status`; empty for the whole."""
    what: str

    @property
    def line(self) -> str:
        """The finding in one line."""
        return f"{self.operation}  {self.side}  {f'{self.where}: ' if self.where else ''}{self.what}"

    def as_json(self) -> dict[str, str]:
        """The finding as data."""
        return {"operation": self.operation, "side": self.side, "where": self.where, "what": self.what}


MOST_KINDS = 1_000
"""The number of different findings that are stored; more are not worth listing."""


class Findings:
    """All findings, with their number of occurrences. `tell` is called once for each."""

    def __init__(self, tell: Callable[[Difference, int], None]) -> None:
        self.uncounted = 0
        self._tell = tell
        self._counts: dict[Difference, int] = {}

    def add(self, finding: Difference, exchange: int) -> None:
        """Add a finding of the exchange with this number."""
        if finding in self._counts:
            self._counts[finding] += 1
        elif len(self._counts) >= MOST_KINDS:
            self.uncounted += 1
        else:
            self._counts[finding] = 1
            self._tell(finding, exchange)

    def __len__(self) -> int:
        return len(self._counts)

    def __iter__(self) -> Iterator[tuple[Difference, int]]:
        """Yield each finding and its count, in the order of first occurrence."""
        yield from self._counts.items()
