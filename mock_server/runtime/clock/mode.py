"""The modes of a clock (`real`, `scaled:N`, `manual`, `autojump`), and durations as people write them."""

import re
from dataclasses import dataclass
from datetime import datetime

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.spec.nearest import hint

_NAMES = ("real", "scaled:N", "manual", "autojump")
_FASTEST = 1_000_000.0
_LONGEST_SECONDS = 366 * 24 * 3600.0
_LATEST = 4_102_444_800_000
"""The year 2100: room for every lifetime after it."""
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", re.ASCII)
_MOST_CHARACTERS = 40
"""Of a duration: to look for its parts takes time by the square of a long row of digits."""
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Mode:
    """`rate` is platform seconds per real second; 0 for a clock that does not move by itself."""

    name: str
    rate: float = 0.0

    @property
    def jumps(self) -> bool:
        """True when it jumps to the next timer as soon as nothing else is going on."""
        return self.name == "autojump"

    def __str__(self) -> str:
        return f"scaled:{self.rate:g}" if self.name == "scaled" else self.name


REAL = Mode("real", 1.0)
MANUAL = Mode("manual")
AUTOJUMP = Mode("autojump")


def read_mode(text: str) -> Mode:
    """Read a mode; raises ValueError with the nearest one."""
    name, colon, number = text.partition(":")
    if not colon:
        for mode in (REAL, MANUAL, AUTOJUMP):
            if mode.name == name:
                return mode
    if name == "scaled" and colon:
        try:
            rate = float(number)
        except ValueError:
            rate = 0.0
        if 0 < rate <= _FASTEST:
            return Mode("scaled", rate)
        raise ValueError("needs a number above 0 after scaled:, as in scaled:60")
    near = hint(name, ["real", "scaled", "manual", "autojump"]).replace("scaled?", "scaled:60?")
    raise ValueError(f"must be one of {', '.join(_NAMES)}{near}")


def read_duration(name: str, text: object) -> float:
    """Read `15s`, `1h30m`, `250ms`, `7d` as seconds, at most 366 days. Raises VALIDATION_ERROR."""
    parts = _PART.findall(text) if isinstance(text, str) and len(text) <= _MOST_CHARACTERS else []
    if not parts or "".join(map("".join, parts)) != text:
        message = (
            f"{name} must be a time, for example 15s, 30m, 1h30m or 250ms,"
            f" of at most {_MOST_CHARACTERS} characters"
        )
        raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST_SECONDS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} may be at most 366d")
    return seconds


def read_instant(name: str, text: str) -> int:
    """Read an instant of the years 1970 to 2100, with its zone, as epoch ms. Raises VALIDATION_ERROR."""
    try:
        moment = datetime.fromisoformat(text)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        milliseconds, moment = -1, None
    if moment is None or moment.tzinfo is None or not 0 <= milliseconds <= _LATEST:
        message = f"{name} must be an instant with its zone, 1970 to 2100, for example 2030-01-31T12:00:00Z"
        raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    return milliseconds
