"""Report the results of confined violations: each of them, and the rates with their intervals. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any

from lab.prove.confinement import Confined
from lab.prove.grading import Grade, Tried
from lab.prove.part import Part
from sigmic_spec.plural import plural
from sigmic_spec.situations import Situations

GATE = 0.98
"""The least rate of confined violations that their own row must catch."""
Z_95 = 1.959964
"""The normal quantile of an interval that holds the true rate in 95 of 100 samples."""


OWN_ROW = frozenset({Grade.CAUGHT})
ANY_ROW = OWN_ROW | {Grade.PARTLY}
UNSHOWN = frozenset({Grade.UNSURE, Grade.VOID, Grade.BROKEN})
"""Grades that show nothing about the suite: counted and named, but in no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfinedResult(Tried):
    """One confined violation, its result, and why it was not caught."""

    why: str = ""
    red: tuple[str, ...] = ()
    """The other rows that turned red."""
    unsure: bool = False
    """Whether time ran out for one of the probes, or the row is about times and this machine was too busy."""


def report(
    found: Sequence[tuple[Confined, ConfinedResult]],
    *,
    possible: int,
    never: Sequence[str],
    seed: int,
    everywhere: AbstractSet[str],
) -> Part:
    """The part: rates with their intervals, whole and by dimension, and every miss by name.

    The gate is the rate by the own row, of all that showed. The part also has the rate by any row, and the
    rate by the own row among the rows that are checked `everywhere`.
    """
    counts = Counter(met.grade for _, met in found)
    shown = [(confined, met) for confined, met in found if met.grade not in UNSHOWN]
    alarms = [met for _, met in found if met.grade is Grade.VOID and met.red]
    whole = rate(met for _, met in shown)
    any_row = rate((met for _, met in shown), catching=ANY_ROW)
    wide = rate(met for _, met in shown if met.row in everywhere)
    rest = ", ".join(
        f"{counts[grade]} {grade}" for grade in Grade if grade is not Grade.CAUGHT and counts[grade]
    )
    problems = [_line(met) for _, met in found if met.grade is not Grade.CAUGHT]
    problems += [f"false alarm  {met.id}  never fired, and {', '.join(met.red)} turned red" for met in alarms]
    if whole["rate"] < GATE:
        problems.insert(0, f"gate  {_told(whole)} caught, below {GATE:.0%}")
    return Part(
        name="confined",
        items=len(found),
        summary=f"{_told(whole)} of {len(shown)} shown were caught by their own requirement "
        f"({rest or 'nothing else'}), "
        f"{_told(any_row)} by any requirement; "
        f"{_told(wide)} of the {wide['shown']} whose requirement is tested everywhere; "
        f"{len(found)} drawn of {possible} possible, seed {seed}",
        problems=tuple(problems) if counts[Grade.CAUGHT] < len(found) else (),
        data={
            "seed": seed,
            "possible": possible,
            "counts": {grade.value: counts[grade] for grade in Grade if counts[grade]},
            "whole": whole,
            "any_row": any_row,
            "everywhere": wide,
            "dimensions": by_dimension(shown),
            "sizes": {
                str(size): rate(met for confined, met in shown if len(confined.values) == size)
                for size in sorted({len(confined.values) for confined, _ in shown})
            },
            "why": dict(Counter(met.why for _, met in found if met.why).most_common()),
            "unconfinable": list(never),
            "results": [asdict(met) for _, met in found],
        },
    )


def by_dimension(shown: Iterable[tuple[Confined, ConfinedResult]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The rate of each value of each dimension; `all` is that of the dimension."""
    groups: dict[tuple[str, str], list[ConfinedResult]] = defaultdict(list)
    for confined, met in shown:
        for value in confined.values:
            groups[value.dimension, value.value].append(met)
            groups[value.dimension, "all"].append(met)
    return {
        dimension.name: {value: rate(groups[dimension.name, value]) for value in ("all", *dimension.values)}
        for dimension in Situations.load().dimensions.values()
    }


def rate(met: Iterable[ConfinedResult], *, catching: AbstractSet[Grade] = OWN_ROW) -> dict[str, Any]:
    """How many showed, how many were caught as in `catching`, and the rate with its interval."""
    found = [each.grade for each in met]
    caught = sum(grade in catching for grade in found)
    low, high = wilson(caught, len(found))
    return {
        "shown": len(found),
        "caught": caught,
        "partly": found.count(Grade.PARTLY),
        "rate": round(caught / len(found), 4) if found else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _told(of: Mapping[str, Any]) -> str:
    return f"{of['rate']:.1%} ({of['low']:.1%} to {of['high']:.1%})"


def _line(met: ConfinedResult) -> str:
    others = f"; red: {', '.join(met.red[:5])}" if met.red else ""
    fired = plural(met.fired, "time")
    return f"{met.grade}  {met.id}  {met.row} {met.verdict}, fired {fired}: {met.why}{others}"


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The bounds of the true rate (Wilson's score interval, 95 %); 0 and 1 when nothing was tried."""
    if not trials:
        return 0.0, 1.0
    rate, square = hits / trials, Z_95**2
    middle = rate + square / (2 * trials)
    spread = Z_95 * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
