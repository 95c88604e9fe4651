"""The trigger of a fault: a closed set of conditions on what is happening.

Every condition that is given must hold. Matches are counted from 1, over everything or, with `per: stream`,
separately in each stream: `nth` fires from that match on, `every` at each second, third … of them, `times`
bounds the firings. `probability` draws from a separate generator with this `seed`, so 0 never fires and the
same seed repeats itself. The dimensions of `spec/situations.yaml` are conditions too: they confine a fault to
some situations.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.ports import Clock
from sigmic_mock.runtime.clock.mode import read_duration, read_instant
from sigmic_spec.document import Document
from sigmic_spec.nearest import hint
from sigmic_spec.situations import Situations, SituationsError, Value

if TYPE_CHECKING:
    from sigmic_mock.faults.current_request import CurrentRequest


@dataclass(slots=True)
class Count:
    """The number of matches, and how often the fault acted on them."""

    seen: int = 0
    fired: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The facts of an occasion, or the conditions on them: the fields with which both begin."""

    operation: str | None = None
    method: str | None = None
    path: str | None = None
    task: str | None = None
    event: str | None = None
    phase: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultContext(Occasion):
    """What is happening, with what is known at the point of the check."""

    request: "CurrentRequest | None" = None
    """The request that it belongs to, if that is not the one being answered: an open stream's."""
    counts: dict[int, Count] | None = None
    """The counts of an open stream, by the number of the armed fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger(Occasion):
    """The conditions. `for_` and `until` are on the clock of the project."""

    nth: int | None = None
    every: int | None = None
    times: int | None = None
    per: str | None = None
    probability: float = 1.0
    seed: int = 0
    for_: str | None = None
    until: str | None = None
    situation: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By dimension, the values; one of each must hold."""

    def matches(self, context: FaultContext) -> bool:
        """Return whether the occasion matches the trigger; `path` is a glob, `event` may be `a|b`."""
        if self.path is not None and not fnmatchcase(context.path or "", self.path):
            return False
        return all(_holds(getattr(self, name), getattr(context, name)) for name in _CONDITIONS)

    def is_over(self, clock: Clock, armed_at: float) -> bool:
        """Return whether a fault armed at this time, on the clock's monotonic scale, has reached its end."""
        if self.for_ is not None and clock.monotonic() >= armed_at + _seconds(self.for_):
            return True
        return self.until is not None and clock.now() >= _instant(self.until)

    def as_json(self) -> dict[str, Any]:
        """Return the conditions that were given, in their written form."""
        named = {name: getattr(self, _FIELDS[name]) for name in TRIGGER_KEYS}
        places = {name: "|".join(sorted(values)) for name, values in self.situation.items()}
        return {name: value for name, value in named.items() if value is not None} | places


