"""The pace at which the agent answers, like that of a model: `--pace natural`, or separate figures."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.runtime.clock.mode import read_duration
from sigmic_spec.nearest import hint

_FASTEST = 10_000.0
_LONGEST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`first` and `pause` in seconds, `rate` in tokens per second (0 for no pace).

    `first` passes before the first thought or text, `pause` after a tool or a thought. Each time is longer or
    shorter by up to `jitter` of itself.
    """

    first: float = 0.0
    rate: float = 0.0
    jitter: float = 0.0
    pause: float = 0.0

    @property
    def is_off(self) -> bool:
        """True if an answer comes as fast as the platform can send it."""
        return self.rate == 0

    def __str__(self) -> str:
        if self.is_off:
            return "off"
        name = next((name for name, pace in PRESETS.items() if pace == self), "custom")
        return f"{name}: first token after {self.first:g} s, {self.rate:g} tokens per second"


OFF = Pace()
NATURAL = Pace(first=0.6, rate=45, jitter=0.4, pause=0.25)
PRESETS: Mapping[str, Pace] = {
    "natural": NATURAL,
    "slow": Pace(first=1.5, rate=12, jitter=0.4, pause=0.6),
    "fast": Pace(first=0.2, rate=150, jitter=0.2, pause=0.05),
}
_NAMES = ("off", *PRESETS)


def read_pace(text: str) -> Pace:
    """Parse `natural`, `off`, or figures like `natural,rate=80` and `first=1s,rate=20,jitter=0.3`.

    Raises ValueError, which says what to write.
    """
    name, *rest = text.split(",")
    if "=" in name:
        name, rest = "natural", [name, *rest]
    if name == "off" and not rest:
        return OFF
    if name not in PRESETS:
        raise ValueError(
            f"must be one of {', '.join(_NAMES)}, or figures such as first=1s,rate=20{hint(name, _NAMES)}"
        )
    return replace(PRESETS[name], **dict(map(_figure, rest)))


def _figure(text: str) -> tuple[str, float]:
    name, _, value = text.strip().partition("=")
    match name:
        case "first" | "pause":
            return name, _seconds(name, value)
        case "rate":
            return name, _number(name, value, _FASTEST, least=0.1)
        case "jitter":
            return name, _number(name, value, 1.0)
        case _:
            names = ("first", "rate", "jitter", "pause")
            raise ValueError(f"has the figures {', '.join(names)}{hint(name, names)}")


def _seconds(name: str, text: str) -> float:
    try:
        seconds = read_duration(name, text)
    except ApiError as problem:
        raise ValueError(f"needs a time, for example {name}=600ms ({problem.message})") from None
    if seconds > _LONGEST_SECONDS:
        raise ValueError(f"needs a time of at most 10m after {name}=")
    return seconds


def _number(name: str, text: str, most: float, *, least: float = 0.0) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise ValueError(f"needs a number from {least:g} to {most:g} after {name}=")
    return number
