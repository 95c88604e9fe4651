"""An observation of an exploration that no requirement states, with a command that repeats it."""

from dataclasses import dataclass

WIDE = 400
"""The most characters of a command that is printed on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """`check` detected it, `times` is how often; the other fields are of the first answer that showed it."""

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
        """The command that repeats the request; None if it is too long for one line (see the transcript)."""
        return self.curl if len(self.curl) <= WIDE and self.curl.isprintable() else None
