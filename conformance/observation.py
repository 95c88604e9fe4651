"""What an explorer noticed that no requirement states: told, with a command that asks again, never judged."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """`check` is what noticed it, `times` how often; the rest is of the first answer that showed it."""

    check: str
    operation: str
    said: str
    times: int
    probe: str
    exchange: int
    label: str
    excerpt: str
    curl: str
