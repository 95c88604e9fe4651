"""The part `confined`: violations that show in some situations only, as most bugs do.

First every probe runs in a separate project with the mock in dry-run mode, to learn which violations could
fire and where. Then each drawn violation is armed for a project in which the probes of its row run, and the
cheapest that bring its situation about. It must show on the wire, and its row must turn red.
"""

import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType

from lab.prove.confined_report import ConfinedResult, report
from lab.prove.confinement import Bounds, Confined, draw, possible
from lab.prove.dry_run import dry_run_occasions, is_its_own
from lab.prove.grading import Grade, grade
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import WALL_SECONDS, MockPool, unhurried
from lab.prove.part import Part, ProofOptions, until_caught
from lab.prove.platform import Accounts, ControlRefused, Fault, Platform
from lab.prove.trial import ProofContext, changes
from lab.prove.violations import TIMING, chosen
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.timing import noisy
from sigmic_conformance.model.record.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.evaluation import evaluated
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.journeys.planning import Bought, plan_journeys
from sigmic_conformance.traffic.journeys.price import price
from sigmic_conformance.traffic.journeys.probe import probe_of
from sigmic_conformance.traffic.probe import Probe
from sigmic_conformance.wire.transcript import Ending, Transcript

BRINGING = 2
PATIENT_BRINGING = 6
PATIENT_SECONDS = 40.0
"""Limits of the probes that are added to bring the situation about: `BRINGING` at first, then
`PATIENT_BRINGING`, or more that together take at most these seconds."""
TELLING = ("cancel_finished", "failing_task", "valid_archive", "end_users")
"""Probes that other rows depend on: after which final states follow-ups are accepted, whether archives are
accepted, and who owns an app."""
LISTENING = 2.0
"""Factor on a retried journey's wait for heartbeats.

Noise that hides a fault in the usual silence does not hide it in a longer one."""
AGAIN = 8
ALONE = 1
"""Parallel trials when they are retried, and if this machine was too busy even then."""


