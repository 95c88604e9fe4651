"""One finding of `doctor`."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial


class State(StrEnum):
    """The state of one examined item."""

    OK = "ok"
    NOTE = "note"  # worth knowing
    WARNING = "warning"  # it can be tested, with fewer verdicts
    PROBLEM = "problem"  # it cannot be tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One examined item; `remedy` is what to do, empty if nothing is to be done."""

    about: str
    state: State
    text: str
    remedy: str = ""


fine = partial(Diagnostic, state=State.OK)
note = partial(Diagnostic, state=State.NOTE)
warning = partial(Diagnostic, state=State.WARNING)
obstacle = partial(Diagnostic, state=State.PROBLEM)
