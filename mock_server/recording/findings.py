"""Findings of a recording: told when first seen, counted after that, summed up at the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference from the document. It names fields and rules, never values (V-07)."""

    operation: str
    side: str
    """`request`, `answer STATUS` or `event NAME`."""
    where: str
    """The field, such as `data.status`; empty for the whole."""
    what: str

    @property
    def line(self) -> str:
        """The finding on one line."""
        return f"{self.operation}  {self.side}  {f'{self.where}: ' if self.where else ''}{self.what}"

    def as_json(self) -> dict[str, str]:
        """The finding as data."""
        return {"operation": self.operation, "side": self.side, "where": self.where, "what": self.what}


MOST_KINDS = 1_000
"""Different findings that are kept; a deployment that breaks more is beyond listing."""


class Findings:
    """Every finding with how often it was seen. `tell` hears of each once."""

    def __init__(self, tell: Callable[[Difference, int], None]) -> None:
        self.uncounted = 0
        self._tell = tell
        self._counts: dict[Difference, int] = {}

    def add(self, finding: Difference, exchange: int) -> None:
        """Take a finding of the exchange of that number."""
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
        """Yield each finding and its count, in the order of their first sight."""
        yield from self._counts.items()