CONDITIONS: Mapping[str, str] = {
    "operation": "An operationId of the OpenAPI document, for example `get_task`.",
    "method": "The HTTP method.",
    "path": "The path of the URL, without the query; a glob.",
    "task": "The task's id.",
    "event": "The event of a stream; `heartbeat` and `end` are events too.",
    "phase": "The part of a stream: `replay` (sent when a reader connects) or `live`.",
    "code": "Of a response: its error code, or `none`. At a stream's end: how the run ended. "
    "Of other faults: a variant.",
    "nth": "The number of the first occasion at which it fires, counted over all streams. "
    "Without `times`, it fires once.",
    "every": "`2` fires at each second occasion, `3` at each third.",
    "times": "How often it fires at most.",
    "per": "`stream`: `nth`, `every` and `times` count separately in each stream.",
    "probability": "How likely it fires at an occasion, from 0 to 1.",
    "seed": "The seed of `probability`: the same seed fires at the same occasions.",
    "for": "How long it can fire, in the project's time, for example `5s`. In Python: `for_`.",
    "until": "When it ends, in the project's time, for example `2030-01-31T12:00:00Z`.",
}
"""Each condition with its meaning."""
_FIELDS = {each.name.rstrip("_"): each.name for each in fields(Trigger) if each.name != "situation"}
"""The field of each condition: `for` is a word of Python."""
TRIGGER_KEYS = tuple(_FIELDS)
PREFIX = "situation."
"""The prefix of a dimension if a parameter of the fault has the same name."""
_CONDITIONS = ("operation", "method", "task", "event", "phase", "code")
NONE = "none"
"""The value of a condition that does not apply: `code: none` is an answer without an error code."""
_WHOLE = frozenset({"nth", "every", "times", "seed"})
_NUMBERS = frozenset({"probability"})
_PER = ("stream",)
_STARTS_OF_PATH = "/*?["
LARGEST_NUMBER = 10**12
"""Of a parameter: far above every use, far below where a float of it would fail."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_PHASES = ("replay", "live")


def conditions_as_json() -> list[dict[str, Any]]:
    """Return conditions as `{name, about, kind, values}`.

    `kind`: `whole`, `number`, `text`, or the one value; `values`: the closed list, if there is one.
    """
    kinds = dict.fromkeys(_WHOLE, "whole") | dict.fromkeys(_NUMBERS, "number") | {"per": _PER[0]}
    return [
        {"name": name, "about": about, "kind": kinds.get(name, "text"), "values": list(closed_list(name))}
        for name, about in CONDITIONS.items()
    ]


def closed_list(condition: str) -> tuple[str, ...]:
    """Return the only values that a condition of text can have; empty if it can have any."""
    match condition:
        case "operation":
            return tuple(Document.load().operations)
        case "event":
            return (*Document.load().event_schemas, "heartbeat", "end")
        case "method":
            return _METHODS
        case "phase":
            return _PHASES
        case _:
            return ()


def check_listed(condition: str, value: Any) -> None:
    """Refuse a value that is not in the closed list of its condition. Raises ValueError."""
    known = closed_list(condition)
    for each in str(value).split("|") if known else ():
        if each not in {*known, NONE}:
            told = f"{condition} must be one of {', '.join(known)}, not {each[:80]!r}"
            raise ValueError(f"{told}{hint(each, known)}")


def situations_as_json() -> list[dict[str, Any]]:
    """Return every dimension of situations as `{name, about, values}`."""
    dimensions = Situations.load().dimensions.values()
    return [{"name": each.name, "about": each.about, "values": list(each.values)} for each in dimensions]


def _holds(asked: str | None, found: str | None) -> bool:
    return asked is None or (found or NONE) in asked.split("|")


def conditions() -> frozenset[str]:
    """Return the names of all conditions that a trigger can have."""
    return frozenset({*TRIGGER_KEYS, *Situations.load().dimensions})


def is_condition(name: str) -> bool:
    """Return whether a trigger has such a condition; `situation.` in front of a dimension is as good."""
    return name in TRIGGER_KEYS or name.removeprefix(PREFIX) in Situations.load().dimensions


def read_trigger(values: Mapping[str, Any]) -> Trigger:
    """Return the trigger of a mapping whose keys are conditions; raises ValueError by name."""
    conditions: dict[str, Any] = {}
    places: dict[str, frozenset[str]] = {}
    for name, value in values.items():
        if name in TRIGGER_KEYS:
            given = f"{value}" if name == "for" and _is_number(value) else value
            _check(name, given)
            conditions[_FIELDS[name]] = given
        else:
            dimension = name.removeprefix(PREFIX)
            places[dimension] = _places(dimension, value)
    _check_possible(places)
    return Trigger(**conditions, situation=places)


def _check(name: str, value: Any) -> None:
    if name in _WHOLE:
        if isinstance(value, bool) or not isinstance(value, int) or value < (name != "seed"):
            raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    elif name in _NUMBERS:
        if not _is_number(value) or not 0 <= value <= LARGEST_NUMBER:
            raise ValueError(f"{name} must be a number from 0 to {LARGEST_NUMBER}, not {value!r}")
        if name == "probability" and value > 1:
            raise ValueError(f"probability must be between 0 and 1, not {value!r}")
    elif not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be text, not {value!r}")
    elif name == "path" and value[0] not in _STARTS_OF_PATH:
        raise ValueError(f"path must be a glob of a whole path, for example */tasks, not {value[:80]!r}")
    elif name == "per" and value not in _PER:
        raise ValueError(f"per must be {' or '.join(_PER)}, not {value!r}")
    elif name in {"for", "until"}:
        _read_time(name, value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_time(name: str, value: str) -> None:
    try:
        _ = _seconds(value) if name == "for" else _instant(value)
    except ApiError as problem:
        raise ValueError(f"{problem.message}, not {value[:40]!r}") from None


@lru_cache(256)
def _seconds(text: str) -> float:
    return read_duration("for", text)


@lru_cache(256)
def _instant(text: str) -> int:
    return read_instant("until", text)


def _places(dimension: str, value: Any) -> frozenset[str]:
    """Return the values of a dimension that a text names, as `a|b`."""
    if not isinstance(value, str):
        raise ValueError(f"{dimension} must be text, not {value!r}")  # noqa: TRY004 - one error for all values
    found = frozenset(value.split("|"))
    for each in found:
        Situations.load().check(Value(dimension, each))
    return found


def _check_possible(places: Mapping[str, frozenset[str]]) -> None:
    """Refuse a situation that cannot occur, with the reason."""
    situations = Situations.load() if places else None
    for (one, ones), (other, others) in itertools.combinations(places.items(), 2):
        pairs = [frozenset({Value(one, a), Value(other, b)}) for a, b in itertools.product(ones, others)]
        if situations is not None and all(pair in situations.impossible for pair in pairs):
            raise SituationsError(
                f"{one} and {other} can't occur together: {situations.impossible[pairs[0]]}"
            )
