"""The trigger of a fault: a closed set of conditions on what is happening.

Every condition that is given must hold. `nth` counts what matches from 1, `every` takes each second, third …
of them; `times` bounds the firings;
`probability` draws from a generator of its own `seed`, so 0 never fires and the same seed repeats itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultContext:
    """What is happening, as far as it is known at the point that asks."""

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    task: str | None = None
    event: str | None = None
    phase: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """The conditions. `lifetime` is in seconds of platform time from the moment of arming."""

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    task: str | None = None
    event: str | None = None
    phase: str | None = None
    code: str | None = None
    nth: int | None = None
    every: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    lifetime: float | None = None

    def matches(self, context: FaultContext) -> bool:
        """Return whether what happens is of the kind asked for; `path` is a glob, `event` may be `a|b`."""
        if self.path is not None and not fnmatchcase(context.path or "", self.path):
            return False
        return all(_holds(getattr(self, name), getattr(context, name)) for name in _CONDITIONS)


_CONDITIONS = ("operation", "method", "task", "event", "phase", "code")
TRIGGER_KEYS = tuple(field.name for field in fields(Trigger))
NONE = "none"
"""What stands for a condition that does not apply: `code: none` is an answer without an error code."""
_WHOLE = frozenset({"nth", "every", "times", "seed"})
_NUMBERS = frozenset({"probability", "lifetime"})
LARGEST_NUMBER = 10**12
"""Of a parameter or a lifetime: far above every use, far below where a float of it would fail."""


def _holds(asked: str | None, found: str | None) -> bool:
    return asked is None or (found or NONE) in asked.split("|")


def read_trigger(values: Mapping[str, Any]) -> Trigger:
    """Return the trigger of a mapping whose keys are all in `TRIGGER_KEYS`; raises ValueError by name."""
    for name, value in values.items():
        _check(name, value)
    return Trigger(**values)


def _check(name: str, value: Any) -> None:
    if name in _WHOLE:
        if isinstance(value, bool) or not isinstance(value, int) or value < (name != "seed"):
            raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    elif name in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_NUMBER:
            raise ValueError(f"{name} must be a number from 0 to {LARGEST_NUMBER}, not {value!r}")
        if name == "probability" and value > 1:
            raise ValueError(f"probability must be between 0 and 1, not {value!r}")
    elif not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be text, not {value!r}")
