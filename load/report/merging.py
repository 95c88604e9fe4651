"""One report of several, of machines that loaded a target at one time without a common master. Pure.

What was measured is added as a master adds its workers: counts and histogram slots are sums, so a quantile is
one of all values, no average of quantiles. Then everything is judged anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.load.measures.outages import outages
from sigmic_conformance.load.measures.recorder import Numbers, Recorder
from sigmic_conformance.load.measures.timeline import Reading
from sigmic_conformance.load.measures.worker_sums import Loss, WorkerSums
from sigmic_conformance.load.report.build import Report, build_report
from sigmic_conformance.load.report.saved import began_of, numbers_of, wire_of
from sigmic_conformance.load.verdicts.conclusion import Conclusion, conclude
from sigmic_conformance.load.verdicts.objectives import Objective, Outcome, judge

ASKED = ("target", "shape", "heartbeat_period", "workload", "users", "versions")
TOGETHER = 0.8
"""The share of the time in which any of them was judged, in which all were to be, or it was not one load."""

Spans = list[tuple[float, float]]
Parts = Mapping[str, Report]
"""Reports by the names that tell them apart."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The report of all, and what it rests on."""

    outcomes: Sequence[Outcome]
    conclusion: Conclusion
    report: Report


def differences(parts: Parts) -> list[str]:
    """Return why these are not parts of one load, in words; nothing when they are."""
    (first, report), *others = parts.items()
    found = [
        f"{name}: {report[name]} in {first}, {other[name]} in {label}"
        for label, other in others
        for name in ASKED
        if report[name] != other[name]
    ]
    found += [
        f"the objectives of {label} are not those of {first}"
        for label, other in others
        if _objectives(report) != _objectives(other)
    ]
    if report["shape"] == "step":
        found.append("each step waits for its own objectives: take a master and workers for that shape")
    if not found and not _all_judged(parts):
        spans = "; ".join(f"{label} from {it['began']}, {it['judged']} s" for label, it in parts.items())
        found.append(f"at no time all of them were judged: {spans}")
    return found


def merge(parts: Parts) -> Merged:
    """Return the report of all parts; they are parts of one load (`differences` is empty)."""
    recorder = Recorder()
    workers = WorkerSums(recorder)
    for label, part in parts.items():
        recorder.merge(wire_of(part))
        workers.given.update(_workers(label, part))
        workers.losses.update(_losses(label, part))
    first = next(iter(parts.values()))
    together, any_judged = _all_judged(parts), _union(_spans(parts))
    gaps = [f"{label}: {gap}" for label, part in parts.items() for gap in part["gaps"]]
    if _length(together) < TOGETHER * _length(any_judged):
        gaps.append(
            f"all were judged at one time for {_length(together):.0f} s of {_length(any_judged):.0f} s: "
            "start them together"
        )
    numbers = recorder.numbers
    outcomes = judge(_objectives(first), numbers, first["users"])
    conclusion = conclude(outcomes, gaps)
    began = min(began_of(part) for part in parts.values())
    ends = (began_of(part) + part["seconds"] for part in parts.values())
    facts = {name: first[name] for name in ASKED} | {
        "began": began,
        "seconds": round(max(ends) - began, 1),
        "judged": [[round(start - began, 3), round(end - began, 3)] for start, end in any_judged],
        "gaps": gaps,
        "most_users": sum(part["most_users"] for part in parts.values()),
        "answer": None,
        "command": "; ".join(f"{label}: {part['command']}" for label, part in parts.items()),
        "machine": {
            "system": ", ".join(dict.fromkeys(part["machine"]["system"] for part in parts.values())),
            "processors": sum(part["machine"]["processors"] for part in parts.values()),
        },
    }
    found = outages(recorder.timeline, together)
    report = build_report(facts, workers, numbers, outcomes, conclusion, _readings(parts), found)
    return Merged(outcomes, conclusion, report)


def _objectives(report: Report) -> tuple[Objective, ...]:
    return tuple(
        Objective(
            id=row["id"],
            measure=row["measure"],
            statistic=row["statistic"],
            why=row["why"],
            of=row["of"] or "",
            user=row["user"] or "",
            at_most=row["at_most"],
            at_least=row["at_least"],
            samples=row["least_samples"],
        )
        for row in report["objectives"]
    )


def _workers(label: str, part: Report) -> dict[str, Any]:
    """What each worker counted; a process without workers is one itself."""
    if not part["workers"]:
        return {label: numbers_of(part).to_wire()}
    return {
        f"{label}/{name}": Numbers(counts=dict(counts)).to_wire() for name, counts in part["workers"].items()
    }


def _losses(label: str, part: Report) -> dict[str, Loss]:
    began = began_of(part)
    names = ((f"{label}/{row['worker']}", row) for row in part["workers_lost"])
    return {name: Loss(worker=name, streams=row["streams"], at=began + row["at"]) for name, row in names}


def _readings(parts: Parts) -> list[Reading]:
    """All looked at the same target."""
    readings = [
        Reading(at=began_of(part) + row["at"], cpu=row["cpu"], memory=row["memory"])
        for part in parts.values()
        for row in part["target_process"]
    ]
    return sorted(readings, key=lambda it: it.at)


def _spans(parts: Parts) -> Spans:
    return [span for part in parts.values() for span in _judged(part)]


def _judged(part: Report) -> Spans:
    began = began_of(part)
    return [(began + start, began + end) for start, end in part["judged"]]


def _all_judged(parts: Parts) -> Spans:
    """The spans, in epoch seconds, in which every part was judged."""
    (first, *others) = (_judged(part) for part in parts.values())
    for other in others:
        met = ((max(a, c), min(b, d)) for a, b in first for c, d in other)
        first = [(start, end) for start, end in met if start < end]
    return first


def _union(spans: Iterable[tuple[float, float]]) -> Spans:
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _length(spans: Spans) -> float:
    return sum(end - start for start, end in spans)
