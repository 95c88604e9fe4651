"""Headers that a target needs in addition to the suite's, for example for an access gateway or a preview.

They are added below the level that is recorded, and their values are treated like credentials: neither
transcripts nor reports contain them, and an error message names no value.
"""

import re
from collections.abc import Iterable, Mapping

from sigmic_conformance.exit_codes import Refused

VARIABLE = "SIGMIC_HEADERS"
"""The same in the environment, one header per line."""
SHORTEST_SECRET = 8
"""A shorter value, such as `eu` or `staging`, may occur anywhere as a word: it is not redacted."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]+")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_OURS = frozenset(
    {"host", "authorization", "x-api-key", "accept", "user-agent", "origin", "connection", "expect", "range"}
    | {"content-length", "content-type", "transfer-encoding", "last-event-id", "accept-encoding", "upgrade"}
)

Header = tuple[str, str]


class HeaderRefused(Refused):
    """The header cannot be sent; the text is one line without its value."""


def read_headers(texts: Iterable[str], environment: Mapping[str, str]) -> tuple[Header, ...]:
    """Read `Name: value`, or `Name: $VARIABLE` for a value that should not be on a command line.

    Raises `HeaderRefused`.
    """
    return tuple(_header(number, text, environment) for number, text in enumerate(texts, 1))


def _header(number: int, text: str, environment: Mapping[str, str]) -> Header:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or not _NAME.fullmatch(name):
        raise HeaderRefused(f"--header {number} is not of the form 'Name: value'")
    if name.lower() in _OURS:
        raise HeaderRefused(f"--header {name}: not allowed, the suite sets this header")
    if variable := _VARIABLE.fullmatch(value):
        value = environment.get(variable[1], "").strip()
        if not value:
            raise HeaderRefused(f"--header {name}: the variable {variable[1]} is not set")
    if not _VALUE.fullmatch(value):
        raise HeaderRefused(f"--header {name}: the value must be non-empty, printable ASCII")
    return name, value
