"""What checks conclude without a documented sentence: each premise, the row or fact behind it, and its grade.

A check asks the record before it concludes anything by one of these (`Record.admits`). A row that is broken
only as long as a premise is admitted rests on it, and binds no more strongly (`verdict.bind`).
"""

from collections.abc import Iterable
from enum import Enum

from sigmic_conformance.spec.requirement import Evidence

_STRENGTH = (
    Evidence.DOCUMENTED,
    Evidence.INHERITED,
    Evidence.EXAMPLE,
    Evidence.INFERRED,
    Evidence.CHOSEN,
)


class Premise(Enum):
    """A step from what was seen to what is concluded: in words, the ledger's row or fact, the grade."""

    DONE_COMPLETES = (
        "a turn that told done is completed, when nobody had cancelled it",
        "PHASE-023",
        Evidence.INFERRED,
    )
    NEW_ID_RESTORES = ("a session whose id has changed was restored", "H-05", Evidence.INFERRED)
    CANCELLED_CANCELS = (
        "a stream that ends with the error CANCELLED tells that its turn was cancelled",
        "CANCEL-013",
        Evidence.CHOSEN,
    )

    def __init__(self, words: str, source: str, evidence: Evidence) -> None:
        self.words = words
        self.source = source
        self.evidence = evidence


def weakest(*evidence: Evidence) -> Evidence:
    """The grade that binds least."""
    return max(evidence, key=_STRENGTH.index)


def by_strength(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Grades, the one that binds most first."""
    return sorted(evidence, key=_STRENGTH.index)


def weaker_than(grade: Evidence, premises: Iterable[Premise]) -> frozenset[Premise]:
    """The premises that bind less than a grade."""
    return frozenset(each for each in premises if _STRENGTH.index(each.evidence) > _STRENGTH.index(grade))
