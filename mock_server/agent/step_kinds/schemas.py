"""Pieces of schema that several kinds of step share."""

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
