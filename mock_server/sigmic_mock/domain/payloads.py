"""The JSON shape of values that the stream and the JSON endpoints show, derived from their fields.

A name is in camel case, a time (`…_at`) in ISO-8601. None and an empty list are absent (C-09).
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any

_PLAIN = frozenset({str, int, bool})


@lru_cache(maxsize=4096)  # a task's own times are shown over and over
def timestamp(milliseconds: int) -> str:
    """Return ISO-8601 UTC with milliseconds and Z (C-07)."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest:03d}Z"


def payload(value: Any) -> dict[str, Any]:
    """Return the JSON object of a dataclass."""
    shown, kind = {}, value.__class__
    for attribute, name, is_time in _names(kind):
        held = getattr(value, attribute)
        if type(held) in _PLAIN:
            shown[name] = timestamp(held) if is_time else held
        elif held is not None and held != ():
            shown[name] = _shown(held)
    return shown


def _shown(held: Any) -> Any:
    if isinstance(held, Enum):
        return held.value
    if isinstance(held, tuple):
        return [payload(each) for each in held]
    return dict(held) if isinstance(held, Mapping) else payload(held)


@cache
def _names(kind: type) -> tuple[tuple[str, str, bool], ...]:
    """Return of each field its name, its name in JSON, and whether it is a time."""
    return tuple((each.name, _camel(each.name), each.name.endswith("_at")) for each in fields(kind))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
