"""Pieces of schema that several kinds of step share, and the times of a playbook."""

from collections.abc import Mapping
from typing import Any

from sigmic_spec.units import read_seconds

WORDS = {"$ref": "#/$defs/words"}
TIME = {"$ref": "#/$defs/time"}
PATH = {"$ref": "#/$defs/path"}
STEPS = {"$ref": "#/$defs/steps"}
REPORT = {"$ref": "#/$defs/report"}
TEXT = {"type": "string", "minLength": 1}


def described(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with a description, which editors show."""
    return {"description": text, **schema}


def record(required: tuple[str, ...], /, **properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has these properties and no other."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }


def short_or(long: Mapping[str, Any], **short: Any) -> dict[str, Any]:
    """Return the schema of a value that has a short form (text by default) and a long one."""
    return {"oneOf": [short or TEXT, long]}


LONGEST = 86_400


def seconds(value: float | str) -> float:
    """Return a time of a playbook, already valid by the schema, in seconds."""
    return read_seconds(value) if isinstance(value, str) else float(value)


def at_most_a_day(text: str) -> bool:
    """Return whether a time with its unit is at most a day; the pattern refuses text that is not a time."""
    try:
        return read_seconds(text) <= LONGEST
    except ValueError:
        return True
