"""Values of a playbook, as YAML or JSON gave them: does JSON know them, are they many, how is one shown."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
"""A place in a playbook, for example `("steps", 0, "say")`."""

SHOWN_CHARACTERS = 60
_LONG = 2_000
"""A playbook with this number of lists, mappings and members is long."""


def foreign(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Yield the values that YAML or Python can hold and JSON cannot."""
    match value:
        case Mapping():
            for key, item in value.items():
                if isinstance(key, str):
                    yield from foreign(key, (*place, key))
                    yield from foreign(item, (*place, key))
                else:
                    yield place, f"the key {key!r} is not text: put it in quotes"
        case list():
            for at, item in enumerate(value):
                yield from foreign(item, (*place, at))
        case None | int():
            pass
        case _:
            if problem := _foreign_scalar(value):
                yield place, problem


def _foreign_scalar(value: Any) -> str | None:
    if isinstance(value, str):
        return f"{shown(value)} holds half a character (a lone surrogate)" if is_broken(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is not a number that JSON knows"
    return f"{value!r} is not a value that JSON knows: put it in quotes"


def is_long(data: Any) -> bool:
    """Tell whether a playbook holds more than a few thousand values; stop counting there."""
    todo, count = [data], 0
    while todo and count <= _LONG:
        inner = todo.pop()
        count += 1
        if isinstance(inner, list):
            todo += inner
        elif isinstance(inner, Mapping):
            todo += inner.values()
    return count > _LONG


def shown(value: Any) -> str:
    """Return a value as JSON, cut short."""
    return cut(json.dumps(value, ensure_ascii=is_broken(value)))


def is_broken(value: Any) -> bool:
    """Return whether a text contains half of a surrogate pair."""
    return isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value)


def cut(text: str) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
