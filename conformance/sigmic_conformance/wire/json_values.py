"""Shapes of JSON values from the documentation's tables, independent of the OpenAPI document.

Unknown fields are allowed; missing or wrongly typed documented ones are not.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

STATUSES = frozenset({"pending", "running", "awaiting_approval", "completed", "failed", "cancelled"})
FINAL = frozenset({"completed", "failed", "cancelled"})
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
CONVERSATION = re.compile(r"\d{12,14}-[0-9a-z]{9}")
TASK_FIELDS = (
    "id",
    "apiKeyId",
    "username",
    "sessionId",
    "conversationId",
    "status",
    "message",
    "systemPrompt",
    "showInHistory",
    "autoExecute",
    "env",
    "error",
    "createdAt",
    "startedAt",
    "completedAt",
)
MESSAGE_FIELDS = ("id", "role", "content", "createdAt", "attachedFiles", "thoughts", "toolCalls")
MESSAGE_LISTS = {
    "attachedFiles": ("name", "path"),
    "thoughts": ("subject", "description"),
    "toolCalls": ("callId", "toolName", "status"),
}
FREE = frozenset({"env", "args"})
"""Members with content chosen by the caller or a tool."""
MOST_DIGITS = 400
EXACT = 2**53
"""Whole numbers below it are exact in all interpreters."""
DEEPEST = 200
"""Values that are nested deeper are not read: none are documented, and not all interpreters can walk them."""
LATEST_SECONDS = 1e11
"""A greater number is in milliseconds."""


class TooDeep(ValueError):
    """A JSON text whose values are nested deeper than `DEEPEST`."""

    def __init__(self) -> None:
        super().__init__(f"values are nested more than {DEEPEST} deep")


def _number(written: str) -> int | float:
    """A whole number; Python reads none with thousands of digits, but JSON has them."""
    return int(written) if len(written) <= MOST_DIGITS else float(written)


def _real(written: str) -> int | float:
    """A number with a fraction or an exponent. `10.0` is the whole number 10, as in JSON Schema."""
    value = float(written)
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def _constant(written: str) -> float:
    """Refuse `NaN` and `Infinity`: Python reads them, but JSON does not have them (RFC 8259)."""
    raise ValueError(f"{written} is not JSON")


_DECODER = json.JSONDecoder(parse_int=_number, parse_float=_real, parse_constant=_constant)
_PLAIN = json.JSONDecoder()


def read(text: str | bytes) -> Any:
    """Read JSON in UTF-8. Raises `TooDeep`, and ValueError for invalid JSON; the same on every Python."""
    # Python itself would also read UTF-16 and UTF-32, which RFC 8259 does not allow.
    return _shallow(text if isinstance(text, str) else text.decode("utf-8-sig", "surrogatepass"), _DECODER)


def read_saved(text: str) -> Any:
    """Read JSON from a file of a saved run, with Python's own numbers. Raises `TooDeep` and ValueError."""
    return _shallow(text, _PLAIN)


def _shallow(text: str, decoder: json.JSONDecoder) -> Any:
    try:
        value = decoder.decode(text)
    except RecursionError:
        raise TooDeep from None
    if text.count("[") + text.count("{") > DEEPEST and _is_deep(value):
        raise TooDeep
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
        if not level:
            return False
    return True


NULLABLE = ("systemPrompt", "env", "error", "startedAt", "completedAt")
OPTIONAL = frozenset({"output", "pendingApprovals", "attachedFiles", "thoughts", "toolCalls"})
TIMES = frozenset({"createdAt", "startedAt", "completedAt", "lastActivityAt", "updatedAt", "modifiedAt"})


def message(value: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields of a message, to compare views by; of tool calls those of every view (X-18)."""
    kept = {name: value[name] for name in MESSAGE_FIELDS if name in value}
    for name, fields in MESSAGE_LISTS.items():
        if isinstance(kept.get(name), list):
            kept[name] = [_picked(entry, fields) for entry in kept[name]]
    return kept


def _picked(value: Any, fields: tuple[str, ...]) -> Any:
    return {name: value.get(name) for name in fields} if isinstance(value, dict) else value


def task(value: Any) -> dict[str, Any]:
    """The documented fields of a task with its output's content and time, to compare two reads."""
    told = fields(value)
    output = fields(told.get("output"))
    known = {name: told.get(name) for name in TASK_FIELDS}
    return known | {f"output.{name}": output.get(name) for name in ("content", "updatedAt")}


def text(value: Any) -> bool:
    """A string."""
    return isinstance(value, str)


def filled(value: Any) -> bool:
    """A string that is not empty."""
    return isinstance(value, str) and value != ""


def flag(value: Any) -> bool:
    """A JSON boolean."""
    return isinstance(value, bool)


def count(value: Any) -> bool:
    """A whole number not below 0; in JSON, 2.0 is a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return value >= 0 and (isinstance(value, int) or value.is_integer())


def mapping(value: Any) -> bool:
    """A JSON object."""
    return isinstance(value, dict)


def listing(value: Any) -> bool:
    """A JSON array."""
    return isinstance(value, list)


def timestamp(value: Any) -> bool:
    """An ISO-8601 time in UTC with milliseconds that exists in the calendar (C-07)."""
    return isinstance(value, str) and TIMESTAMP.fullmatch(value) is not None and instant(value) is not None


def instant(value: Any) -> float | None:
    """A time in seconds since the epoch, read as leniently as ISO-8601 allows; None if it is not a time."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = float(value)
            return seconds / 1000 if seconds > LATEST_SECONDS else seconds
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def one_of(value: Any, words: Collection[str]) -> bool:
    """One of these strings."""
    return isinstance(value, str) and value in words


def fields(value: Any) -> Mapping[str, Any]:
    """The members of a JSON object; empty for any other value."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a JSON array; empty for any other value."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def call_ids(calls: Any) -> list[str]:
    """The callIds in a list of calls, in its order; an id of a type other than string as its JSON text."""
    return [word(each.get("callId")) for each in objects(calls)]


def items(value: Any) -> list[Any]:
    """The items of an array; a value of another type counts as one item of the wrong type."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def word(value: Any) -> str:
    """A value that should be a string, to count and compare; for another type its JSON text."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def mentions(data: str, payload: Any, text: str) -> bool:
    """Whether JSON has a string that contains the text, whatever characters are escaped (RFC 8259, 7)."""
    return text in data or any(text in each for each in _strings(payload))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def path(value: str) -> str:
    """A path below the workspace in comparable form: without a leading `./`."""
    return value.removeprefix("./")


def walk(value: Any) -> list[tuple[str, str, Any]]:
    """Every member of every object in a JSON value: (path, name, value).

    The content of free members (`env`, `args`) is skipped.
    """
    found: list[tuple[str, str, Any]] = []
    _gather(value, "", found)
    return found


def _gather(value: Any, path: str, found: list[tuple[str, str, Any]]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else name
            found.append((where, name, inner))
            if isinstance(inner, dict | list) and name not in FREE:
                _gather(inner, where, found)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            if isinstance(inner, dict | list):
                _gather(inner, f"{path}[{number}]", found)
