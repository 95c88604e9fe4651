"""Objectives and their verdicts: `slo.yaml` against what was measured. Pure.

An objective is *held* or *broken*. It is *unproven* if users that could show it ran but produced too little
evidence, and *not asked* if no such user ran. Nothing is held without evidence.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure
from sigmic_load.measures.recorder import Numbers
from sigmic_load.settings.checked_yaml import BadFile, read_checked
from sigmic_spec.nearest import hint_of_known

DEFAULT = Path(__file__).parents[1] / "slo.yaml"
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999, "max": 1.0}


class Verdict(StrEnum):
    """The result of one objective."""

    HELD = "held"
    BROKEN = "broken"
    UNPROVEN = "unproven"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One row. Exactly one of `at_most` and `at_least` is given; `of` belongs to the statistic `share`.

    `user` is the only class that is judged; empty for all classes that record the measure.
    """

    id: str
    measure: str
    statistic: str
    why: str
    of: str = ""
    user: str = ""
    at_most: float | None = None
    at_least: float | None = None
    samples: int = 1
    abort_after: float | None = None
    """If it is broken after this number of judged seconds, the run ends."""

    @property
    def row(self) -> Measure:
        """The judged measure."""
        return DISTRIBUTIONS.get(self.measure) or COUNTS[self.measure]

    @property
    def unit(self) -> str:
        """The unit of the judged number."""
        return "" if self.statistic == "share" else self.row.unit

    @property
    def asked(self) -> str:
        """The statistic, its limit and the user class, as text."""
        return f"{self.statistic} {self.bound}{f' of {self.user}' if self.user else ''}"

    @property
    def bound(self) -> str:
        """The limit, as text."""
        word, limit = ("at least", self.at_least) if self.at_most is None else ("at most", self.at_most)
        return f"{word} {limit:g}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The verdict of one objective. `value`: None if nothing was measured. `evidence` counts samples."""

    objective: Objective
    verdict: Verdict
    value: float | None
    evidence: int
    unfinished: float | None = None
    """How long something had lasted that was not over when the run ended."""

    @property
    def line(self) -> str:
        """Return it in one line."""
        it = self.objective
        name = f"{it.measure} {it.statistic}{f' of {it.user}' if it.user else ''}"
        if self.verdict is Verdict.UNPROVEN and self.unfinished is not None:
            return f"{it.id}: unproven, not over after {self.unfinished:.4g} {it.unit} when the run ended"
        if self.verdict is Verdict.UNPROVEN:
            return f"{it.id}: unproven, {self.evidence} samples of the {it.samples} it takes"
        if self.value is None:
            return f"{it.id}: {self.verdict}"
        unit = f" {it.unit}" if it.unit else ""
        return f"{it.id}: {self.verdict}, {name} {self.value:.4g}{unit}, {it.bound} allowed"


def read_slo(path: Path = DEFAULT, classes: Collection[str] = ()) -> dict[str, Any]:
    """Read and check a file of objectives; `classes` are the loaded user classes. Raises `BadFile`."""
    tree = read_checked(path, "slo")
    seen: set[str] = set()
    for objective in objectives_of(tree):
        if objective.id in seen:
            raise BadFile(f"{path}: duplicate id {objective.id}")
        seen.add(objective.id)
        problem = _problem(objective, classes)
        if problem:
            raise BadFile(f"{path}: {objective.id}: {problem}")
    return tree


