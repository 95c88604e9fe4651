"""JSON from others: read strictly, and its names and values counted without parsing it.

A limit in bytes does not bound the cost of a body: many small values take seconds to read and to check.
"""

import json
import math
import re
from collections import Counter
from typing import Any

MOST_VALUES = 2000
"""Names and values, objects and lists among them, of one body; the largest documented one holds 413."""
DEEPEST = 100
"""Objects and lists inside one another, in one body or message."""
NOUNS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
"""Each type of a JSON Schema, as an error names it."""
_LONGEST_NUMBER = 400
"""Characters of a number: reading one takes time that grows with their square."""
_SHOWN_CHARACTERS = 40
_BRACKET = re.compile(rb'"(?:[^"\\]*+\\.)*+[^"\\]*+\\?"?|([\[{])|([\]}])', re.DOTALL)
_SEPARATORS_TO_BLANKS = bytes.maketrans(b"\t\r\n,:[]{}\v\f", b" " * 9 + b"xx")
"""Vertical tabs and form feeds are not blanks in JSON."""


def holds_more(text: bytes, most: int) -> bool:
    """Return whether a JSON text in UTF-8 has more than `most` names and values; stop counting there.

    Only methods of `bytes` are used: a text of megabytes takes some milliseconds.
    """
    if len(text) <= most:
        return False
    # Without pairs of backslashes and escaped quotes, every quote begins or ends a string.
    pieces = text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"', 2 * most + 1)
    count = len(pieces) // 2
    if count > most:
        return True
    between = b" ".join(pieces[::2])
    count += between.count(b"[") + between.count(b"{")
    return count > most or count + len(between.translate(_SEPARATORS_TO_BLANKS).split(None, most)) > most


def is_deeper(text: bytes, most: int) -> bool:
    """Tell whether a JSON text in UTF-8 nests objects and lists deeper than `most`."""
    if text.count(b"[") + text.count(b"{") <= most:
        return False
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += (found[1] is not None) - (found[2] is not None)
        if depth > most:
            return True
        if depth < 0:
            break  # not JSON; nothing after this is read
    return False


class BadJson(ValueError):
    """A text is refused; the message is one sentence."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise BadJson(f"An object has the name {twice[:_SHOWN_CHARACTERS]!r} twice")
    return value


def _short(digits: str) -> str:
    if len(digits) > _LONGEST_NUMBER:
        limit = f"the limit is {_LONGEST_NUMBER} characters"
        raise BadJson(f"The body holds a number that is too long; {limit}")
    return digits


def _number(text: str) -> float:
    number = float(_short(text))
    if not math.isfinite(number):
        raise BadJson("The body holds a number that is not valid")
    return number


read_strictly = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_number,
    parse_int=lambda digits: int(_short(digits)),
    parse_float=_number,
).decode
"""Reads one JSON value: no name twice, no NaN, no endless number. Raises ValueError, RecursionError."""
