"""Register defects: each is a subclass of one part of a target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Part = TypeVar("Part", bound=type)


@dataclass(frozen=True)
class Switch:
    """A registered defect. At least one of `rows` detects it.

    A defect with a `situation`, a value or several by dimension, breaks its rows in that situation only.
    """

    name: str
    part: type
    rows: tuple[str, ...] = ()
    situation: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def says(self) -> str:
        return (self.part.__doc__ or "").strip().rstrip(".")


DEFECTS: dict[str, Switch] = {}


def broken(*rows: str, **situation: str | tuple[str, ...]) -> Callable[[Part], Part]:
    """Register a target with one defect. At least one of `rows` must detect it."""

    def register(part: Part) -> Part:
        DEFECTS[part.__name__] = Switch(part.__name__, part, rows, situation)
        return part

    return register