def objectives_of(tree: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Return the objectives of a tree that `read_slo` returned."""
    return tuple(Objective(**row) for row in tree["objectives"])


def late_from(objectives: Iterable[Objective]) -> float:
    """Return how late a heartbeat may be by the strictest objective, in seconds; 1 if there is none."""
    return min(
        (
            it.at_most
            for it in objectives
            if it.measure.startswith("heartbeat_lateness") and it.at_most is not None
        ),
        default=1.0,
    )


def _problem(objective: Objective, classes: Collection[str]) -> str:
    is_count = objective.statistic in {"total", "share"}
    names = COUNTS if is_count else DISTRIBUTIONS
    kind = "count" if is_count else "distribution"
    if objective.measure not in names:
        near = hint_of_known(objective.measure, sorted(names))
        own = "" if near else "; a measure of your own class is declared in the class"
        return f"{objective.measure} is not a {kind}, which {objective.statistic} requires{near}{own}"
    if objective.statistic == "share" and objective.of not in COUNTS:
        return f"share requires `of`, a count{hint_of_known(objective.of, sorted(COUNTS))}"
    for name in filter(None, (objective.measure, objective.of)) if objective.user else ():
        row = DISTRIBUTIONS.get(name) or COUNTS[name]
        users = {*row.users, *(set(classes) if row.is_shared else ())}
        if objective.user not in users:
            return f"{objective.user} does not make {name}{hint_of_known(objective.user, sorted(users))}"
    return ""


def judge(
    objectives: Iterable[Objective],
    numbers: Numbers,
    ran: Iterable[str],
    unfinished: Mapping[str, float] | None = None,
) -> list[Outcome]:
    """Judge all objectives on `numbers`; `ran` names the user classes that ran.

    `unfinished` are measures whose last value was still growing when the run ended, with that value.
    """
    users, lasting = frozenset(ran), unfinished or {}
    return [_outcome(objective, numbers, users, lasting.get(objective.measure)) for objective in objectives]


def _outcome(
    objective: Objective, numbers: Numbers, ran: frozenset[str], unfinished: float | None
) -> Outcome:
    value, evidence = _value(objective, numbers)
    if unfinished is not None:
        # The value so far can break an objective, but never hold it.
        value, evidence = max(value or 0.0, unfinished), evidence + 1
    row = objective.row
    users = {objective.user} if objective.user else frozenset(row.users)
    is_asked = bool(ran & users) and not row.is_occasional
    if row.users and not evidence and not is_asked:
        verdict = Verdict.NOT_ASKED
        value = None
    elif _breaks(objective, value):
        # A broken objective is broken, however few samples show it.
        verdict = Verdict.BROKEN
    elif value is None or evidence < objective.samples or unfinished is not None:
        verdict = Verdict.UNPROVEN
    else:
        verdict = Verdict.HELD
    return Outcome(
        objective=objective, verdict=verdict, value=value, evidence=evidence, unfinished=unfinished
    )


def _value(objective: Objective, numbers: Numbers) -> tuple[float | None, int]:
    if objective.measure in DISTRIBUTIONS:
        histogram = numbers.of(objective.row, objective.user).distribution(objective.measure)
        if objective.statistic == "mean":
            return histogram.mean, histogram.count
        return histogram.quantile(_QUANTILES[objective.statistic]), histogram.count
    row = COUNTS[objective.measure]

    def number(name: str) -> int:
        return numbers.of(COUNTS[name], objective.user).count(name)

    count = number(row.name)
    seen = number(row.evidence) + (count if row.is_apart else 0) if row.evidence else count
    if objective.statistic == "total":
        return float(count), seen
    # Counts that stand apart are added to the whole: of four turns one failed, not of three.
    whole = number(objective.of) + (count if row.is_apart and objective.of == row.evidence else 0)
    if not whole:
        return (1.0 if count else None), seen
    return count / whole, seen if row.evidence else whole


def _breaks(objective: Objective, value: float | None) -> bool:
    if value is None:
        return False
    if objective.at_most is not None:
        return value > objective.at_most
    return objective.at_least is not None and value < objective.at_least


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome for `load.json`."""
    it = outcome.objective
    return {
        "id": it.id,
        "measure": it.measure,
        "statistic": it.statistic,
        "of": it.of or None,
        "user": it.user or None,
        "at_most": it.at_most,
        "at_least": it.at_least,
        "unit": it.unit or None,
        "verdict": outcome.verdict.value,
        "value": outcome.value,
        "samples": outcome.evidence,
        "least_samples": it.samples,
        "why": it.why,
    }
