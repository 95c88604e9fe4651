"""The measures of load, read from `measures.yaml`, which explains each property.

A *distribution* keeps every value in a histogram, a *count* only grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
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


def _named(measures: Mapping[str, Any]) -> Mapping[str, Measure]:
    return MappingProxyType({name: Measure(name=name, **row) for name, row in measures.items()})


_TREE = strict_yaml.read(Path(__file__).with_name("measures.yaml").read_text(encoding="utf-8"))
DISTRIBUTIONS = _named(_TREE["distributions"])
COUNTS = _named(_TREE["counts"])
