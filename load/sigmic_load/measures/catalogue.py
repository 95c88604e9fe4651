"""The measures of load: ours from `measures.yaml`, which explains each property, and those of other classes.

A *distribution* keeps every value in a histogram, a *count* only grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sigmic_spec import strict_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure."""

    name: str
    unit: str
    says: str
    users: Sequence[str] = ()
    evidence: str = ""
    is_timed: bool = False
    is_occasional: bool = False
    is_apart: bool = False
    is_own: bool = False

    @property
    def is_shared(self) -> bool:
        """True if users of several classes record it. Then each class also has separate numbers."""
        return len(self.users) > 1


def _named(measures: Mapping[str, Any]) -> dict[str, Measure]:
    return {name: Measure(name=name, **row) for name, row in measures.items()}


_TREE = strict_yaml.read(Path(__file__).with_name("measures.yaml").read_text(encoding="utf-8"))
DISTRIBUTIONS = _named(_TREE["distributions"])
COUNTS = _named(_TREE["counts"])
OURS = frozenset({*DISTRIBUTIONS, *COUNTS})


def add_measure(name: str, unit: str, user: str, *, is_count: bool = False) -> None:
    """Add a measure of a user class that is not ours. Raises ValueError if one of ours has the name."""
    if name in OURS:
        raise ValueError(f"{name} is a measure of sigmic-load: choose another name")
    rows, other = (COUNTS, DISTRIBUTIONS) if is_count else (DISTRIBUTIONS, COUNTS)
    if name in other:
        raise ValueError(f"{name} is a {'distribution' if is_count else 'count'} already")
    users = {user, *(rows[name].users if name in rows else ())}
    rows[name] = Measure(name=name, unit=unit, says=f"of {user}", users=sorted(users))