@dataclass(frozen=True, slots=True)
class _Trials:
    """What every trial needs."""

    bench: ProofContext
    pool: MockPool
    baseline: HealthyBaseline
    faults: Mapping[str, Fault]
    attentive: Mapping[str, Probe] = field(default_factory=dict)
    """The same journeys with longer silences, to distinguish missing heartbeats from late ones."""

    def meet(self, confined: Confined, *, hurried: bool) -> ConfinedResult:
        """Try one: armed for the tested project, or for all callers if that does not show it."""
        fault = self.faults[confined.fault]
        probes = self._probes(confined, fault, hurried=hurried)
        # A journey repeats its dry run only if the heartbeat interval is the same.
        steady = TIMING & set(probes) & set(confined.probes)
        place = self.pool.steady if steady else self.pool.shared
        found = self._trial(confined, fault, place, probes, hurried=hurried)
        if found.grade is not Grade.VOID or hurried:
            return found
        with self.pool.exclusive() as alone:
            return self._trial(confined, fault, alone, probes, hurried=hurried, everybody=True)

    def _probes(self, confined: Confined, fault: Fault, *, hurried: bool) -> tuple[str, ...]:
        """The probes that the row's check reads, and the cheapest that reach the situation.

        If hurried, the latter only if its own do not reach it, and few of them.
        """
        own = self.bench.registry.checks[fault.row].needs
        if hurried and set(own) & set(confined.probes):
            return own
        profile = self.pool.steady.profile
        seconds = {name: self.bench.probe(name).seconds(profile) for name in confined.probes}
        there = own if hurried else (*own, *(name for name in TELLING if name in self.bench.probes))
        return tuple(dict.fromkeys((*there, *bringing(seconds, hurried=hurried))))

    def _trial(
        self,
        confined: Confined,
        fault: Fault,
        place: Platform,
        probes: tuple[str, ...],
        *,
        hurried: bool,
        everybody: bool = False,
    ) -> ConfinedResult:
        began = time.monotonic()
        try:
            with place.borrowed() as accounts:
                # A journey of many turns is slow on a busy machine; a hanging one ends by its own deadlines.
                usual = replace(accounts.profile, wall_seconds=WALL_SECONDS)
                profile = usual if hurried else unhurried(usual)
                project = None if everybody else accounts.project
                with place.armed({fault.id: confined.where(fault.breaks)}, [project]) as counted:
                    transcripts = self._recorded(confined, profile, accounts, probes, hurried=hurried)
        except ControlRefused as problem:
            return ConfinedResult(id=str(confined), row=fault.row, grade=Grade.BROKEN, why=str(problem))
        record, fired = Record(accounts.profile, transcripts), counted[fault.id]
        found = self._graded(fault.row, record, [fault.row], fired=fired)
        if found.grade is not Grade.CAUGHT:
            there = [check.id for check in self.bench.checks(transcripts)]
            found = also_told(self._graded(fault.row, record, there, fired=fired), _broken(record))
        rushed = any(each.ending is Ending.BUDGET for each in transcripts.values())
        timed = TIMING & set(self.bench.registry.checks[fault.row].needs)
        is_own = bool(set(self.bench.registry.checks[fault.row].needs) & set(confined.probes))
        return replace(
            found,
            id=str(confined),
            why=found.why or _why(found, is_own=is_own),
            probes=probes,
            unsure=rushed or (bool(timed) and noisy(record, *transcripts)),
            seconds=round(time.monotonic() - began, 2),
        )

    def _recorded(
        self,
        confined: Confined,
        profile: Profile,
        accounts: Accounts,
        probes: Sequence[str],
        *,
        hurried: bool,
    ) -> dict[str, Transcript]:
        """Record the transcripts; unless hurried, the probe that reaches the situation runs first, alone.

        So it ran in the dry run: next to others its list has other tasks, and its agent is slower.
        """
        first = [] if hurried else [name for name in probes if name in confined.probes][-1:]
        bench = self.bench
        if not hurried and TIMING & set(bench.registry.checks[self.faults[confined.fault].row].needs):
            bench = replace(bench, beside={**bench.beside, **self.attentive})
        found = bench.record(profile, accounts.credentials, first) if first else {}
        rest = [name for name in probes if name not in found]
        return found | (bench.record(profile, accounts.credentials, rest) if rest else {})

    def _graded(self, row: str, record: Record, rows: Sequence[str], *, fired: int) -> ConfinedResult:
        """Grade by the verdicts of some rows, including its own, against those of the healthy platform."""
        after = {each: self.bench.verdict(each, record) for each in rows}
        before = self.baseline.verdicts(record.profile, record.probes, frozenset(rows))
        return graded(row, before, after, fired=fired)


def bringing(seconds: Mapping[str, float], *, hurried: bool) -> tuple[str, ...]:
    """Select which of the probes that reach a situation are run; those that reach it most often run last.

    `seconds`, by probe, are in the order of how often each reaches it.
    """
    cheapest = sorted(seconds, key=lambda name: seconds[name])
    if hurried:
        return tuple(cheapest[:BRINGING])
    spent = accumulate(seconds[name] for name in cheapest)
    short = [name for name, until in zip(cheapest, spent, strict=True) if until <= PATIENT_SECONDS]
    few = max(cheapest[:PATIENT_BRINGING], short, key=len)
    often = next(iter(seconds))
    return (*(name for name in few if name != often), often)


def graded(
    row: str, before: Mapping[str, Verdict], after: Mapping[str, Verdict], *, fired: int
) -> ConfinedResult:
    """Grade the verdicts under a confined violation of a row against those of the healthy platform."""
    verdict, known = after[row], changes(before, after).items()
    red = {name for name, (_, (outcome, _)) in known if outcome.is_violation}
    met = ConfinedResult(
        id="",
        row=row,
        grade=grade(expected=None, healthy=before.get(row), verdict=verdict, fired=fired),
        outcome=verdict.outcome,
        reason=verdict.reason,
        fired=fired,
        why=" ".join(verdict.observed.split())[-160:] if verdict.outcome is Outcome.ERRORED else "",
    )
    return also_told(met, red)


def _broken(record: Record) -> set[str]:
    """The rows with a violated clause, even if their own probes did not run."""
    return {row for row, said in record.derived(evaluated).rows.items() if said.breaches}


def also_told(met: ConfinedResult, rows: AbstractSet[str]) -> ConfinedResult:
    """The same, if other rows turned red too: a full run would include their own probes."""
    red = tuple(sorted({*met.red, *rows} - {met.row}))
    is_partly = red and met.grade in {Grade.MISSED, Grade.UNPROVEN}
    return replace(met, red=red, grade=Grade.PARTLY if is_partly else met.grade)


