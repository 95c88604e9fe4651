"""Headers that every request to a target needs beside ours: of a gate before it, of a preview."""

import re
from collections.abc import Iterator

from sigmic_conformance.load.settings.checked_yaml import BadFile

VARIABLE = "SIGMIC_HEADERS"
"""A header a line, as for the suite; in the environment of each worker, like the key."""
SHORTEST_SECRET = 8
"""A shorter value, such as `eu`, is a word that may stand anywhere: it is not hidden."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]+")
_OURS = frozenset(
    {"host", "authorization", "x-api-key", "accept", "connection", "content-length", "content-type"}
    | {"transfer-encoding", "accept-encoding", "upgrade", "expect"}
)


def read_headers(text: str) -> dict[str, str]:
    """Return the headers of the lines of a text; raises `BadFile`, which tells no value."""
    return dict(_headers(text))


def _headers(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not colon or not _NAME.fullmatch(name):
            raise BadFile(f"{VARIABLE}, line {number}: not of the form 'Name: value'")
        if name.lower() in _OURS:
            raise BadFile(f"{VARIABLE}, line {number}: {name} can't be set: the load test sets this header")
        if not _VALUE.fullmatch(value):
            raise BadFile(f"{VARIABLE}, line {number}: {name} is empty, or has more than visible ASCII")
        yield name, value


def secrets_of(headers: dict[str, str]) -> tuple[str, ...]:
    """Return the values that evidence must not show, should a target send them back."""
    return tuple(value for value in headers.values() if len(value) >= SHORTEST_SECRET)
