"""Whether the load generator could measure: a separate verdict, not about the target. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sigmic_load.measures.health import Health
from sigmic_load.verdicts.objectives import Outcome, Verdict

NAMED = 3
"""The number of stalls per process that are named in a line, the longest ones."""


class Fitness(StrEnum):
    """How well the load generator measured."""

    SOUND = "sound"
    IMPAIRED = "impaired"
    """It stood still, and what overlaps those seconds is judged by its lower bound."""
    UNSOUND = "unsound"
    """It could not measure for too long: the run is incomplete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """The verdict, its reasons, and each process by its name (empty without workers)."""

    fitness: Fitness
    reasons: tuple[str, ...]
    judged: float
    most_unmeasured: float
    processes: Mapping[str, Health]

    def as_json(self, began: float) -> dict[str, Any]:
        """Return it for `load.json`; `began` is the epoch second of the start."""
        return {
            "verdict": self.fitness.value,
            "reasons": list(self.reasons),
            "judged": round(self.judged, 3),
            "most_unmeasured_share": self.most_unmeasured,
            "processes": [
                {
                    **asdict(health),
                    "process": name,
                    "cpu": health.cpu,
                    "stalls": [
                        {"at": round(it.at - began, 3), "seconds": round(it.seconds, 3), "judged": it.judged}
                        for it in health.stalls
                    ],
                }
                for name, health in sorted(self.processes.items())
            ],
        }


def examine(
    processes: Mapping[str, Health],
    outcomes: Sequence[Outcome],
    judged: float,
    began: float,
    most_unmeasured: float,
) -> Generator:
    """Judge the load generator by the stalls of each process, and by the objectives about itself.

    `most_unmeasured` is the share of the judged seconds that one process may fail to measure; a second is
    always allowed.
    """
    reasons = [
        _line(name, health, judged, began) for name, health in sorted(processes.items()) if health.unmeasured
    ]
    missed = max((it.unmeasured for it in processes.values()), default=0.0)
    own = [it.line for it in outcomes if it.objective.row.is_own and it.verdict is Verdict.BROKEN]
    fitness = Fitness.IMPAIRED if reasons else Fitness.SOUND
    if missed > max(1.0, most_unmeasured * judged) or own:
        fitness = Fitness.UNSOUND
    return Generator(
        fitness=fitness,
        reasons=(*reasons, *own),
        judged=judged,
        most_unmeasured=most_unmeasured,
        processes=processes,
    )


def _line(name: str, health: Health, judged: float, began: float) -> str:
    stalls = [it for it in health.stalls if it.judged]
    longest = sorted(stalls, key=lambda it: -it.seconds)[:NAMED]
    named = ", ".join(
        f"{it.seconds:.1f} s at {it.at - began:.0f} s" for it in sorted(longest, key=lambda it: it.at)
    )
    more = ", …" if len(stalls) > NAMED else ""
    who = f"worker {name}" if name else "the load generator"
    cpu = "" if health.cpu is None else f"; it used {health.cpu:.0%} of a core"
    return (
        f"{who} stood still for {health.unmeasured:.1f} s of {judged:.1f} s: what overlaps them is judged "
        f"by its lower bound ({named}{more}{cpu})"
    )
