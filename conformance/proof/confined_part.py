"""The part `confined`: violations that show in some situations only, as most bugs do.

First every probe is run in a project of its own while the mock rehearses all violations: that tells which
could act where. Then each confined violation that was drawn is armed for a project in which the probes of its
row run, and the cheapest that bring its situation about. It must show on the wire, and its row must turn red.
"""

import time
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from sigmic_conformance.conformance.journeys.planning import plan_journeys
from sigmic_conformance.conformance.journeys.probe import probe_of
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import noisy
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.conformance.model.evaluation import evaluated
from sigmic_conformance.conformance.model.invariant import load
from sigmic_conformance.conformance.proof.confined_report import Fate, Met, report
from sigmic_conformance.conformance.proof.confinement import Bounds, Confined, Occasion, draw, possible
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grading import RED
from sigmic_conformance.conformance.proof.grounds import WALL_SECONDS, Grounds, patient, unhurried
from sigmic_conformance.conformance.proof.part import Part, Plan, each
from sigmic_conformance.conformance.proof.platform import Accounts, ControlRefused, Fault, Platform
from sigmic_conformance.conformance.proof.trial import Bench, changes
from sigmic_conformance.conformance.proof.violations import TIMING, chosen
from sigmic_conformance.conformance.registry import Probe, Registry, Requires
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript

STRAINING = frozenset({"idle_clients"})
"""Probes that strain a server as a whole: beside them others would meet what they do not bring about."""
RESTORED = frozenset({"restored", "restored_twice"})
BRINGING = 2
PATIENT_BRINGING = 6
"""Probes that run beside those of the row to bring the situation about, at first and when they did not."""
AGAIN = 8
ALONE = 1
"""Trials at a time when they are tried again, and when this machine was too busy even then."""


