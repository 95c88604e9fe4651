"""Pieces of schema that several kinds of step share, and the times of a playbook."""

import re
from collections.abc import Mapping
from typing import Any

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


_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_FACTORS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST = 86_400


def seconds(value: float | str) -> float:
    """Return a time of a playbook, which fits the schema, in seconds."""
    if isinstance(value, str):
        found = _TIME.fullmatch(value)
        return float(found[1]) * _FACTORS[found[2]] if found else 0.0
    return float(value)


def at_most_a_day(text: str) -> bool:
    """Tell whether a time with its unit is short enough; what is no time is for the pattern to refuse."""
    return _TIME.fullmatch(text) is None or seconds(text) <= LONGEST
