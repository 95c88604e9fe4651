"""Compute the score, and read the explanations of survivors. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sigmic_conformance.spec import strict_yaml
from tools.mutation.mutants import Mutant
from tools.mutation.plan import SAMPLED
from tools.mutation.trial import Outcome

KNOWN = Path(__file__).with_name("equivalent.yaml")
GOAL = 0.9
NOTICED = {Outcome.KILLED, Outcome.PROVEN, Outcome.MOVED, Outcome.WORDED, Outcome.ENDLESS, Outcome.BROKEN}


@dataclass(frozen=True, slots=True)
class Score:
    """Numbers of tried and detected mutants of one module; equivalent ones count as neither."""

    name: str
    noticed: int
    tried: int
    proven: int
    """Mutants that no unit test detects, but `prove` would."""
    moved: int
    """Mutants that neither detects, but that change another verdict on a saved trial."""
    worded: int
    """Mutants that change only text of a verdict on a saved trial: text that the user reads is behaviour."""
    equivalent: int
    broken: int

    @property
    def share(self) -> float:
        """Share of detected mutants; 1.0 if none was tried."""
        return self.noticed / self.tried if self.tried else 1.0


def known(path: Path = KNOWN) -> dict[tuple[str, str, str], str]:
    """Return the mutants that are the same program, by module and changed text, with the reason of each."""
    rows = strict_yaml.read(path.read_text(encoding="utf-8")) or []
    return {(row["module"], row["before"], row["after"]): row["reason"] for row in rows}


def scores(
    results: Sequence[tuple[Mutant, Outcome]], equivalent: Mapping[tuple[str, str, str], str]
) -> list[Score]:
    """Return the score of each module, of all checks together, and of everything."""
    groups: dict[str, list[tuple[Mutant, Outcome]]] = {}
    for result in results:
        groups.setdefault(_group(result[0].module), []).append(result)
    found = [_score(name, group, equivalent) for name, group in sorted(groups.items())]
    return [*found, _score("all", results, equivalent)]


def survivors(
    results: Iterable[tuple[Mutant, Outcome]], equivalent: Mapping[tuple[str, str, str], str]
) -> Iterator[tuple[Mutant, Outcome]]:
    """Yield the mutants that no test detects and no explanation covers."""
    return (
        (mutant, outcome)
        for mutant, outcome in results
        if outcome not in NOTICED and mutant.key not in equivalent
    )


def _group(module: str) -> str:
    return f"{SAMPLED} (sampled)" if f".{SAMPLED}." in module else module


def _score(
    name: str,
    results: Sequence[tuple[Mutant, Outcome]],
    equivalent: Mapping[tuple[str, str, str], str],
) -> Score:
    noticed = sum(outcome in NOTICED for _, outcome in results)
    same = sum(outcome not in NOTICED and mutant.key in equivalent for mutant, outcome in results)
    return Score(
        name=name,
        noticed=noticed,
        tried=len(results) - same,
        proven=sum(outcome is Outcome.PROVEN for _, outcome in results),
        moved=sum(outcome is Outcome.MOVED for _, outcome in results),
        worded=sum(outcome is Outcome.WORDED for _, outcome in results),
        equivalent=same,
        broken=sum(outcome is Outcome.BROKEN for _, outcome in results),
    )