@dataclass(frozen=True, slots=True)
class _Trials:
    """What every trial needs."""

    bench: Bench
    grounds: Grounds
    golden: Golden
    faults: Mapping[str, Fault]

    def meet(self, confined: Confined, *, hurried: bool) -> Met:
        """Meet one: armed for the judged project, or for everybody when that does not show it."""
        fault = self.faults[confined.fault]
        probes = self._probes(confined, fault, hurried=hurried)
        # A journey is as it was rehearsed only where heartbeats come as often as then.
        steady = TIMING & set(probes) & set(confined.probes)
        place = self.grounds.steady if steady else self.grounds.shared
        found = self._trial(confined, fault, place, probes, hurried=hurried)
        if found.fate is not Fate.VOID or hurried:
            return found
        with self.grounds.exclusive() as alone:
            return self._trial(confined, fault, alone, probes, hurried=hurried, everybody=True)

    def _probes(self, confined: Confined, fault: Fault, *, hurried: bool) -> tuple[str, ...]:
        """Those that the row's judge reads, and the cheapest that meet the situation.

        In a hurry only if its own do not, and few of them.
        """
        own = self.bench.registry.judges[fault.row].needs
        if hurried and set(own) & set(confined.probes):
            return own
        profile = self.grounds.steady.profile
        cheapest = sorted(confined.probes, key=lambda name: self.bench.probe(name).seconds(profile))
        return tuple(dict.fromkeys((*own, *cheapest[: BRINGING if hurried else PATIENT_BRINGING])))

    def _trial(
        self,
        confined: Confined,
        fault: Fault,
        place: Platform,
        probes: tuple[str, ...],
        *,
        hurried: bool,
        everybody: bool = False,
    ) -> Met:
        began = time.monotonic()
        try:
            accounts = place.accounts()
            # A life of many turns takes its time on a busy machine; what hangs ends by its own deadlines.
            usual = replace(accounts.profile, wall_seconds=WALL_SECONDS)
            profile = usual if hurried else unhurried(usual)
            project = None if everybody else accounts.project
            place.arm(fault.id, project, **confined.where(fault.breaks))
            try:
                transcripts = self._recorded(confined, profile, accounts, probes, hurried=hurried)
            finally:
                fired = place.disarm(project).get(fault.id, 0)
                place.remove(accounts)
        except ControlRefused as problem:
            return Met(id=str(confined), row=fault.row, fate=Fate.BROKEN, why=str(problem))
        record = Record(accounts.profile, transcripts)
        found = self._graded(fault.row, record, [fault.row], fired=fired)
        if found.fate is not Fate.CAUGHT:
            there = [judge.id for judge in self.bench.judges(transcripts)]
            found = also_told(self._graded(fault.row, record, there, fired=fired), _broken(record))
        rushed = any(each.ending is Ending.BUDGET for each in transcripts.values())
        timed = TIMING & set(self.bench.registry.judges[fault.row].needs)
        is_own = bool(set(self.bench.registry.judges[fault.row].needs) & set(confined.probes))
        return replace(
            found,
            id=str(confined),
            why=found.why or _why(found, is_own=is_own),
            probes=probes,
            unsure=rushed or (bool(timed) and noisy(record, *map(ProbeName, transcripts))),
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
        """The transcripts; with time, the probe that brings the situation about goes first, alone.

        So it was rehearsed: beside others its list has other tasks, and its agent is slower.
        """
        first = [] if hurried else [name for name in probes if name in confined.probes][-1:]
        found = self.bench.record(profile, accounts.credentials, first) if first else {}
        rest = [name for name in probes if name not in found]
        return found | (self.bench.record(profile, accounts.credentials, rest) if rest else {})

    def _graded(self, row: str, record: Record, rows: Sequence[str], *, fired: int) -> Met:
        """Grade by the verdicts of some rows, its own among them, beside those of the healthy platform."""
        after = {each: self.bench.verdict(each, record) for each in rows}
        # Its transcripts were made at their own interval: at another one their heartbeats would be late.
        interval = self.grounds.steady.profile.heartbeat_seconds
        healthy = replace(record.profile, heartbeat_seconds=interval)
        before = self.golden.verdicts(healthy, record.probes, frozenset(rows))
        return graded(row, before, after, fired=fired)


def graded(row: str, before: Mapping[str, Verdict], after: Mapping[str, Verdict], *, fired: int) -> Met:
    """Grade the verdicts under a confined violation of a row beside those of the healthy platform."""
    verdict = after[row]
    changed = {name: now for name, (_, now) in changes(before, after).items()}
    red = tuple(
        name
        for name, (outcome, _) in sorted(changed.items())
        if outcome in {Outcome.FAILED, Outcome.WARNED} and name != row
    )
    met = Met(
        id="", row=row, fate=Fate.MISSED, outcome=verdict.outcome, reason=verdict.reason, fired=fired, red=red
    )
    if verdict.outcome is Outcome.ERRORED:
        return replace(met, fate=Fate.BROKEN, why=" ".join(verdict.observed.split())[-160:])
    if not fired:
        return replace(met, fate=Fate.VOID)
    if verdict.outcome in RED and (row in changed or row not in before):
        return replace(met, fate=Fate.CAUGHT)
    if red:
        return replace(met, fate=Fate.PARTLY)
    if verdict.outcome in {Outcome.INCONCLUSIVE, Outcome.BLOCKED}:
        return replace(met, fate=Fate.UNPROVEN)
    return met


def _broken(record: Record) -> set[str]:
    """The rows of which an invariant was broken, whether their own probes ran or not."""
    return {row for row, said in record.derived(evaluated).rows.items() if said.breaches}


def also_told(met: Met, rows: AbstractSet[str]) -> Met:
    """The same where other rows turned red too: in a run their own probes would be there."""
    red = tuple(sorted({*met.red, *rows} - {met.row}))
    is_partly = red and met.fate in {Fate.MISSED, Fate.UNPROVEN}
    return replace(met, red=red, fate=Fate.PARTLY if is_partly else met.fate)


def _why(met: Met, *, is_own: bool) -> str:
    """Why a confined violation was not caught."""
    if met.fate is Fate.CAUGHT:
        return ""
    if met.fate is Fate.VOID:
        return "its probes did not come to it this time"
    if met.outcome in {Outcome.INCONCLUSIVE, Outcome.BLOCKED}:
        return f"the row was left open: {met.reason}"
    if is_own:
        return "the row's judge had the exchange and held it for good"
    return "only traffic that the row's judge does not read meets the situation"


def journeys(profile: Profile, seed: int) -> dict[str, Probe]:
    """The journeys that bring about every pair of situations, as probes."""
    planned = plan_journeys(profile, seed=seed, triples=False, limit=lambda _cost: "")
    return {each.journey.name: probe_of(each) for each in planned.bought}


_BEST_FIRST = (
    Fate.CAUGHT,
    Fate.PARTLY,
    Fate.MISSED,
    Fate.UNPROVEN,
    Fate.UNSURE,
    Fate.BROKEN,
    Fate.VOID,
)


def better(one: Met, other: Met) -> Met:
    """The trial that says more, with the time of both."""
    kept = min(one, other, key=lambda each: _BEST_FIRST.index(each.fate))
    return replace(kept, seconds=round(one.seconds + other.seconds, 2))


def is_doubtful(confined: Confined, met: Met) -> bool:
    """Whether a second trial, with patience and more probes, may end otherwise."""
    if met.fate in {Fate.VOID, Fate.UNPROVEN, Fate.BROKEN} or met.reason == Unproven.TIMING_NOISE:
        return True
    return met.fate is not Fate.CAUGHT and (met.unsure or not set(confined.probes) <= set(met.probes))


def is_undecided(met: Met) -> bool:
    """Whether nothing turned red, but time ran out or this machine was too busy to tell."""
    too_busy = met.unsure or met.reason in {Unproven.TIMING_NOISE, Unproven.BUDGET}
    return too_busy and met.fate in {Fate.MISSED, Fate.UNPROVEN}


def _is_undecided(_confined: Confined, met: Met) -> bool:
    return is_undecided(met)


def confined_part(bench: Bench, grounds: Grounds, golden: Golden, plan: Plan) -> Part:
    """Draw confined violations, meet each beside journeys, and count what was caught."""
    return drawn_part(
        replace(bench, beside=journeys(grounds.steady.profile, plan.seed)), grounds, golden, plan
    )


def drawn_part(bench: Bench, grounds: Grounds, golden: Golden, plan: Plan) -> Part:
    """The same with the probes of `bench` alone."""
    faults = {
        fault.id: fault
        for fault in chosen(grounds.shared.catalogue(), "violation", plan.only)
        if fault.row in bench.registry.judges
    }
    bounds = {fault.id: Bounds({**fault.where, **fault.breaks}) for fault in faults.values()}
    occasions = [each for each in rehearsed(bench, grounds, plan) if each.fault in faults]
    drawn = draw(occasions, seed=plan.seed, most=plan.sample, bounds=bounds)
    trials = _Trials(bench, grounds, golden, faults)
    found = each(plan, drawn, lambda one: trials.meet(one, hurried=True))
    for jobs, is_left in ((AGAIN, is_doubtful), (ALONE, _is_undecided)):
        left = [number for number, met in enumerate(found) if is_left(drawn[number], met)]
        few = replace(plan, jobs=min(plan.jobs, jobs))
        again = each(few, left, lambda number: trials.meet(drawn[number], hurried=False))
        for number, met in zip(left, again, strict=True):
            found[number] = better(found[number], met)
    decided = [replace(met, fate=Fate.UNSURE) if is_undecided(met) else met for met in found]
    confinable = possible(occasions, bounds)
    return report(
        list(zip(drawn, decided, strict=True)),
        possible=sum(map(len, confinable.values())),
        never=sorted(fault for fault in faults if not confinable.get(fault)),
        seed=plan.seed,
        everywhere=judged_everywhere(bench.registry),
    )


def judged_everywhere(registry: Registry) -> frozenset[str]:
    """The rows that are held against all traffic, by an invariant or a sweep, not their own probes alone."""
    return load().rows | {judge.id for judge in registry.judges.values() if judge.sweep}


def is_meant(probe: Probe, situation: Mapping[str, Sequence[str]]) -> bool:
    """Whether a probe brings a situation about, and no session expired because this machine was busy."""
    return Requires.EXPIRY in probe.requires or RESTORED.isdisjoint(situation.get("session", ()))


def rehearsed(bench: Bench, grounds: Grounds, plan: Plan) -> list[Occasion]:
    """Run every probe in a project of its own, and learn which violations could have acted where."""

    def rehearse(name: str) -> list[Occasion]:
        if name in STRAINING:
            with grounds.exclusive() as alone:
                return rehearse_at(alone, name)
        return rehearse_at(grounds.steady if name in TIMING else grounds.shared, name)

    def rehearse_at(place: Platform, name: str) -> list[Occasion]:
        accounts = place.accounts()
        try:
            place.begin_rehearsal("violation", accounts.project)
            bench.record(patient(accounts.profile), accounts.credentials, [name])
            met = place.end_rehearsal(accounts.project)
        finally:
            place.remove(accounts)
        return [
            Occasion(fault=fault, probe=name, situation=situation, count=count)
            for fault, situation, count in met
            if is_meant(bench.probe(name), situation)
        ]

    told = replace(plan, tell=lambda text: plan.tell(f"rehearsal {text}"))
    names = sorted(bench.probes, key=lambda name: -bench.probe(name).seconds(grounds.steady.profile))
    return [occasion for found in each(told, names, rehearse) for occasion in found]
