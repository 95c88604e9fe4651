"""Counts the names and values of a JSON text without parsing it.

A limit in bytes does not bound the cost of a body: very many small values take seconds to read and to check.
"""

import re
from itertools import islice

MOST_VALUES = 2000
"""Names and values, objects and lists among them, of one body; the largest documented one holds 413."""
_BETWEEN = b" \t\r\n,:]}"
_BRACKET = re.compile(rb'"(?:[^"\\]*+\\.)*+[^"\\]*+\\?"?|([\[{])|([\]}])', re.DOTALL)
_TOKEN = re.compile(
    rb'[ \t\r\n,:\]}]*+(?:"(?:[^"\\]*+\\.)*+[^"\\]*+\\?"?|[\[{]|[^ \t\r\n"\[\]{},:]++)', re.DOTALL
)


def holds_more(text: bytes, most: int) -> bool:
    """Tell whether a JSON text in UTF-8 holds more than `most` names and values; stop counting there."""
    if len(text) <= most:
        return False
    # Nothing to skip is left at the end, where a search that finds no token would begin again at every byte.
    tokens = _TOKEN.finditer(text.rstrip(_BETWEEN))
    return next(islice(tokens, most, None), None) is not None


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
            break  # it is no JSON; nothing after this is read
    return False
