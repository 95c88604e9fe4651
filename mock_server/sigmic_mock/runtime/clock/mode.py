"""The modes of a clock (`real`, `scaled:N`, `manual`, `autojump`), and durations in a project's time."""

from dataclasses import dataclass
from datetime import datetime

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_spec.nearest import hint
from sigmic_spec.units import read_seconds

_NAMES = ("real", "scaled:N", "manual", "autojump")
_FASTEST = 1_000_000.0
_LONGEST_SECONDS = 366 * 24 * 3600.0
_LATEST = 4_102_444_800_000
"""The year 2100, which leaves room for every lifetime after it."""


@dataclass(frozen=True, slots=True)
class Mode:
    """`rate` is platform seconds per real second; 0 for a clock that does not move automatically."""

    name: str
    rate: float = 0.0

    @property
    def jumps(self) -> bool:
        """True if it jumps to the next timer as soon as the project is idle."""
        return self.name == "autojump"

    def __str__(self) -> str:
        return f"scaled:{self.rate:g}" if self.name == "scaled" else self.name


REAL = Mode("real", 1.0)
MANUAL = Mode("manual")
AUTOJUMP = Mode("autojump")


def read_mode(text: str) -> Mode:
    """Parse a mode. Raises ValueError with the nearest one."""
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


def read_duration(name: str, value: object) -> float:
    """Parse a number of seconds, or a text like `1h30m`; at most 366 days. Raises VALIDATION_ERROR."""
    try:
        seconds = read_seconds(str(value))
    except ValueError as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} {problem}") from None
    if seconds > _LONGEST_SECONDS:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} may be at most 366d")
    return seconds


def read_instant(name: str, text: str) -> int:
    """Parse an instant of the years 1970 to 2100, with its zone, as epoch ms. Raises VALIDATION_ERROR."""
    try:
        moment = datetime.fromisoformat(text)
        milliseconds = round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        milliseconds, moment = -1, None
    if moment is None or moment.tzinfo is None or not 0 <= milliseconds <= _LATEST:
        message = f"{name} must be an instant with its zone, 1970 to 2100, for example 2030-01-31T12:00:00Z"
        raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    return milliseconds
