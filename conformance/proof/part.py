"""What one part of the proof found: the same for all, so that console, file and page need not know them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from conformance.proof.grading import Finding, Grade

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`problems` are what keeps the gate shut, one line each; `data` goes to proof.json."""

    name: str
    summary: str
    problems: tuple[str, ...]
    data: dict[str, Any] = field(default_factory=dict)
    items: int = 0
    """How many things were tried; 0 when a pattern fits none of them."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What the caller asked for: which, how many at once, whom to tell of each that is over."""

    only: str | None
    jobs: int
    tell: Callable[[str], None]


def each(plan: Plan, items: Sequence[T], do: Callable[[T], R]) -> list[R]:
    """Do it for all items, `plan.jobs` at a time, in their order; return the results in that order."""
    results: dict[int, R] = {}
    with ThreadPoolExecutor(plan.jobs, thread_name_prefix="proof") as pool:
        futures = {pool.submit(do, item): number for number, item in enumerate(items)}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                results[futures[future]] = future.result()
                plan.tell(f"{done} of {len(items)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[number] for number in range(len(items))]


def caught(name: str, findings: Iterable[Finding], **more: Any) -> Part:
    """A part whose items are broken servers that must be caught."""
    found = sorted(findings, key=lambda finding: (finding.row, finding.id))
    counts = Counter(finding.grade for finding in found)
    judged = len(found) - counts[Grade.UNJUDGED]
    rest = ", ".join(f"{counts[grade]} {grade}" for grade in Grade if grade.fails and counts[grade])
    summary = f"{counts[Grade.CAUGHT]} of {judged} caught"
    summary += f" ({rest})" if rest else ", none void"
    summary += f"; {counts[Grade.UNJUDGED]} break rows that have no judge" if counts[Grade.UNJUDGED] else ""
    return Part(
        name=name,
        items=len(found),
        summary=summary,
        problems=tuple(_line(finding) for finding in found if finding.grade.fails),
        data={
            "judged": judged,
            "counts": {grade.value: counts[grade] for grade in Grade},
            "findings": [_row(finding) for finding in found],
            **more,
        },
    )


def _line(finding: Finding) -> str:
    got = f"{finding.outcome or 'no verdict'}" + (f" ({finding.reason})" if finding.reason else "")
    wanted = f", wanted {finding.expected}" if finding.expected else ""
    observed = " ".join(finding.observed.split())[:160]
    return (
        f"{finding.grade}  {finding.id}  {finding.row} {got}{wanted}; shown {finding.fired} times: {observed}"
    )


def _row(finding: Finding) -> dict[str, Any]:
    changed = {
        row: {"was": _status(was), "is": _status(now)}
        for row, (was, now) in sorted(finding.changed.items())
        if row != finding.row
    }
    return asdict(finding) | {"probes": list(finding.probes), "changed": changed}


def _status(status: tuple[str, str | None]) -> str:
    outcome, reason = status
    return f"{outcome} ({reason})" if reason else str(outcome)
