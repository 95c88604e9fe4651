"""Headers that every request to a target needs in addition to ours, for a gateway or a preview deployment."""

import re
from collections.abc import Iterator

from sigmic_load.settings.checked_yaml import BadFile

VARIABLE = "SIGMIC_HEADERS"
"""One header per line, as for the suite. Set in the environment of each worker, like the key."""
SHORTEST_SECRET = 8
"""A shorter value, for example `eu`, is not hidden, because it may occur anywhere."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]+")
_OURS = frozenset(
    {"host", "authorization", "x-api-key", "accept", "connection", "content-length", "content-type"}
    | {"transfer-encoding", "accept-encoding", "upgrade", "expect"}
)


def read_headers(text: str) -> dict[str, str]:
    """Return the headers, one per line of a text. Raises `BadFile`, which contains no value."""
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
    """Return the values that evidence must hide if a target sends them back."""
    return tuple(value for value in headers.values() if len(value) >= SHORTEST_SECRET)
