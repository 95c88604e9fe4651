"""Register defects: each is a subclass of one part of a target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

Part = TypeVar("Part", bound=type)

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "turn": ("2nd", "3rd", "many"),
    "session": ("restored", "restored twice"),
    "caller": (
        "Bearer",
        "X-API-Key",
        "end user's token",
        "another end user",
        "second key, other project",
    ),
    "body": ("multipart", "multipart, files first", "multipart, files last", "urlencoded"),
    "readers": (
        "none",
        "only one",
        "several",
        "joined before",
        "joined during",
        "joined late",
        "dropped",
    ),
    "state": (
        "pending",
        "speaking",
        "tool running",
        "awaiting approval",
        "completed",
        "failed",
        "cancelled",
    ),
    "files": (
        "none",
        "plain",
        "ZIP",
        "at creation",
        "at follow-up",
        "nested",
        "awkward name",
        "awkward size",
        "same name twice",
        "at the limit",
    ),
    "approval": ("automatic", "once", "always", "late", "several"),
    "history": ("short", "long", "very long"),
    "values": ("separators", "quotes", "line ends", "non-ASCII", "empty", "longest"),
    "list": ("exact page", "last page", "beyond"),
}
"""The dimensions of a situation. A history is short up to 2 messages, long from 10, very long from 31."""


@dataclass(frozen=True)
class Switch:
    """A registered defect. At least one of `rows` detects it.

    A defect with a `situation` breaks its rows in that situation only.
    """

    name: str
    part: type
    rows: tuple[str, ...] = ()
    situation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def says(self) -> str:
        return (self.part.__doc__ or "").strip().rstrip(".")


DEFECTS: dict[str, Switch] = {}


def broken(*rows: str, **situation: str | tuple[str, ...]) -> Callable[[Part], Part]:
    """Register a target with one defect. At least one of `rows` must detect it.

    Raises ValueError for a situation that is not in DIMENSIONS.
    """
    named = {name: (told,) if isinstance(told, str) else told for name, told in situation.items()}
    for name, told in named.items():
        if unknown := set(told) - set(DIMENSIONS.get(name, ())):
            raise ValueError(f"no such situation: {name}: {min(unknown)}")

    def register(part: Part) -> Part:
        DEFECTS[part.__name__] = Switch(part.__name__, part, rows, situation=named)
        return part

    return register
