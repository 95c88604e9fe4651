"""Times of a playbook: seconds, or a number with its unit."""

import re

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
