"""One finding of `doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with one thing."""

    OK = "ok"
    NOTE = "note"  # worth knowing
    WARNING = "warning"  # it can be tested, with fewer verdicts
    PROBLEM = "problem"  # it cannot be tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing that was looked at; `remedy` says what to do, empty when there is nothing to do."""

    about: str
    state: State
    text: str
    remedy: str = ""
