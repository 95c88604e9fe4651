"""What became of confined violations: one by one, and the rates with their intervals. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.proof.confinement import Confined
from sigmic_conformance.conformance.proof.interval import wilson
from sigmic_conformance.conformance.proof.part import Part
from sigmic_conformance.spec.plural import plural
from sigmic_conformance.spec.situations import Situations

GATE = 0.98
"""The least rate of confined violations that their own row must catch."""


class Fate(StrEnum):
    """What became of a confined violation."""

    CAUGHT = "caught"  # its own row turned red
    PARTLY = "partly"  # another row did
    MISSED = "missed"  # nothing did
    UNPROVEN = "unproven"  # its own row could not be decided, and no other turned red
    UNSURE = "unsure"  # nothing did, but time ran out or this machine was too busy, even when alone
    VOID = "void"  # it never showed on the wire
    BROKEN = "broken"  # the mock, a probe or the judge broke


OWN_ROW = frozenset({Fate.CAUGHT})
ANY_ROW = OWN_ROW | {Fate.PARTLY}
UNSHOWN = frozenset({Fate.UNSURE, Fate.VOID, Fate.BROKEN})
"""What says nothing of the judge: counted and named, and in no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One confined violation, what became of it, and why it was not caught."""

    id: str
    row: str
    fate: Fate
    why: str = ""
    outcome: Outcome | None = None
    reason: str | None = None
    fired: int = 0
    probes: tuple[str, ...] = ()
    red: tuple[str, ...] = ()
    """The other rows that turned red."""
    unsure: bool = False
    """Whether time ran out for one of the probes, or the row is about times and this machine was too busy."""
    seconds: float = 0.0


def report(
    found: Sequence[tuple[Confined, Met]],
    *,
    possible: int,
    never: Sequence[str],
    seed: int,
    everywhere: AbstractSet[str],
) -> Part:
    """The part: rates with their intervals, whole and by dimension, and every miss by name.

    The gate is the rate by the own row, of all that showed. Beside it stand the rate by any row, and the
    rate by the own row among the rows that are judged `everywhere`.
    """
    counts = Counter(met.fate for _, met in found)
    shown = [(confined, met) for confined, met in found if met.fate not in UNSHOWN]
    alarms = [met for _, met in found if met.fate is Fate.VOID and met.red]
    whole = rate(met for _, met in shown)
    any_row = rate((met for _, met in shown), catching=ANY_ROW)
    wide = rate(met for _, met in shown if met.row in everywhere)
    rest = ", ".join(f"{counts[fate]} {fate}" for fate in Fate if fate is not Fate.CAUGHT and counts[fate])
    problems = [_line(met) for _, met in found if met.fate is not Fate.CAUGHT]
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
        problems=tuple(problems) if counts[Fate.CAUGHT] < len(found) else (),
        data={
            "seed": seed,
            "possible": possible,
            "counts": {fate.value: counts[fate] for fate in Fate},
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
            "met": [asdict(met) for _, met in found],
        },
    )


def by_dimension(shown: Iterable[tuple[Confined, Met]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The rate of each value of each dimension; `all` is that of the dimension."""
    groups: dict[tuple[str, str], list[Met]] = defaultdict(list)
    for confined, met in shown:
        for value in confined.values:
            groups[value.dimension, value.value].append(met)
            groups[value.dimension, "all"].append(met)
    return {
        dimension.name: {value: rate(groups[dimension.name, value]) for value in ("all", *dimension.values)}
        for dimension in Situations.load().dimensions.values()
    }


def rate(met: Iterable[Met], *, catching: AbstractSet[Fate] = OWN_ROW) -> dict[str, Any]:
    """How many of them were shown and caught, which `catching` says, and the rate with its interval."""
    found = [each.fate for each in met]
    caught = sum(fate in catching for fate in found)
    low, high = wilson(caught, len(found))
    return {
        "shown": len(found),
        "caught": caught,
        "partly": found.count(Fate.PARTLY),
        "rate": round(caught / len(found), 4) if found else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _told(of: Mapping[str, Any]) -> str:
    return f"{of['rate']:.1%} ({of['low']:.1%} to {of['high']:.1%})"


def _line(met: Met) -> str:
    got = f"{met.outcome or 'no verdict'}" + (f" ({met.reason})" if met.reason else "")
    others = f"; red: {', '.join(met.red[:5])}" if met.red else ""
    return f"{met.fate}  {met.id}  {met.row} {got}, fired {plural(met.fired, 'time')}: {met.why}{others}"
