"""Report the figures of a campaign and its survivors. Pure, except for reading the file of explanations."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.mutation.run import key
from lab.mutation.trying import Fate
from lab.prove.confined_report import wilson
from sigmic_spec import strict_yaml

SEEN = (Fate.RIGHT, Fate.OTHER, Fate.UNPROVEN, Fate.ELSEWHERE, Fate.WARNED, Fate.OBSERVED)
"""Results that a client can observe."""
SHOWN = 5
MISSING = "missing"
"""The explanation of a mutant that a client could observe, in a situation that no probe creates."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The printed text, and the share of observable mutants that the right requirement detects."""

    text: str
    share: float


def survivor(trial: Mapping[str, Any]) -> str:
    """Return the text for a mutant that no requirement failed for, with its difference; empty for others."""
    if trial["fate"] in {Fate.INVALID, Fate.UNREACHED, Fate.OTHER, Fate.RIGHT}:
        return ""
    mutant = trial["mutant"]
    lines = [f"{trial['fate']}  {mutant['path']}:{mutant['line']}  {mutant['operator']}"]
    lines += [f"    - {mutant['before']}", f"    + {mutant['after']}"]
    lines += [f"    warned: {row} {why}" for row, why in trial["warned"].items()]
    lines += [f"    unproven: {row} {why}" for row, why in list(trial["unproven"].items())[:SHOWN]]
    lines += [f"    another answer: {' '.join(each.split())[:300]}" for each in trial["strange"][:2]]
    return "\n".join(lines)


def figures(trials: Sequence[Mapping[str, Any]], explained: Path | None) -> Figures:
    """Return the figures of all trials; an explained survivor counts as its explanation states."""
    known = strict_yaml.read(explained.read_text(encoding="utf-8")) if explained else {}
    fates = Counter(Fate(each["fate"]) for each in trials)
    observable = [each for each in trials if is_observable(each, known)]
    counts = Counter(Fate(each["fate"]) for each in observable)
    whole, right = len(observable), counts[Fate.RIGHT]
    unreached, invalid = fates[Fate.UNREACHED], fates[Fate.INVALID]
    lines = [
        f"{len(trials)} mutants: no probe comes to {unreached}, {invalid} do not start",
        f"{len(trials) - unreached - invalid} valid ones that a probe comes to",
        f"of the valid ones {whole} are observable",
        _share("detected by a right requirement", right, whole),
        _share("detected by any requirement", right + counts[Fate.OTHER], whole),
        _share("no failure, but a right requirement is unproven", counts[Fate.UNPROVEN], whole),
        _share("no failure, but another requirement is unproven", counts[Fate.ELSEWHERE], whole),
        _share("warned only", counts[Fate.WARNED], whole),
        _share("not detected", sum(counts[each] for each in (Fate.OBSERVED, Fate.SAME)), whole),
        *_by_operator(observable),
    ]
    return Figures("\n".join(lines), right / whole if whole else 1.0)


def is_observable(trial: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> bool:
    """Return whether a client can observe the mutant: by its explanation, otherwise by its result."""
    what = known.get(key(trial["mutant"]), {}).get("is")
    fate = Fate(trial["fate"])
    if what is None or fate in {Fate.RIGHT, Fate.OTHER}:
        return fate in SEEN
    return what == MISSING


def _share(name: str, part: int, whole: int) -> str:
    if not whole:
        return f"{name}: none"
    least, most = wilson(part, whole)
    return f"{name}: {part} of {whole}, {part / whole:.1%} ({least:.1%} to {most:.1%})"


def _by_operator(observable: Iterable[Mapping[str, Any]]) -> list[str]:
    rows: dict[str, Counter[str]] = {}
    for each in observable:
        rows.setdefault(each["mutant"]["operator"], Counter())[each["fate"]] += 1
    return [
        f"  {name:26} {row[Fate.RIGHT]:4} right {row[Fate.OTHER]:4} other "
        f"{row.total() - row[Fate.RIGHT] - row[Fate.OTHER]:4} not failed"
        for name, row in sorted(rows.items())
    ]
