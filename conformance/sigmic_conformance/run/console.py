"""The console report: the table by area, and the full text of one verdict."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sigmic_conformance.exit_codes import MEANING, ExitCode
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.reports.five_lines import Asked, Finding, finding, group, place, repeat
from sigmic_conformance.reports.visible import harmless
from sigmic_conformance.reports.words import ORDER, claim_in_words, conformance
from sigmic_conformance.results.baseline import about_others
from sigmic_conformance.results.findings import (
    by_cause,
    gathered,
    last_line,
    summary_of_all,
)
from sigmic_conformance.run.planning import Plan
from sigmic_conformance.run.result import areas, counts
from sigmic_conformance.run.run import Run
from sigmic_conformance.traffic.journeys.planning import Journeys
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.plural import plural
from sigmic_spec.requirement import Requirement

NAMED_ROWS = 12
LEAST_WIDTH = 6
"""Of a column of the table, in characters."""
SHOWN = (Outcome.FAILED, Outcome.ERRORED, Outcome.WARNED, Outcome.INCONCLUSIVE, Outcome.BLOCKED)


def planned(plan: Plan, seed: int, *, is_part: bool = False) -> str:
    """The planned cost, in one line, and the seed.

    A shard does not print the pairs that journeys cover: these are known only for all shards together.
    """
    total = plan.total
    cost = f"{plural(total.turns, 'turn')} of the model, {amount(total.bytes)} sent"
    made = plural(len(plan.probes), "probe")
    if plan.journeys is not None and plan.journeys.bought:
        counted = f"{plan.journeys.pairs_bought:,} of {plan.journeys.pairs:,} pairs of situations"
        made += f", {len(plan.journeys.bought)} of them journeys"
        made += "" if is_part else f" through {counted}"
    return f"tier {plan.tier}: {made}, about {plan.seconds:.0f} s, {cost}; seed {seed}"


def journeys(plan: Journeys | None, transcripts: Mapping[str, Transcript]) -> Iterator[str]:
    """How far the journeys came: the checks did not see steps that ended early or were not reached."""
    if plan is None or not plan.bought:
        return
    names = {each.journey.name for each in plan.bought}
    seen = [each for name, each in transcripts.items() if name in names]
    planned = sum(len(each.journey.steps) for each in plan.bought)
    taken = sum(int(each.facts.get("taken", 0)) for each in seen)
    yield f"Journeys: {len(names)}, {taken} of {planned} steps taken"
    if left_out := sum(int(each.facts.get("sweeps left out", 0)) for each in seen):
        yield f"    {plural(left_out, 'step')} read no other task again, because requests are limited"
    for each in seen:
        if each.ending is not Ending.COMPLETE:
            yield f"    {each.probe.replace('_', ' ')} {each.ending}: {last_line(each.detail)}"


def amount(size: int) -> str:
    """A number of bytes for a reader: `309.7 MB`."""
    for unit, one in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return plural(size, "byte")


def left_aside(run: Run) -> Iterator[str]:
    """Rows that were not checked, and rows that the budget left unproven: none is silently missing."""
    if run.share is not None:
        held = plural(len(run.share.held), "requirement")
        yield f"Shard {run.share.shard}: {held} that need the whole run are left to `merge`"
    if run.unselected:
        rows = plural(len(run.unselected), "requirement")
        yield f"Not tested in tier {run.tier}: {rows} (see `plan`); --tier full tests them"
    by_reason: dict[str, list[str]] = {}
    for probe, why in (run.plan.left_out if run.plan else {}).items():
        by_reason.setdefault(why, []).append(probe.replace("_", " "))
    for why, probes in by_reason.items():
        yield f"Left out by the budget, as {why}: {', '.join(probes)}"


def table(run: Run) -> Iterator[str]:
    """The counts by area; only outcomes that occur have a column."""
    total = counts(run)
    columns = [outcome for outcome in ORDER if total[outcome]]
    sizes = [max(len(outcome.value), LEAST_WIDTH) for outcome in columns]
    width = max([len(area) for area in run.ledger.areas] + [9])

    def line(head: str, cells: Iterable[object]) -> str:
        aligned = (f"{cell:>{size}}" for cell, size in zip(cells, sizes, strict=True))
        return "  ".join([head.ljust(width), *aligned])

    yield line("area", (outcome.value for outcome in columns))
    for area, found in areas(run).items():
        yield line(area, (found.get(outcome.value, 0) or "·" for outcome in columns))
    yield line("all", (total[outcome] for outcome in columns))


def claimed(run: Run) -> Iterator[str]:
    """The claim for each part of the API, in one line; empty for a run over chosen rows."""
    if run.selection is None:
        told = (f"{name} {claim_in_words(claim.document())}" for name, claim in run.gate.claims().items())
        yield f"claims  {' · '.join(told)}"


def findings(run: Run, folder: str = "RUN") -> Iterator[str]:
    """Every verdict that is not in order, the worst last, next to the conclusion; then the baseline's.

    A row has a few lines, but rows that are undecided for the same reason are listed together, and so are
    those that fail for the same cause. Text that applies to all failed rows is printed once.
    """
    compared = run.gate.comparison()
    shown = {row: each for row, each in sorted(run.verdicts.items()) if row not in compared.excused}
    beside = by_cause(shown, [each.id for each in gathered(shown, SHOWN) if each.id])
    again = {row: said for row in shown if (said := run.retries.words(row))}
    of_all, target = summary_of_all(again.values()), _target(run)
    for found in gathered(shown, reversed(SHOWN)):
        if found.id is None:
            yield from _together(
                group(shown[found.rows[0]], found.why, found.rows, target=target, folder=folder)
            )
        elif found.id in beside:
            yield from finding(
                asked(run.ledger.by_id[found.id]), shown[found.id], target=target, folder=folder
            ).lines()
            if found.id in again and not of_all:
                yield f"    retry     {again[found.id]}"
            for row in beside[found.id]:
                line = _headline(run.ledger.by_id[row], shown[row])
                yield f"    with it   {line}{f' [{again[row]}]' if row in again and not of_all else ''}"
    if of_all:
        yield f"retry     {of_all}"
    if compared.excused:
        yield f"known to the baseline, which is not conformance: {', '.join(sorted(compared.excused))}"
    for problem in compared.problems:
        yield f"baseline  {problem.trouble}: {problem.text}"
    if compared.elsewhere:
        yield f"baseline  {about_others(compared.elsewhere)}"


def _headline(requirement: Requirement, verdict: Verdict) -> str:
    return f"{requirement.id}  {verdict.outcome.with_reason(verdict.reason)}: {requirement.statement}"


def asked(requirement: Requirement) -> Asked:
    """What a finding says of its requirement."""
    return Asked(
        id=requirement.id,
        statement=requirement.statement,
        source=requirement.source,
        evidence=requirement.evidence.value,
    )


def _target(run: Run) -> str:
    """The target as a command names it; empty for the mock of the run, which has ended."""
    return "" if run.profile.reference else run.profile.base_url


def conclusion(run: Run, code: ExitCode) -> str:
    """The verdict on the target in one line; a target with excused failures is not conformant."""
    excused = run.gate.comparison().excused
    counted = Counter(each.outcome for row, each in run.verdicts.items() if row not in excused)
    broken, tolerated = counted[Outcome.FAILED], counted[Outcome.WARNED]
    unproven = counted[Outcome.INCONCLUSIVE] + counted[Outcome.BLOCKED]
    flaky = sum(each.is_flaky for each in run.retries.done.values())
    parts = [
        f"{counted[Outcome.PASSED]} of {len(run.verdicts)} requirements passed",
        *([f"{broken} broken"] if broken else []),
        *([f"{tolerated} tolerated"] if tolerated else []),
        *([f"{unproven} unproven"] if unproven else []),
        *([f"{flaky} flaky"] if flaky else []),
    ]
    meaning = MEANING.get(code, "see the report")
    if code is ExitCode.OK:
        meaning = conformance(len(excused), whole=run.selection is None and not run.unselected)
    elif code is ExitCode.UNPROVEN:
        musts = sorted(run.gate.unproven_musts().difference(excused))
        rest = f" and {len(musts) - NAMED_ROWS} more" if len(musts) > NAMED_ROWS else ""
        meaning += f": {', '.join(musts[:NAMED_ROWS])}{rest}"
    return f"{', '.join(parts)}: {meaning}"


def next_step(run: Run, folder: str) -> str | None:
    """What to type next; None if nothing needs attention."""
    if run.problem is not None:
        return f"next: sigmic-conformance doctor --target {run.profile.base_url}"
    told = [each.id or each.rows[0] for each in gathered(run.verdicts, SHOWN)]
    if not told:
        return None
    row = told[0]
    if run.verdicts[row].outcome.is_undecided:
        row = min(run.gate.unproven_musts(), default=row)
    if run.verdicts[row].outcome.is_violation and not run.profile.reference:
        return f"next: sigmic-conformance reproduce {row} {folder} --target {run.profile.base_url}"
    return f"next: sigmic-conformance explain {row} {folder}"  # the reference platform of the run has ended


def _together(told: Finding) -> Iterator[str]:
    yield told.headline
    yield from textwrap.wrap(told.text("which"), 96, initial_indent="    ", subsequent_indent="    ")
    yield f"    {'to do':9} {told.text('to do')}"


def full_text(requirement: Requirement, verdict: Verdict) -> str:
    """The finding, the bytes of its evidence, and the command that repeats the request.

    Each line is harmless: pytest prints it in the log of a CI.
    """
    parts = list(finding(asked(requirement), verdict).lines(indent=""))
    for piece in verdict.evidence:
        parts.append(f"{'evidence':9} {place(piece)}: {piece.note}")
        parts += [f"    {line}" for line in piece.excerpt.splitlines()]
    if verdict.evidence:
        parts.append(f"{'repeat':9} {repeat(requirement.id, verdict.evidence[0].curl)}")
    return "\n".join(map(harmless, parts))
