"""The table of an API: each operation is stated once; all that is said of it elsewhere is derived from it.

A type is written as a name (of `types`, or of `PLAIN`), as `[type]` for a list, as the fields of an
object, or as JSON Schema, whose parts may be written so too. A field whose name ends in `?` may be left out;
the field `+` names a type whose fields come first. `must` of a schema ends the sentence that refuses a value.

`verb` has the words of `sigmic-mock` for a row: `is` is the command (`commands/command.py` lists its first
word). Its fields `words` are given without a flag, and `line` is printed; with `each` once for every member
of that list of the answer, and `none` if the list is empty.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sigmic_spec import strict_yaml

CONTROL_PATH = "/__mock/v1"
DECK = "/__mock/ui"
"""The page over the control plane, served with the other pages: it asks as any client does."""
Schema = Mapping[str, Any]
PLAIN: Mapping[str, Schema] = {
    "text": {"type": "string"},
    "nullable": {"type": ["string", "null"]},
    "whole": {"type": "integer"},
    "count": {"type": "integer", "minimum": 0},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "object": {"type": "object"},
    "instant": {"type": "string", "format": "date-time"},
}
METHODS = ("get", "post", "put", "patch", "delete")
_JSON_TYPES = {"string", "integer", "number", "boolean", "object", "array", "null"}
_SCHEMA_OF_ONE = ("items", "additionalProperties")
_SCHEMAS_OF_MANY = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body or a query. `schema` holds no reference at its top."""

    name: str
    schema: Schema
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `row` is how the table writes it."""

    id: str
    method: str
    path: str
    query: Mapping[str, Field]
    body: Mapping[str, Field]
    row: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return str(self.row["summary"])

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in its address."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def takes_body(self) -> bool:
        """True for a method that is sent with a body, be it an empty object."""
        return self.method in {"POST", "PUT", "PATCH"}

    def request(self, fields: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None, dict[str, str]]:
        """Return address, body and query of a call with these fields; a field with None is left out."""
        given = {name: value for name, value in fields.items() if value is not None or self._takes_null(name)}
        path = re.sub(r"\{(\w+)\}", lambda name: quote(str(given.pop(name[1])), safe=""), self.path)
        query = {name: _as_word(given.pop(name)) for name in list(given) if name in self.query}
        if self.takes_body:
            return path, given, query
        return path, None, query | {name: _as_word(value) for name, value in given.items()}

    def _takes_null(self, name: str) -> bool:
        field = self.body.get(name)
        return field is not None and "null" in types_of(field.schema)


class Table:
    """The operations of one API by their id, in the order of the table."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.types: Mapping[str, Any] = told.get("types", {})
        self.operations = {name: self._operation(name, row) for name, row in told["operations"].items()}

    def schema(self, written: Any) -> dict[str, Any]:
        """Return a type as JSON Schema, in which a name of `types` is a reference."""
        if isinstance(written, str):
            return dict(PLAIN[written]) if written in PLAIN else {"$ref": f"#/components/schemas/{written}"}
        if isinstance(written, list):
            return {"type": "array", "items": self.schema(written[0])}
        if _is_schema(written):
            return dict(self._parts(written))
        more = [self.schema(written["+"])] if "+" in written else []
        fields = {name: each for name, each in written.items() if name != "+"}
        own = {
            "type": "object",
            "required": [name for name in fields if not name.endswith("?")],
            "properties": {name.removesuffix("?"): self.schema(each) for name, each in fields.items()},
        }
        return {"allOf": [*more, own]} if more else own

    def resolved(self, written: Any) -> Schema:
        """Return a type as JSON Schema in which the references to it and its members are followed."""
        return self._followed(self.schema(written))

    def _followed(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.schema(self.types[schema["$ref"].rpartition("/")[2]])
        members = {name: schema[name] for name in _SCHEMA_OF_ONE if isinstance(schema.get(name), Mapping)}
        return {**schema, **{name: self._followed(member) for name, member in members.items()}}

    def _parts(self, written: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in written.items():
            if name in _SCHEMA_OF_ONE and not isinstance(value, bool):
                yield name, self.schema(value)
            elif name in _SCHEMAS_OF_MANY:
                yield name, [self.schema(each) for each in value]
            elif name == "properties":
                yield name, {field: self.schema(each) for field, each in value.items()}
            else:
                yield name, value

    def _operation(self, name: str, row: Mapping[str, Any]) -> Operation:
        (method,) = (each for each in METHODS if each in row)
        query, body = self._fields(row.get("query", {})), self._fields(row.get("body", {}))
        return Operation(name, method.upper(), row[method], query, body, row)

    def _fields(self, written: Mapping[str, Any]) -> Mapping[str, Field]:
        fields = (
            Field(name.removesuffix("?"), self.resolved(each), not name.endswith("?"))
            for name, each in written.items()
        )
        return {field.name: field for field in fields}


@cache
def load_table(path: Path) -> Table:
    """Return a table from its file; read once, when it is first asked for."""
    return Table(strict_yaml.read(path.read_text("utf-8")))


def control_table() -> Table:
    """Return the table of the control plane."""
    return load_table(Path(__file__).with_name("control.yaml"))


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the JSON types that a schema names; empty if it allows any."""
    told = schema.get("type", ())
    return (told,) if isinstance(told, str) else tuple(told)


def choices_of(schema: Schema) -> Mapping[str, str]:
    """Return the values that a schema allows, each with what it means; empty if any value is allowed."""
    if "enum" in schema:
        return dict.fromkeys(schema["enum"], "")
    constants = [each for each in schema.get("oneOf", ()) if "const" in each]
    return {each["const"]: each.get("description", "") for each in constants}


def _is_schema(written: Mapping[str, Any]) -> bool:
    told = written.get("type")
    kinds = told if isinstance(told, list) else [told]
    has_type = all(isinstance(each, str) and each in _JSON_TYPES for each in kinds)
    return (
        not written
        or has_type
        or any(name in written for name in ("const", "oneOf", "anyOf"))
        or isinstance(written.get("enum"), list)
        or set(written) == {"description"}
    )


def _as_word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
