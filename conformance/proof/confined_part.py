"""The part `confined`: violations that show in some situations only, as most bugs do.

First every probe is run in a project of its own while the mock rehearses all violations: that tells which
could act where. Then each confined violation that was drawn is armed for a project in which the probes of its
row run, and the cheapest that bring its situation about. It must show on the wire, and its row must turn red.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sigmic_conformance.conformance.journeys.planning import plan_journeys
from sigmic_conformance.conformance.journeys.probe import probe_of
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.timing import noisy
from sigmic_conformance.conformance.judging.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.conformance.proof.confinement import Confined, Occasion, draw, possible
from sigmic_conformance.conformance.proof.golden import Golden
from sigmic_conformance.conformance.proof.grading import RED
from sigmic_conformance.conformance.proof.grounds import WALL_SECONDS, Grounds, patient, unhurried
from sigmic_conformance.conformance.proof.interval import wilson
from sigmic_conformance.conformance.proof.part import Part, Plan, each
from sigmic_conformance.conformance.proof.platform import ControlRefused, Fault, Platform
from sigmic_conformance.conformance.proof.trial import Bench, changes
from sigmic_conformance.conformance.proof.violations import TIMING, chosen
from sigmic_conformance.conformance.registry import Probe
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.label import ProbeName
from sigmic_conformance.conformance.transcript.transcript import Ending
from sigmic_conformance.spec.situations import Situations

GATE = 0.98
"""The least rate of confined violations that must be caught."""
BRINGING = 2
PATIENT_BRINGING = 6
"""Probes that run beside those of the row to bring the situation about, at first and when they did not."""
AGAIN = 4
"""Trials at a time when they are tried again."""


class Fate(StrEnum):
    """What became of a confined violation."""

    CAUGHT = "caught"  # its own row turned red
    PARTLY = "partly"  # another row did
    MISSED = "missed"  # nothing did
    UNPROVEN = "unproven"  # its own row could not be decided, and no other turned red
    VOID = "void"  # it never showed on the wire
    BROKEN = "broken"  # the mock, a probe or the judge broke


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One confined violation, what became of it, and why it was not caught."""

    id: str
    row: str
    fate: Fate
    why: str = ""
    outcome: Outcome | None = None
    reason: str | None = None
    fired: int = 0
    probes: tuple[str, ...] = ()
    red: tuple[str, ...] = ()
    """The other rows that turned red."""
    unsure: bool = False
    """Whether time ran out for one of the probes, or the row is about times and this machine was too busy."""
    seconds: float = 0.0


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
                transcripts = self.bench.record(profile, accounts.credentials, probes)
            finally:
                fired = place.disarm(project).get(fault.id, 0)
                place.remove(accounts)
        except ControlRefused as problem:
            return Met(id=str(confined), row=fault.row, fate=Fate.BROKEN, why=str(problem))
        record = Record(accounts.profile, transcripts)
        found = self._graded(fault.row, record, [fault.row], fired=fired)
        if found.fate is not Fate.CAUGHT:
            there = [judge.id for judge in self.bench.judges(transcripts)]
            found = self._graded(fault.row, record, there, fired=fired)
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

    def _graded(self, row: str, record: Record, rows: Sequence[str], *, fired: int) -> Met:
        """Grade by the verdicts of some rows, its own among them, beside those of the healthy platform."""
        after = {each: self.bench.verdict(each, record) for each in rows}
        before = self.golden.verdicts(record.profile, record.probes, frozenset(rows))
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


_BEST_FIRST = (Fate.CAUGHT, Fate.PARTLY, Fate.MISSED, Fate.UNPROVEN, Fate.BROKEN, Fate.VOID)


def better(one: Met, other: Met) -> Met:
    """The trial that says more, with the time of both."""
    kept = min(one, other, key=lambda each: _BEST_FIRST.index(each.fate))
    return replace(kept, seconds=round(one.seconds + other.seconds, 2))


def is_doubtful(confined: Confined, met: Met) -> bool:
    """Whether a second trial, with patience and more probes, may end otherwise."""
    if met.fate in {Fate.VOID, Fate.UNPROVEN, Fate.BROKEN} or met.reason == Unproven.TIMING_NOISE:
        return True
    return met.fate is not Fate.CAUGHT and (met.unsure or not set(confined.probes) <= set(met.probes))


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
    occasions = [each for each in rehearsed(bench, grounds, plan) if each.fault in faults]
    drawn = draw(occasions, seed=plan.seed, most=plan.sample)
    trials = _Trials(bench, grounds, golden, faults)
    found = each(plan, drawn, lambda one: trials.meet(one, hurried=True))
    doubtful = [number for number, met in enumerate(found) if is_doubtful(drawn[number], met)]
    few = replace(plan, jobs=min(plan.jobs, AGAIN))
    again = each(few, doubtful, lambda number: trials.meet(drawn[number], hurried=False))
    for number, met in zip(doubtful, again, strict=True):
        found[number] = better(found[number], met)
    return report(
        list(zip(drawn, found, strict=True)),
        possible=sum(map(len, possible(occasions).values())),
        never=sorted(faults.keys() - {each.fault for each in occasions}),
        seed=plan.seed,
    )


