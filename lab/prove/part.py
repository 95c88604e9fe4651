"""The findings of one part of the proof, in one form for console, file and page."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from threading import Event
from typing import Any, Protocol, TypeVar

from lab.prove.grading import Grade, Tried, TriedViolation, better
from sigmic_spec.plural import plural

T = TypeVar("T")
R = TypeVar("R")
F = TypeVar("F", bound=Tried)
T_contra = TypeVar("T_contra", contravariant=True)
F_co = TypeVar("F_co", bound=Tried, covariant=True)

SAMPLE = 240
"""Confined violations that are drawn unless more are asked for: minutes on two cores."""
EDITS = 20
"""Random edits of each transcript unless another number is asked for; every one is checked twice."""
FEW = 2
"""Parallel trials when they are retried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`problems` are what fails the gate, one line each; `data` goes to proof.json."""

    name: str
    summary: str
    problems: tuple[str, ...]
    data: dict[str, Any] = field(default_factory=dict)
    items: int = 0
    """The number of items tried; 0 if the pattern matches none."""
    seconds: float = 0.0


class RunTrial(Protocol[T_contra, F_co]):
    """Run one trial against a broken server; `hurried` selects the short deadlines of a first attempt."""

    def __call__(self, item: T_contra, /, *, hurried: bool) -> F_co: ...


class Stop(Protocol):
    """An event, of this process or of several."""

    def is_set(self) -> bool: ...
    def set(self) -> None: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class Stopped(Exception):
    """The proof was aborted; items that have not started are left out."""


@dataclass(frozen=True, slots=True)
class ProofOptions:
    """The caller's options: which items, how many in parallel, and a callback for each finished item.

    `stop` is set when the proof is aborted: no new item starts. `sample` and `seed` are for the drawn
    violations; `edits` is the number of random edits per transcript.
    """

    only: tuple[str, ...]
    """Glob patterns of ids or requirements, of which any may match; empty for all."""
    jobs: int
    tell: Callable[[str], None]
    stop: Stop = field(default_factory=Event)
    sample: int = SAMPLE
    seed: int = 0
    edits: int = EDITS


def matches(patterns: Sequence[str], *names: str) -> bool:
    """Whether a pattern matches one of the names, or there are no patterns."""
    return not patterns or any(fnmatchcase(name, each) for each in patterns for name in names)


def each(plan: ProofOptions, items: Sequence[T], do: Callable[[T], R]) -> list[R]:
    """Try all items, `plan.jobs` in parallel, in their order; return the results in that order."""
    results: dict[int, R] = {}

    def unless_stopped(item: T) -> R:
        if plan.stop.is_set():
            raise Stopped
        return do(item)

    with ThreadPoolExecutor(plan.jobs, thread_name_prefix="proof") as pool:
        futures = {pool.submit(unless_stopped, item): number for number, item in enumerate(items)}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                results[futures[future]] = future.result()
                plan.tell(f"{done} of {len(items)}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [results[number] for number in range(len(items))]


def until_caught(
    plan: ProofOptions,
    items: Sequence[T],
    meet: RunTrial[T, F],
    rounds: Sequence[tuple[int, Callable[[T, F], bool]]] = ((FEW, lambda _, found: found.grade.fails),),
) -> list[F]:
    """Try all broken servers; later rounds retry the doubtful ones, few at a time.

    A busy machine must not cause a miss: an idle retry catches the violation, or no row does.
    """
    found = each(plan, items, lambda item: meet(item, hurried=True))
    for jobs, is_doubtful in rounds:
        doubtful = [number for number, item in enumerate(items) if is_doubtful(item, found[number])]
        few = replace(plan, jobs=min(plan.jobs, jobs))
        again = each(few, [items[number] for number in doubtful], lambda item: meet(item, hurried=False))
        for number, finding in zip(doubtful, again, strict=True):
            found[number] = better(found[number], finding)
    return found


def caught(name: str, findings: Iterable[TriedViolation], **more: Any) -> Part:
    """A part whose items are broken servers that must be caught."""
    found = sorted(findings, key=lambda finding: (finding.row, finding.id))
    counts = Counter(finding.grade for finding in found)
    checked = len(found) - counts[Grade.UNJUDGED]
    rest = ", ".join(f"{counts[grade]} {grade}" for grade in Grade if grade.fails and counts[grade])
    summary = f"{counts[Grade.CAUGHT]} of {checked} caught"
    summary += f" ({rest})" if rest else ", none void"
    summary += (
        f"; {plural(counts[Grade.UNJUDGED], 'fault')} without a check" if counts[Grade.UNJUDGED] else ""
    )
    return Part(
        name=name,
        items=len(found),
        summary=summary,
        problems=tuple(_line(finding) for finding in found if finding.grade.fails),
        data={
            "judged": checked,
            "counts": {grade.value: counts[grade] for grade in Grade},
            "findings": [_row(finding) for finding in found],
            **more,
        },
    )


def _line(finding: TriedViolation) -> str:
    wanted = f", wanted {finding.expected}" if finding.expected else ""
    observed = " ".join(finding.observed.split())[:160]
    fired = f"fired {plural(finding.fired, 'time')}"
    return f"{finding.grade}  {finding.id}  {finding.row} {finding.verdict}{wanted}; {fired}: {observed}"


def _row(finding: TriedViolation) -> dict[str, Any]:
    changed = {
        row: {"was": was[0].with_reason(was[1]), "is": now[0].with_reason(now[1])}
        for row, (was, now) in sorted(finding.changed.items())
        if row != finding.row
    }
    return asdict(finding) | {"probes": list(finding.probes), "changed": changed}
