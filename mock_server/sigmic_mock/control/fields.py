"""The fields of a call as its table states them: a wrong one is refused with what it must be, and a hint."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sigmic_mock.control.table import Field, Schema, choices_of, types_of
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.json_values import NOUNS
from sigmic_spec.nearest import hint, hint_of_known
from sigmic_spec.plural import plural

_IS = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def checked(given: Mapping[str, Any], fields: Mapping[str, Field], what: str) -> dict[str, Any]:
    """Return the fields with their defaults; raises VALIDATION_ERROR for the first that is not as stated."""
    require_known(given, fields, what)
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in given:
            _check(name, given[name], field.schema)
            values[name] = given[name]
        elif field.required:
            raise _refused(f"{name} is required; it must {_rule(field.schema)}")
        elif "default" in field.schema:
            values[name] = field.schema["default"]
    return values


def read_query(given: Mapping[str, str], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the parameters of a query, whole numbers as such; raises VALIDATION_ERROR."""
    require_known(given, fields, "query parameter")
    return checked(
        {name: _read(text, fields[name]) for name, text in given.items()}, fields, "query parameter"
    )


def require_known(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raise VALIDATION_ERROR for the first name in `given` that is not `known`, with the nearest one."""
    names = sorted(known)
    for name in given:
        if name not in names:
            raise _refused(f"Unknown {what} {name[:80]!r}{hint_of_known(name, names)}")


def one_of(name: str, value: str, choices: Iterable[str]) -> str:
    """Return `value` if it is one of `choices`; else raise VALIDATION_ERROR with the nearest one."""
    names = sorted(choices)
    if value in names:
        return value
    raise _refused(f"{name} must be one of {', '.join(names)}{hint(value, names)}")


def _read(text: str, field: Field) -> Any:
    """Return a text of a query as the number that it must be, or unchanged: then it is refused."""
    most = len(str(field.schema.get("maximum", 0)))
    is_number = types_of(field.schema) == ("integer",) and text.isascii() and text.isdigit()
    return int(text) if is_number and len(text) <= most else text


def _check(name: str, value: Any, schema: Schema) -> None:
    choices, kinds = choices_of(schema), types_of(schema)
    if choices and isinstance(value, str):
        one_of(name, value, choices)
    elif choices or not (_is_a(kinds, value) and _is_within(value, schema)):
        raise _refused(f"{name} must {_rule(schema, value)}")
    if isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
        for each in value:
            _check(name, each, items)
    if isinstance(value, Mapping) and isinstance(of_each := schema.get("additionalProperties"), Mapping):
        for key, each in value.items():
            _check(f"{name}.{key[:80]}", each, of_each)


def _is_a(kinds: Collection[str], value: Any) -> bool:
    return not kinds or any(_IS[kind](value) for kind in kinds)


def _is_within(value: Any, schema: Schema) -> bool:
    if isinstance(value, str):
        size = len(value)
        if not schema.get("minLength", 0) <= size <= schema.get("maxLength", size):
            return False  # before its pattern is tried, whose time can grow with the square of the length
        # A pattern that only describes has no `must`: its handler refuses, with its own code.
        pattern = schema.get("pattern") if "must" in schema else None
        return pattern is None or re.fullmatch(pattern, value) is not None
    if isinstance(value, list):
        return bool(schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return True


def _rule(schema: Schema, value: Any = None) -> str:
    """Return what a value must be or have, as text."""
    kinds = types_of(schema)
    if "must" in schema:
        return str(schema["must"])
    if choices := choices_of(schema):
        return f"be one of {', '.join(sorted(choices))}"
    if isinstance(value, str) and "string" in kinds:
        return f"have at most {plural(schema['maxLength'], 'character')}"
    if isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
        return f"have at most {plural(schema['maxItems'], 'entry', 'entries')}"
    nouns = [_whole(schema) if kind == "integer" else NOUNS[kind] for kind in kinds]
    return f"be {', or '.join(nouns) or 'given'}"


def _whole(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None:
        return f"a whole number, {least or 0} to {most}"
    return "a whole number" if least is None else f"a whole number of at least {least}"


def _refused(message: str) -> ApiError:
    return ApiError(ErrorCode.VALIDATION_ERROR, message)