def rehearsed(bench: Bench, grounds: Grounds, plan: Plan) -> list[Occasion]:
    """Run every probe in a project of its own, and learn which violations could have acted where."""

    def rehearse(name: str) -> list[Occasion]:
        place = grounds.steady if name in TIMING else grounds.shared
        accounts = place.accounts()
        try:
            place.begin_rehearsal("violation", accounts.project)
            bench.record(patient(accounts.profile), accounts.credentials, [name])
            met = place.end_rehearsal(accounts.project)
        finally:
            place.remove(accounts)
        return [Occasion(fault=fault, probe=name, situation=situation) for fault, situation in met]

    told = replace(plan, tell=lambda text: plan.tell(f"rehearsal {text}"))
    names = sorted(bench.probes, key=lambda name: -bench.probe(name).seconds(grounds.steady.profile))
    return [occasion for found in each(told, names, rehearse) for occasion in found]


def report(found: Sequence[tuple[Confined, Met]], *, possible: int, never: Sequence[str], seed: int) -> Part:
    """The part: rates with their intervals, whole and by dimension, and every miss by name."""
    counts = Counter(met.fate for _, met in found)
    shown = [(confined, met) for confined, met in found if met.fate not in {Fate.VOID, Fate.BROKEN}]
    alarms = [met for _, met in found if met.fate is Fate.VOID and met.red]
    whole = rate(met for _, met in shown)
    rest = ", ".join(f"{counts[fate]} {fate}" for fate in Fate if fate is not Fate.CAUGHT and counts[fate])
    problems = [_line(met) for _, met in found if met.fate is not Fate.CAUGHT]
    problems += [f"false alarm  {met.id}  never fired, and {', '.join(met.red)} turned red" for met in alarms]
    if whole["rate"] < GATE:
        problems.insert(0, f"gate  {_told(whole)} caught, below {GATE:.0%}")
    return Part(
        name="confined",
        items=len(found),
        summary=f"{_told(whole)} of {len(shown)} shown were caught ({rest or 'nothing else'}); "
        f"{len(found)} drawn of {possible} possible, seed {seed}",
        problems=tuple(problems) if counts[Fate.CAUGHT] < len(found) else (),
        data={
            "seed": seed,
            "possible": possible,
            "counts": {fate.value: counts[fate] for fate in Fate},
            "whole": whole,
            "dimensions": by_dimension(shown),
            "sizes": {
                str(size): rate(met for confined, met in shown if len(confined.values) == size)
                for size in sorted({len(confined.values) for confined, _ in shown})
            },
            "why": dict(Counter(met.why for _, met in found if met.why).most_common()),
            "unconfinable": list(never),
            "met": [asdict(met) for _, met in found],
        },
    )


def by_dimension(shown: Iterable[tuple[Confined, Met]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The rate of each value of each dimension; `all` is that of the dimension."""
    groups: dict[tuple[str, str], list[Met]] = defaultdict(list)
    for confined, met in shown:
        for value in confined.values:
            groups[value.dimension, value.value].append(met)
            groups[value.dimension, "all"].append(met)
    return {
        dimension.name: {value: rate(groups[dimension.name, value]) for value in ("all", *dimension.values)}
        for dimension in Situations.load().dimensions.values()
    }


def rate(met: Iterable[Met]) -> dict[str, Any]:
    """How many of them were shown and caught, and the rate with its interval."""
    found = [each.fate for each in met]
    caught = found.count(Fate.CAUGHT)
    low, high = wilson(caught, len(found))
    return {
        "shown": len(found),
        "caught": caught,
        "partly": found.count(Fate.PARTLY),
        "rate": round(caught / len(found), 4) if found else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def _told(of: Mapping[str, Any]) -> str:
    return f"{of['rate']:.1%} ({of['low']:.1%} to {of['high']:.1%})"


def _line(met: Met) -> str:
    got = f"{met.outcome or 'no verdict'}" + (f" ({met.reason})" if met.reason else "")
    others = f"; red: {', '.join(met.red[:5])}" if met.red else ""
    return f"{met.fate}  {met.id}  {met.row} {got}, shown {met.fired} times: {met.why}{others}"
