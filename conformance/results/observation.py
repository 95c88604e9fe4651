"""An observation of an explorer that no requirement states: told with a command that repeats it."""

from dataclasses import dataclass

WIDE = 400
"""Characters of a command that still is one line to a reader."""


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

    @property
    def again(self) -> str | None:
        """The command that asks again, where it fits into a line; None where only the transcript has it."""
        return self.curl if len(self.curl) <= WIDE and self.curl.isprintable() else None
