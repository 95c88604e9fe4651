"""The switches: every variation and every defect is a subclass of one part of a target, registered here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Part = TypeVar("Part", bound=type)

STREAMS = (
    *("STREAM", "PHASE", "EVENT", "BEAT", "HISTORY", "FOLLOWUP", "APPROVE", "CANCEL"),
    *("STATE", "SESSION", "AGENT", "GET"),
)
"""The areas of rows that read streams, or hold what was streamed against what is told elsewhere."""


@dataclass(frozen=True)
class Switch:
    """`rows` are those of which at least one shows a defect; a legal variation warns on `may_warn`.

    What is odd about a variation shows in `areas` of rows; without them, in rows of any area.

    `code` is the exit code of a defect: 1, or 10 where the judge can only say that the rows are unproven.
    """

    name: str
    part: type
    rows: tuple[str, ...] = ()
    may_warn: frozenset[str] = frozenset()
    areas: tuple[str, ...] = ()
    heartbeat: float = 3.0
    code: int = 1

    @property
    def says(self) -> str:
        return (self.part.__doc__ or "").strip().rstrip(".")


VARIATIONS: dict[str, Switch] = {}
DEFECTS: dict[str, Switch] = {}


def legal(*may_warn: str, areas: tuple[str, ...] = ()) -> Callable[[Part], Part]:
    """Register a legal but odd target."""

    def register(part: Part) -> Part:
        VARIATIONS[part.__name__] = Switch(part.__name__, part, may_warn=frozenset(may_warn), areas=areas)
        return part

    return register


def broken(*rows: str, heartbeat: float = 3.0, code: int = 1) -> Callable[[Part], Part]:
    """Register a target with one defect and the rows of which at least one has to show it."""

    def register(part: Part) -> Part:
        DEFECTS[part.__name__] = Switch(part.__name__, part, rows=rows, heartbeat=heartbeat, code=code)
        return part

    return register
