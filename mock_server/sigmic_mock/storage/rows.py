"""Convert between rows of the database and dataclasses, by the names of their fields.

A column holds text, a number or bytes unchanged, an enum's value, and anything else as JSON, in which a
dataclass is the list of its fields' values.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
Read = Callable[[Any], Any]
_PLAIN = frozenset({str, int, bool, bytes, type(None)})
_encode = json.JSONEncoder(separators=(",", ":")).encode


def columns(value: Any) -> dict[str, Any]:
    """Return the columns of a dataclass."""
    held = {name: getattr(value, name) for name in _names(value.__class__)}
    return {name: each if each.__class__ in _PLAIN else column(each) for name, each in held.items()}


def column(value: Any) -> Any:
    """Return a value as stored in a column; the frequent empty list does not create an encoder."""
    plain = _plain(value)
    return "[]" if plain == [] else _encode(plain) if isinstance(plain, list | dict) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return [_plain(getattr(value, name)) for name in _names(value.__class__)]
    return value


def insert(con: sqlite3.Connection, table: str, row: Mapping[str, Any], verb: str = "INSERT") -> None:
    """Insert a row; with `REPLACE` instead of the row with its key."""
    con.execute(_insertion(verb, table, tuple(row)), row)


def delete(con: sqlite3.Connection, table: str, where: str, *values: object) -> None:
    """Delete the rows for which a condition is true; its `?` are the values."""
    con.execute(f"DELETE FROM {table} WHERE {where}", values)  # noqa: S608 - table and condition are literals


def read(kind: type[T], row: sqlite3.Row) -> T:
    """Return the dataclass of a row, which may have more columns."""
    types: Any = kind
    return kind(**{name: reader(row[name]) for name, reader in _readers(types)})


def read_all(kind: type[T], rows: Iterable[sqlite3.Row]) -> tuple[T, ...]:
    """Return the dataclasses of rows."""
    return tuple(read(kind, row) for row in rows)


@cache
def _insertion(verb: str, table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join(f":{name}" for name in names)
    return f"{verb} INTO {table} ({', '.join(names)}) VALUES ({marks})"


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@cache
def _readers(kind: Any) -> tuple[tuple[str, Read], ...]:
    """Return each field of a class, with the function that reads its column."""
    hints = get_type_hints(kind)
    return tuple((name, _column_reader(hints[name])) for name in _names(kind))


def _column_reader(hint: Any) -> Read:
    if type(None) in get_args(hint):
        some = _column_reader(get_args(hint)[0])
        return lambda value: None if value is None else some(value)
    if get_origin(hint) is None:
        return _value_reader(hint)
    parsed = _value_reader(hint)
    return lambda value: parsed(json.loads(value))


def _value_reader(hint: Any) -> Read:
    """Return the function that converts the content of a column, or its JSON, to a value of this type."""
    kind = get_origin(hint) or hint
    if kind is tuple:
        of_one = _value_reader(get_args(hint)[0])
        return lambda values: tuple(map(of_one, values))
    if isinstance(kind, type) and is_dataclass(kind):
        readers = [(name, _value_reader(each)) for name, each in get_type_hints(kind).items()]
        return lambda values: kind(
            **{name: reader(value) for (name, reader), value in zip(readers, values, strict=True)}
        )
    return kind if kind in {bool, frozenset} or issubclass(kind, Enum) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value
