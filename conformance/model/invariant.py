"""An invariant: a pure function under a decorator, bound to the row that it holds to.

It is asked at every observation of its operations, and yields nothing where its precondition is not met.
"""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from sigmic_conformance.conformance.model.seen import Findings, Seen

Function = Callable[[Seen], Findings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A row's sentence for the observations of some operations. `reason` is the code of a breach."""

    row: str
    name: str
    on: frozenset[str]
    reason: str
    expected: str
    function: Function
    module: str


@dataclass(slots=True)
class Invariants:
    """All invariants, by the row that they hold to."""

    all: list[Invariant] = field(default_factory=list)
    _of: dict[str, list[Invariant]] = field(default_factory=lambda: defaultdict(list))

    def add(self, invariant: Invariant) -> None:
        """Take an invariant; two of one row must have different names."""
        if any(each.name == invariant.name for each in self._of[invariant.row]):
            raise ValueError(f"two invariants of {invariant.row} are called {invariant.name}")
        self.all.append(invariant)
        self._of[invariant.row].append(invariant)

    def of(self, row: str) -> list[Invariant]:
        """Those of a row."""
        return self._of.get(row, [])

    @property
    def rows(self) -> frozenset[str]:
        """The rows that have one."""
        return frozenset(self._of)


INVARIANTS = Invariants()


def invariant(row: str, *on: str, reason: str, expected: str) -> Callable[[Function], Function]:
    """Announce an invariant of a row; `on` are the operations whose answers or streams it looks at."""

    def announce(function: Function) -> Function:
        INVARIANTS.add(
            Invariant(
                row=row,
                name=function.__name__,
                on=frozenset(on),
                reason=reason,
                expected=expected,
                function=function,
                module=function.__module__,
            )
        )
        return function

    return announce


@cache
def load() -> Invariants:
    """Import every module of invariants, and return them all."""
    package = "sigmic_conformance.conformance.model.invariants"
    module = importlib.import_module(package)
    for found in pkgutil.iter_modules(module.__path__):
        importlib.import_module(f"{package}.{found.name}")
    return INVARIANTS
