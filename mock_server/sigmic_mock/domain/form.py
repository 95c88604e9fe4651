"""Reads settings from JSON values: each value with its path, so that an error names its place."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, TypeVar

from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.plural import plural

T = TypeVar("T")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

Way: TypeAlias = tuple[str | int, ...]
"""The names and positions that lead to a value."""


class BadSettings(Exception):
    """The settings cannot be used; `way` is the path of the wrong value, and the message describes the error.

    `name` is the name that is wrong there, if one is.
    """

    def __init__(self, way: Way, message: str, *, name: str | None = None) -> None:
        self.way = way
        self.name = name
        self.message = message
        super().__init__(f"{'.'.join(map(str, way))}: {message}" if way else message)


def mapping(way: Way, value: Any) -> Mapping[str, Any]:
    """Return a mapping with names; raises `BadSettings`, as the others here do."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise BadSettings(way, "must be a mapping of names" if way else "settings must be a mapping of names")
    return value


def items(way: Way, value: Any) -> list[Any]:
    """Return a list."""
    if not isinstance(value, list | tuple):
        raise BadSettings(way, "must be a list")
    return list(value)


def text(way: Way, value: Any, *, longest: int) -> str:
    """Return a text that can be sent and is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise BadSettings(way, "must be a text that is not empty")
    if len(value) > longest:
        raise BadSettings(way, f"must have at most {plural(longest, 'character')}")
    if _NO_TEXT.search(value):
        raise BadSettings(way, "is not valid Unicode")
    return value


def boolean(way: Way, value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise BadSettings(way, "must be true or false")
    return value


def one_of(way: Way, value: Any, choices: Iterable[str]) -> str:
    """Return one of the choices."""
    names = list(choices)
    if value not in names:
        near = hint(value, names) if isinstance(value, str) else ""
        raise BadSettings(way, f"must be one of {', '.join(names)}{near}")
    return str(value)


def limited(way: Way, value: T, most: int) -> T:
    """Return a list or mapping that has not too many entries."""
    if len(value) > most:  # type: ignore[arg-type] # lists and mappings alone are given
        raise BadSettings(way, f"must have at most {plural(most, 'entry', 'entries')}")
    return value


def require_known(way: Way, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse an unknown name."""
    names = list(known)
    for name in given:
        if name not in names:
            message = f"unknown name {name[:80]!r}{hint_of_known(name, names, cutoff=0.5)}"
            raise BadSettings(way, message, name=name)