def _why(met: ConfinedResult, *, is_own: bool) -> str:
    """Why a confined violation was not caught."""
    if met.grade is Grade.CAUGHT:
        return ""
    if met.grade is Grade.VOID:
        return "its probes did not reach it this time"
    if met.outcome is not None and met.outcome.is_undecided:
        return f"the requirement was left open: {met.reason}"
    if is_own:
        return "the requirement's check had the exchange and found it correct"
    return "only traffic that the requirement's check does not read is in the situation"


def journeys(profile: Profile, seed: int, *, listening: float = 1.0) -> dict[str, Probe]:
    """The journeys that bring about every pair of situations, as probes.

    They wait `listening` times as long as usual in silences; everything else is the same.
    """
    planned = plan_journeys(profile, seed=seed, triples=False, limit=lambda _cost: "")
    found = [replace(each.journey, listening=listening) for each in planned.bought]
    return {each.name: probe_of(Bought(journey=each, cost=price(each, profile))) for each in found}


def is_doubtful(confined: Confined, met: ConfinedResult) -> bool:
    """Whether a second trial, with more time and probes, may end differently."""
    if met.grade in {Grade.VOID, Grade.UNPROVEN, Grade.BROKEN} or met.reason == Unproven.TIMING_NOISE:
        return True
    return met.grade is not Grade.CAUGHT and (
        met.unsure or not {*confined.probes, *TELLING} <= set(met.probes)
    )


def is_undecided(met: ConfinedResult) -> bool:
    """Whether no row turned red, but time ran out or this machine was too busy to measure."""
    too_busy = met.unsure or met.reason in {Unproven.TIMING_NOISE, Unproven.BUDGET}
    return too_busy and met.grade in {Grade.MISSED, Grade.UNPROVEN}


def needs_quiet(_confined: Confined, met: ConfinedResult) -> bool:
    """Whether a trial on an idle machine may end differently: noise may have hidden it from its own row."""
    return is_undecided(met) or (met.unsure and met.grade is Grade.PARTLY)


def confined_part(bench: ProofContext, pool: MockPool, baseline: HealthyBaseline, plan: ProofOptions) -> Part:
    """Draw confined violations, try each with journeys added, and count what was caught."""
    usual, attentive = (
        journeys(pool.steady.profile, plan.seed, listening=times) for times in (1.0, LISTENING)
    )
    return drawn_part(replace(bench, beside=usual), pool, baseline, plan, attentive=attentive)


def drawn_part(
    bench: ProofContext,
    pool: MockPool,
    baseline: HealthyBaseline,
    plan: ProofOptions,
    *,
    attentive: Mapping[str, Probe] = MappingProxyType({}),
) -> Part:
    """The same with only the probes of `bench`, and with the `attentive` ones if more time may decide."""
    faults = {
        fault.id: fault
        for fault in chosen(pool.shared.catalogue(), "violation", plan.only)
        if fault.row in bench.registry.checks
    }
    bounds = {fault.id: Bounds({**fault.where, **fault.breaks}) for fault in faults.values()}
    needs = {fault.id: bench.registry.checks[fault.row].needs for fault in faults.values()}
    occasions = [
        each
        for each in dry_run_occasions(bench, pool, plan)
        if each.fault in faults and is_its_own(each.probe, needs[each.fault])
    ]
    drawn = draw(occasions, seed=plan.seed, most=plan.sample, bounds=bounds)
    trials = _Trials(bench, pool, baseline, faults, attentive)
    found = until_caught(plan, drawn, trials.meet, ((AGAIN, is_doubtful), (ALONE, needs_quiet)))
    decided = [replace(met, grade=Grade.UNSURE) if is_undecided(met) else met for met in found]
    confinable = possible(occasions, bounds)
    return report(
        list(zip(drawn, decided, strict=True)),
        possible=sum(map(len, confinable.values())),
        never=sorted(fault for fault in faults if not confinable.get(fault)),
        seed=plan.seed,
        everywhere=judged_everywhere(bench.registry),
    )


def judged_everywhere(registry: Registry) -> frozenset[str]:
    """The rows that are checked on all traffic, not only on that of the probes they name."""
    return frozenset(check.id for check in registry.checks.values() if check.reads_whole_run)
