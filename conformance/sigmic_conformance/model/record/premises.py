"""The conclusions of checks that no documented sentence supports: each premise, its source and its grade.

A check asks the record before it draws such a conclusion (`Record.admits`). If a requirement is violated only
while a premise is admitted, the verdict depends on that premise and is not stronger than it (`bind`).
"""

from collections.abc import Iterable
from enum import Enum

from sigmic_spec.requirement import Evidence

Grade = Evidence | None
"""Where a conclusion comes from; None if no page says anything: only our own platform must behave so."""
_STRENGTH: tuple[Grade, ...] = (
    Evidence.DOCUMENTED,
    Evidence.INHERITED,
    Evidence.EXAMPLE,
    Evidence.INFERRED,
    None,
)


class Premise(Enum):
    """A conclusion as text, the requirement or fact of the ledger that covers it, and its grade."""

    DONE_COMPLETES = (
        "a turn that ends with done is completed, unless it was cancelled first",
        "PHASE-023",
        Evidence.INFERRED,
    )
    NEW_ID_RESTORES = ("a session with a new id was restored", "H-05", Evidence.INFERRED)
    ONE_ID_ONE_CALL = (
        "one callId in two turns of a task names one call",
        "EVENT-022",
        Evidence.INFERRED,
    )
    ONE_RUN_ONE_RESULT = ("a call with two results ran twice", "EVENT-020", Evidence.INFERRED)
    REJECTED_GOES_ON = (
        "a turn continues after one of its calls was rejected",
        "G-65",
        None,
    )
    WAITING_CANCELS = ("a task that awaits an approval can be cancelled", "G-72", None)
    WAITING_STREAMS = (
        "a stream of a task that awaits an approval stays open, even one that is opened while it waits",
        "G-52",
        None,
    )
    CANCELLED_KEEPS_FILES = ("the files of a cancelled task stay readable", "G-75", None)
    HIDDEN_LISTED = ("a task with showInHistory false is in lists", "G-22", None)
    VARIABLES_LAST = ("the variables of a creation are there in later turns", "G-62", None)
    DAYS_ARE_KEPT = ("a lifetime of days is not limited to a shorter one", "2.1/days", Evidence.EXAMPLE)
    OUTPUTS_ARE_WHOLE = (
        "an output of a few kilobytes is not cut off without a word",
        "3.3/tool_result",
        Evidence.EXAMPLE,
    )
    CANCELS_AT_ONCE = ("a cancellation takes effect before its answer", "2.11/response", Evidence.EXAMPLE)
    CANCELLED_IS_DROPPED = (
        "a follow-up does not bring about what only a cancelled message asked for",
        "7/cancel",
        Evidence.INFERRED,
    )
    CANCELLED_CANCELS = (
        "a turn whose stream ends with the error CANCELLED was cancelled",
        "G-74",
        None,
    )

    def __init__(self, words: str, source: str, evidence: Grade) -> None:
        self.words = words
        self.source = source
        self.evidence = evidence

    @property
    def text(self) -> str:
        """The conclusion with its grade and its source."""
        return f"{self.words} ({self.evidence or 'no page states it'}, {self.source})"


def weakest(*evidence: Grade) -> Grade:
    """The weakest grade."""
    return max(evidence, key=_STRENGTH.index)


def by_strength(evidence: Iterable[Grade]) -> list[Grade]:
    """Grades, the strongest first."""
    return sorted(evidence, key=_STRENGTH.index)


def weaker_than(grade: Grade, premises: Iterable[Premise]) -> frozenset[Premise]:
    """The premises that are weaker than a grade."""
    return frozenset(each for each in premises if _STRENGTH.index(each.evidence) > _STRENGTH.index(grade))
