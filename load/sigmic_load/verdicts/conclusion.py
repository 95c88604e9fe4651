"""The verdict of a whole run, and its exit code. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sigmic_load.verdicts.fitness import Fitness, Generator
from sigmic_load.verdicts.objectives import Outcome, Verdict

BROKEN_EXIT = 3
WITHOUT_ANSWER_EXIT = 4
CANNOT_BE_LOADED_EXIT = 5


class RunVerdict(StrEnum):
    """The result of a run."""

    HELD = "held"
    BROKEN = "broken"
    INCOMPLETE = "incomplete"
    """It is not the requested run: a part of it was lost, or never started."""
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """The verdict, its reasons and the exit code; None leaves that to Locust: 1 if a request failed."""

    verdict: RunVerdict
    reasons: tuple[str, ...]
    exit_code: int | None

    @property
    def headline(self) -> str:
        """Return it in one line."""
        return f"{self.verdict}: {'; '.join(self.reasons)}" if self.reasons else self.verdict.value


def worst(exit_codes: Iterable[int]) -> int:
    """Return the exit code of several runs: broken takes precedence over no answer."""
    return min(exit_codes)


def conclude(
    outcomes: Sequence[Outcome],
    gaps: Sequence[str],
    ended_by: str = "",
    *,
    generator: Generator | None = None,
    notes: Sequence[str] = (),
) -> Conclusion:
    """Judge a run. `gaps` are what it lacks of what was asked for: with one it is not held.

    `ended_by` is why the run was ended early. An unsound `generator` measured too little to hold anything;
    what broke is broken all the same, because times are judged by their lower bounds. `notes` are shown with
    any verdict.
    """
    broken, unproven = (
        [it.line for it in outcomes if it.verdict is verdict and not it.objective.row.is_own]
        for verdict in (Verdict.BROKEN, Verdict.UNPROVEN)
    )
    own = () if generator is None else generator.reasons
    rest = (*gaps, *own, *notes)

    def concluded(verdict: RunVerdict, exit_code: int | None, *first: str) -> Conclusion:
        return Conclusion(verdict=verdict, reasons=(*first, *rest), exit_code=exit_code)

    if ended_by:
        return concluded(RunVerdict.INCOMPLETE, CANNOT_BE_LOADED_EXIT, ended_by, *broken)
    if broken:
        return concluded(RunVerdict.BROKEN, BROKEN_EXIT, *broken)
    if gaps or (generator is not None and generator.fitness is Fitness.UNSOUND):
        return concluded(RunVerdict.INCOMPLETE, WITHOUT_ANSWER_EXIT)
    if unproven:
        return concluded(RunVerdict.UNPROVEN, WITHOUT_ANSWER_EXIT, *unproven)
    if not any(it.verdict is Verdict.HELD and not it.objective.row.is_own for it in outcomes):
        nothing = "no objective was asked of the users that ran"
        return concluded(RunVerdict.UNPROVEN, WITHOUT_ANSWER_EXIT, nothing)
    return concluded(RunVerdict.HELD, None)
