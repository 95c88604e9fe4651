"""The verdict of a whole run, and the exit code that says it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sigmic_conformance.load.verdicts.objectives import Outcome, Verdict

BROKEN_EXIT = 3
WITHOUT_ANSWER_EXIT = 4
CANNOT_BE_LOADED_EXIT = 5


class RunVerdict(StrEnum):
    """What became of a run."""

    HELD = "held"
    BROKEN = "broken"
    INCOMPLETE = "incomplete"
    """It is not the run that was asked for: a part of it was lost, or never came about."""
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The verdict, why, and the exit code; None leaves that to Locust, which says 1 when a request failed."""

    verdict: RunVerdict
    reasons: tuple[str, ...]
    exit_code: int | None

    @property
    def headline(self) -> str:
        """Say it in one line."""
        return f"{self.verdict}: {'; '.join(self.reasons)}" if self.reasons else self.verdict.value


def worst(exit_codes: Iterable[int]) -> int:
    """Return the code of several runs: broken before without an answer."""
    return min(exit_codes)


def conclude(outcomes: Sequence[Outcome], gaps: Sequence[str], ended_by: str = "") -> Conclusion:
    """Judge a run. `gaps` say what of it was lost; they make nothing held, and excuse nothing that broke.

    `ended_by` is why the run was given up: then what broke may have done so by that, and nobody is blamed.
    """
    broken = [it.line for it in outcomes if it.verdict is Verdict.BROKEN]
    unproven = [it.line for it in outcomes if it.verdict is Verdict.UNPROVEN]
    if ended_by:
        reasons = (ended_by, *broken, *gaps)
        return Conclusion(verdict=RunVerdict.INCOMPLETE, reasons=reasons, exit_code=CANNOT_BE_LOADED_EXIT)
    if broken:
        return Conclusion(verdict=RunVerdict.BROKEN, reasons=(*broken, *gaps), exit_code=BROKEN_EXIT)
    if gaps:
        return Conclusion(verdict=RunVerdict.INCOMPLETE, reasons=tuple(gaps), exit_code=WITHOUT_ANSWER_EXIT)
    if unproven:
        return Conclusion(verdict=RunVerdict.UNPROVEN, reasons=tuple(unproven), exit_code=WITHOUT_ANSWER_EXIT)
    if not any(it.verdict is Verdict.HELD for it in outcomes):
        nothing = "no objective was asked of the users that ran"
        return Conclusion(verdict=RunVerdict.UNPROVEN, reasons=(nothing,), exit_code=WITHOUT_ANSWER_EXIT)
    return Conclusion(verdict=RunVerdict.HELD, reasons=(), exit_code=None)
