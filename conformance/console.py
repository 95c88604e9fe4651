"""What a person reads: the progress line, the table by area, and the full text of one verdict."""

from collections.abc import Iterator

from conformance.engine import Progress
from conformance.result import areas, counts
from conformance.run import Run
from conformance.verdict import Outcome, Verdict
from spec.ledger import Requirement

COLUMNS = tuple(Outcome)
SHOWN = (Outcome.FAILED, Outcome.ERRORED, Outcome.WARNED, Outcome.INCONCLUSIVE, Outcome.BLOCKED)


def progress_line(progress: Progress, judged: int, rows: int) -> str:
    """One line that says what is being waited for."""
    line = f"{judged}/{rows} rows judged, {progress.finished}/{progress.total} probes over"
    if progress.running:
        name, left = progress.running[0]
        line += f"; waiting for {name.replace('_', ' ')}" + (f", about {left:.0f} s" if left else "")
        if len(progress.running) > 1:
            line += f" and {len(progress.running) - 1} more"
    return line


def table(run: Run) -> Iterator[str]:
    """The counts by area; only outcomes that occur have a column."""
    total = counts(run)
    columns = [outcome for outcome in COLUMNS if total[outcome]]
    width = max([len(area) for area in run.ledger.areas] + [9])
    yield "  ".join(["area".ljust(width), *(f"{outcome.value:>12}" for outcome in columns)])
    for area, found in areas(run).items():
        cells = (f"{found.get(outcome.value, 0) or '·':>12}" for outcome in columns)
        yield "  ".join([area.ljust(width), *cells])
    yield "  ".join(["all".ljust(width), *(f"{total[outcome]:>12}" for outcome in columns)])


def findings(run: Run) -> Iterator[str]:
    """Every verdict that is not in order, in two or three lines each, worst first; then the baseline's."""
    compared = run.comparison()
    for outcome in SHOWN:
        for row, verdict in sorted(run.verdicts.items()):
            if verdict.outcome is outcome and row not in compared.excused:
                reason = f" ({verdict.reason})" if verdict.reason else ""
                yield f"{row}  {outcome.value}{reason}: {run.ledger.by_id[row].statement}"
                if verdict.expected:
                    yield f"    expected  {verdict.expected}"
                yield f"    observed  {(verdict.observed.strip().splitlines() or ['-'])[-1]}"
    if compared.excused:
        yield f"known to the baseline, which is not conformance: {', '.join(sorted(compared.excused))}"
    for problem in compared.problems:
        yield f"baseline  {problem.trouble}: {problem.text}"


def full_text(requirement: Requirement, verdict: Verdict) -> str:
    """Statement, source, expected, observed, evidence and the command that asks again."""
    parts = [
        f"{requirement.id} {verdict.outcome.value}{f' ({verdict.reason})' if verdict.reason else ''}",
        f"{requirement.statement}",
        f"source:   {requirement.source} ({requirement.evidence.value}, {requirement.level.value})",
    ]
    if verdict.expected:
        parts.append(f"expected: {verdict.expected}")
    parts.append(f"observed: {verdict.observed}")
    for piece in verdict.evidence:
        parts.append(
            f"evidence: probe {piece.probe}, exchange {piece.exchange} ({piece.label}): {piece.note}"
        )
        parts += [f"    {line}" for line in piece.excerpt.splitlines()]
    if verdict.evidence:
        parts.append(f"again:    {verdict.evidence[0].curl}")
    return "\n".join(parts)
