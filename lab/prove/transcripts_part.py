"""The part `transcripts`: thousands of edits of the healthy platform's transcripts, without a network.

No edit may crash a check, and removed evidence must not turn an undecided row into a passed one. No row
passes on transcripts without evidence.
"""

import multiprocessing
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import MockPool
from lab.prove.part import Part, ProofOptions
from lab.prove.thinning import problems as vacuous
from lab.prove.transcript_edits import TranscriptEdit, edits, removals
from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural

PLACES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """All random edits of one probe's transcript: their number, and the smallest that violated a property."""

    probe: str
    tried: int
    rows: int
    broken: str = ""


def transcripts_part(
    bench: ProofContext, pool: MockPool, baseline: HealthyBaseline, plan: ProofOptions
) -> Part:
    """Edit every transcript at random, in separate processes."""
    profile, healthy = pool.steady.profile, baseline.transcripts
    tasks = (
        []
        if plan.only
        else [(profile, closure(bench, name, healthy), name, plan.edits) for name in probes(bench, healthy)]
    )
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, os.cpu_count() or 1), mp_context=context) as processes:
        rounds = list(processes.map(_random_edits, tasks))
    tried = sum(one.tried for one in rounds)
    thinned = () if plan.only else tuple(vacuous(bench, profile, healthy))
    return Part(
        name="transcripts",
        summary=f"{plural(tried, 'random edit')} of {plural(len(rounds), 'transcript')}, "
        f"{sum(bool(one.broken) for one in rounds)} crashed a check"
        + (
            f"; {plural(len(thinned), 'requirement passes', 'requirements pass')} on nothing observed"
            if not plan.only
            else ""
        ),
        problems=(
            *(f"broken  {one.probe}  {one.broken}" for one in rounds if one.broken),
            *thinned,
        ),
        items=tried,
        data={"random": tried, "rounds": [asdict(one) for one in rounds]},
    )


def probes(bench: ProofContext, healthy: Mapping[str, Transcript]) -> list[str]:
    """The probes that recorded something; the longest first."""
    found = [name for name, transcript in healthy.items() if transcript.exchanges]
    return sorted(
        found, key=lambda name: -sum(name in check.needs for check in bench.registry.checks.values())
    )


def closure(bench: ProofContext, probe: str, healthy: Mapping[str, Transcript]) -> dict[str, Transcript]:
    """The transcripts that the rows of a probe need."""
    needed = {
        name for check in bench.registry.checks.values() if probe in check.needs for name in check.needs
    }
    return {name: healthy[name] for name in needed}


def _random_edits(task: tuple[Profile, dict[str, Transcript], str, int]) -> Round:
    """Run in a worker: edits of one transcript, twice; the smallest failure is returned, not raised."""
    profile, transcripts, probe, count = task
    ledger = Ledger.load()
    bench = ProofContext(ledger, load(ledger.by_id))
    rows = [row for row, check in bench.registry.checks.items() if probe in check.needs]
    return edited(bench, profile, transcripts, probe, rows, count)


def edited(
    bench: ProofContext,
    profile: Profile,
    transcripts: Mapping[str, Transcript],
    probe: str,
    rows: list[str],
    count: int,
) -> Round:
    """Try `count` edits on one probe's transcript and check these rows after each."""
    baseline = transcripts[probe]
    tried = 0
    needs = {row: bench.registry.checks[row].needs for row in rows}
    # A clause is silent if another request leaves the outcome open, so less evidence may decide it.
    by_record = {row for row in rows if not any(each.on for each in bench.registry.checks[row].clauses)}

    def check(transcript: Transcript) -> dict[str, Verdict]:
        # Each row only with the probes that it needs: otherwise each edit would process all the others again.
        edited = {**transcripts, probe: transcript}
        records = {
            names: Record(profile, {name: edited[name] for name in names}) for names in {*needs.values()}
        }
        return {row: bench.verdict(row, records[names]) for row, names in needs.items()}

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[*HealthCheck],
    )
    @given(st.lists(edits(baseline), min_size=1, max_size=PLACES), removals(baseline))
    def hold(made: list[TranscriptEdit], removal: TranscriptEdit) -> None:
        nonlocal tried
        tried += 1
        transcript = baseline
        for edit in made:
            transcript = edit.apply(transcript)
        first = check(transcript)
        again = check(removal.apply(transcript))
        decided = {row: verdict for row, verdict in again.items() if row in by_record}
        problem = broken(first) or broken(again) or conjured(first, decided)
        if problem:
            raise AssertionError(f"{made}, then {removal}: {problem}")

    try:
        hold()
    except AssertionError as found:
        return Round(probe=probe, tried=tried, rows=len(rows), broken=" ".join(str(found).split())[:600])
    return Round(probe=probe, tried=tried, rows=len(rows))


def broken(verdicts: Mapping[str, Verdict]) -> str:
    """The first row whose check crashed, with the last line of the error; empty if none did."""
    for row, verdict in verdicts.items():
        if verdict.outcome is Outcome.ERRORED:
            return f"{row} {' '.join(verdict.observed.strip().splitlines()[-3:])}"
    return ""


def conjured(first: Mapping[str, Verdict], again: Mapping[str, Verdict]) -> str:
    """The first row that passed with less evidence although more evidence had left it undecided."""
    for row, verdict in again.items():
        if verdict.outcome is Outcome.PASSED and first[row].outcome.is_undecided:
            return f"{row} was {first[row].outcome} ({first[row].reason}) and passed with less"
    return ""
