"""How durations and sizes are written: on the command line, in YAML, and in the control plane.

Shared by the mock, the suite and the load tests, so that both are written in one way.
"""

import re
from decimal import Decimal

TIME_EXAMPLE = "a time, for example 30s, 1h30m or 250ms"
SIZE_EXAMPLE = "a size, for example 20MB or 1.5GiB"
TIME_PATTERN = r"^([0-9]{1,12}(\.[0-9]{1,6})? ?(ms|s|m|h|d) ?)+$|^[0-9]{1,12}(\.[0-9]{1,6})?$"
"""What `read_seconds` reads, for a JSON Schema. Its time is linear: each part ends with a letter."""
SIZE_PATTERN = r"^([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([kKMG]i?)?B?$"
_TIME = re.compile(TIME_PATTERN, re.ASCII)
_PART = re.compile(r"([0-9.]+) ?(ms|s|m|h|d)", re.ASCII)
_SIZE = re.compile(SIZE_PATTERN, re.ASCII)
_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
_BYTES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}
_LONGEST_TEXT = 40


def read_seconds(text: str) -> float:
    """Read `15s`, `1h30m`, `250ms` or a number of seconds. Raises ValueError, which says what to write."""
    written = text.strip() if len(text) <= _LONGEST_TEXT else ""
    if _TIME.fullmatch(written) is None:
        raise ValueError(f"must be {TIME_EXAMPLE}; a number alone is seconds")
    parts = _PART.findall(written) or [(written, "s")]
    return float(sum(Decimal(number) * _SECONDS[unit] for number, unit in parts))


def read_bytes(text: str) -> int:
    """Read `20MB`, `1.5 GiB` or a number of bytes. Raises ValueError, which says what to write."""
    found = _SIZE.fullmatch(text.strip()) if len(text) <= _LONGEST_TEXT else None
    if found is None:
        raise ValueError(f"must be {SIZE_EXAMPLE}; a number alone is bytes")
    return round(Decimal(found[1]) * _BYTES[(found[2] or "").replace("K", "k")])
