"""Values in JSON spelling, and the nearest difference of two: what differs, where, and next to what. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LONGEST = 80
"""The longest value in one line of a report, in characters."""
BEFORE, AFTER = 20, 50
"""How much of a text is shown before and from its first difference on."""
ABSENT = "absent"
_MISSING = object()


def spelled(value: object, length: int = LONGEST) -> str:
    """A value as JSON writes it: `null`, `true`, `"a text"`, `["a", 1]`; bytes and sets as text and list."""
    if isinstance(value, str) and len(value) > length:
        return f"{json.dumps(value[:length], ensure_ascii=False)}…"
    try:
        text = json.dumps(value, ensure_ascii=False, default=_as_json)
    except ValueError:  # it contains itself
        text = json.dumps(str(value), ensure_ascii=False)
    return text if len(text) <= length or isinstance(value, str) else f"{text[:length]}…"


def named(values: Iterable[object], none: str = "none", most: int = 3) -> str:
    """Values in one line, as JSON writes each: the first `most` and how many more, or `none` of no values."""
    shown = [spelled(each) for each in values]
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more if shown else none


def _as_json(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return list(value) if isinstance(value, Sequence) else str(value)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two values first differ, and what each has there; `place` is empty for the whole value."""

    place: str
    expected: str
    observed: str


def difference(expected: object, observed: object) -> Difference:
    """The first difference of two values; of equal ones, the value itself."""
    path, one, other = _nearest(expected, observed, "")
    if _same(one, other):
        return Difference(path, _shown(one), _shown(other))
    if isinstance(one, bytes) and isinstance(other, bytes):
        return _of_texts(path, one.decode("latin-1"), other.decode("latin-1"), "byte")
    if isinstance(one, str) and isinstance(other, str) and max(len(one), len(other)) > LONGEST:
        return _of_texts(path, one, other, "character")
    return Difference(path, _shown(one), _shown(other))


def _shown(value: object) -> str:
    return ABSENT if value is _MISSING else spelled(value)


def _nearest(one: Any, other: Any, path: str) -> tuple[str, Any, Any]:
    """The path of the first members that differ, and both of them."""
    if _same(one, other):
        return path, one, other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in (*one, *(each for each in other if each not in one)):
            pair = one.get(name, _MISSING), other.get(name, _MISSING)
            if pair[0] is _MISSING or pair[1] is _MISSING or not _same(*pair):
                return _nearest(*pair, f"{path}.{name}")
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for number in range(max(len(one), len(other))):
            mine, theirs = (each[number] if number < len(each) else _MISSING for each in (one, other))
            if mine is _MISSING or theirs is _MISSING or not _same(mine, theirs):
                return _nearest(mine, theirs, f"{path}[{number}]")
    return path, one, other


def _same(one: object, other: object) -> bool:
    """Equality as JSON has it: `true` is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _of_texts(path: str, one: str, other: str, unit: str) -> Difference:
    """The first place where two long texts differ, with what stands around it in each."""
    shortest = min(len(one), len(other))
    at = next((place for place in range(shortest) if one[place] != other[place]), shortest)
    where = f"{path}, from {unit} {at + 1} of {len(other) if at < len(other) else len(one)} on"
    return Difference(where, _around(one, at), _around(other, at))


def _around(text: str, at: int) -> str:
    if at >= len(text):
        return f"{spelled(text[max(0, at - BEFORE) :])}, which ends there"
    start = max(0, at - BEFORE)
    lead, rest = "…" if start else "", "…" if at + AFTER < len(text) else ""
    return f"{lead}{spelled(text[start : at + AFTER], LONGEST * 3)}{rest}"
