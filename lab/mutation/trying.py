"""Try one mutant: start a server with the mistake, and run the probes that execute it until one detects it.

A requirement counts if it fails on the traffic of the mutant, but not on the same traffic of the unchanged
platform. The right one is of an area of the mutated module (`areas.yaml`). If only another one detects the
mutant, more probes run; if none does, its answers are compared with those of the unchanged platform, one
by one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import Any

from lab.mutation.answers import Answers, Key
from lab.mutation.copies import Copy
from lab.mutation.sources import Mutant, Source
from lab.mutation.traffic import RED, Traffic, unfinished
from lab.prove.confined_part import TELLING
from lab.prove.platform import ControlRefused
from lab.prove.violations import TIMING
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.target.profile import Profile, ProfileError
from sigmic_conformance.wire.transcript import Transcript

FIRST = 4
"""Number of probes in the first batch: most mistakes are detected immediately."""
MANY = 40
AGAIN = 10
"""Number of probes that are repeated if an answer was different."""
BATCHES = (8.0, 40.0, 100.0)
"""Cumulative cost of the next batches. More probes are not tried, even if they execute the place."""
TASK_SECONDS = 8.0
ANSWER_SECONDS = 10.0
SLACK_SECONDS = 20.0
HANGING = 0.8
"""If this share of the probes does not complete, the remaining ones would not either: only some are tried."""
SHOWN = 160


class Fate(StrEnum):
    """Result of a mutant, from the worst for the suite to the best."""

    INVALID = "invalid"  # the platform does not start: no developer would ship it
    UNREACHED = "unreached"  # no probe executes its line
    SAME = "same"  # every answer is one that the unchanged platform also gives
    OBSERVED = "observed"  # an answer differs, and no requirement fails
    WARNED = "warned"  # no requirement fails, but one warns
    ELSEWHERE = "elsewhere"  # no requirement fails, but one of another area is unproven (exit code 10)
    UNPROVEN = "unproven"  # no requirement fails, but one of an area of the module is unproven
    OTHER = "other"  # a requirement fails, of another area
    RIGHT = "right"  # a requirement of an area of the module fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A mutant and its result."""

    mutant: Mapping[str, Any]
    fate: Fate
    failed: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, str] = field(default_factory=dict)
    unproven: Mapping[str, str] = field(default_factory=dict)
    strange: Sequence[str] = ()
    """Probes with a different answer, and that answer."""
    probes: int = 0
    seconds: float = 0.0
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)


class Bench:
    """Shared state of all trials of a platform."""

    def __init__(
        self, source: Source, traffic: Traffic, healthy: Mapping[str, Transcript], answers: Answers
    ) -> None:
        self._source = source
        self._traffic = traffic
        self._healthy = healthy
        self._answers = answers
        self._unchanged: dict[frozenset[str], Record] = {}

    def trial(self, copy: Copy, mutant: Mutant, reached: frozenset[str]) -> Trial:
        """Try a mutant."""
        began = time.monotonic()
        if not reached:
            return Trial(mutant=mutant.as_json(), fate=Fate.UNREACHED)
        try:
            with copy.changed(mutant.path, mutant.code):
                found, strange = self._met(copy, mutant, reached)
            if found.fate is Fate.OBSERVED and not (strange := self._not_by_chance(copy, strange)):
                found = replace(found, fate=Fate.SAME)
            told = [f"{probe}/{label}: {text}" for (probe, label), text in strange.items()]
            found = replace(found, strange=told[:5])
        except (ProfileError, ControlRefused) as problem:
            found = Trial(mutant=mutant.as_json(), fate=Fate.INVALID, note=str(problem)[:SHOWN])
        return replace(found, seconds=round(time.monotonic() - began, 1))

    def _met(self, copy: Copy, mutant: Mutant, reached: frozenset[str]) -> tuple[Trial, Mapping[Key, str]]:
        """Return the result, and the answers that differ twice."""
        areas = set(self._source.areas_of(mutant.path))
        transcripts: dict[str, Transcript] = {}
        strange: dict[Key, str] = {}
        red: dict[str, Verdict] = {}
        with copy.served() as (profile, credentials):
            for batch in self._batches(reached):
                recorded = self._recorded(profile, credentials, batch)
                transcripts |= recorded
                strange |= (fresh := self._answers.strange(recorded))
                judged = _to_judge(recorded, fresh, lists="LIST" in areas)
                red |= self._red(profile, transcripts, judged, areas)
                if _is_right(red, areas):
                    return _trial(mutant, Fate.RIGHT, red, transcripts), {}
                if len(unfinished(transcripts)) > HANGING * len(transcripts):
                    break
        if not red:
            red = self._red(profile, transcripts, transcripts.keys(), areas)
        left = set(unfinished(transcripts)) - set(unfinished(self._healthy))
        undecided: dict[str, Verdict] = {}
        if strange or left:
            hangs = len(left) > HANGING * len(transcripts)
            again = self._again(copy, reached if hangs else {probe for probe, _ in strange} | left)
            second = self._answers.strange(again)
            red |= self._red(profile, again, set(again), areas)
            strange = {key: text for key, text in strange.items() if key in second}
            if not any(map(_fails, red.values())):
                undecided = self._undecided(profile, transcripts, again, areas)
        fate = _fate(red, undecided, strange, areas)
        return _trial(mutant, fate, red | undecided, transcripts), strange

    def _not_by_chance(self, copy: Copy, strange: Mapping[Key, str]) -> Mapping[Key, str]:
        """Return the answers that the unchanged platform does not give now: a busy machine changes some."""
        here = self._answers.strange(self._again(copy, {probe for probe, _ in strange}))
        return {key: text for key, text in strange.items() if key not in here}

    def _again(self, copy: Copy, names: AbstractSet[str]) -> dict[str, Transcript]:
        """Repeat the probes on a new server, which excludes chance results.

        Also run the probes that some requirements need in addition.
        """
        some = self._cheapest(names)
        with copy.served() as (profile, credentials):
            return self._recorded(profile, credentials, sorted(some | self._traffic.partners(some)))

    def _cheapest(self, names: AbstractSet[str]) -> set[str]:
        return set(sorted(names, key=lambda name: self._traffic.cost[name])[:AGAIN])

    def _batches(self, reached: frozenset[str]) -> Iterator[list[str]]:
        """Yield the probes that execute a place, cheapest first; no bulk uploads if many other probes do."""
        cost = self._traffic.cost
        ordered = sorted(reached & set(cost), key=lambda name: cost[name])
        if len(ordered) > MANY:
            ordered = [name for name in ordered if not self._traffic.is_bulk(name)]
        yield ordered[:FIRST]
        rest = ordered[FIRST:]
        spent = list(accumulate(cost[name] for name in rest))
        begun = 0.0
        for limit in BATCHES:
            batch = [name for name, until in zip(rest, spent, strict=True) if begun < until <= limit]
            begun = limit
            if batch:
                yield batch

    def _recorded(self, profile: Profile, credentials: Any, batch: Sequence[str]) -> dict[str, Transcript]:
        longest = max(self._traffic.probes[name].seconds(profile) for name in batch)
        hurried = replace(
            profile,
            task_seconds=TASK_SECONDS,
            answer_seconds=ANSWER_SECONDS,
            wall_seconds=longest + SLACK_SECONDS,
        )
        return self._traffic.record(hurried, credentials, batch)

    def _red(
        self,
        profile: Profile,
        transcripts: Mapping[str, Transcript],
        judged: AbstractSet[str],
        areas: AbstractSet[str],
    ) -> dict[str, Verdict]:
        """Return the rows that fail or warn on the judged probes, and also on all recordings of this server.

        Without those that do so for the same part of a run on the unchanged platform.
        """
        part = {name: each for name, each in transcripts.items() if name in judged}
        whole = self._traffic.record_of(profile, transcripts)
        record = self._traffic.record_of(profile, part)
        red: dict[str, Verdict] = {}
        for row, _ in self._traffic.red(record, areas) if part else ():
            verdict = self._traffic.bench.verdict(row, whole)
            if verdict.outcome in RED and not self._excuses(profile, frozenset(transcripts), row):
                red[row] = verdict
            if _is_right(red, areas):
                break
        return red

    def _undecided(
        self,
        profile: Profile,
        first: Mapping[str, Transcript],
        again: Mapping[str, Transcript],
        areas: AbstractSet[str],
    ) -> dict[str, Verdict]:
        """Return the rows that hold on the unchanged platform, and that neither recording decides."""
        there = {name: self._healthy[name] for name in again if name in self._healthy}
        record, unchanged = (self._traffic.record_of(profile, each) for each in (again, there))
        found = self._traffic.undecided(record, unchanged, there.keys(), areas)
        whole = self._traffic.record_of(profile, first)
        verdicts = {row: (each, self._traffic.bench.verdict(row, whole)) for row, each in found.items()}
        return {row: each for row, (each, other) in verdicts.items() if not other.outcome.proves}

    def _excuses(self, profile: Profile, part: frozenset[str], row: str) -> bool:
        """Return whether a requirement fails or warns for the same part of a run on the unchanged platform.

        A list has the tasks of all probes, so it shows nothing about a part.
        """
        if self._traffic.reads_lists(row):
            return False
        if part not in self._unchanged:
            self._unchanged.clear()
            there = {name: self._healthy[name] for name in part if name in self._healthy}
            self._unchanged[part] = self._traffic.record_of(profile, there)
        return self._traffic.bench.verdict(row, self._unchanged[part]).outcome in RED


def _to_judge(
    recorded: Mapping[str, Transcript], strange: Mapping[Key, str], *, lists: bool
) -> AbstractSet[str]:
    """Return the probes with a different answer, those that measure time, and with `lists` those that list.

    The others rarely make a requirement fail that holds on the unchanged platform: times are not compared.
    They are judged only if these show nothing.
    """
    found = {probe for probe, _ in strange} | {*unfinished(recorded), *TIMING, *TELLING}
    if not lists:
        return found
    listing = {
        name for name, each in recorded.items() if any(e.operation == "list_tasks" for e in each.exchanges)
    }
    return found | listing


def _fate(
    red: Mapping[str, Verdict],
    undecided: Mapping[str, Verdict],
    strange: Mapping[Key, str],
    areas: AbstractSet[str],
) -> Fate:
    if any(map(_fails, red.values())):
        return Fate.RIGHT if _is_right(red, areas) else Fate.OTHER
    if undecided:
        is_own = any(row.partition("-")[0] in areas for row in undecided)
        return Fate.UNPROVEN if is_own else Fate.ELSEWHERE
    return Fate.WARNED if red else Fate.OBSERVED if strange else Fate.SAME


def _is_right(red: Mapping[str, Verdict], areas: AbstractSet[str]) -> bool:
    return any(_fails(each) and row.partition("-")[0] in areas for row, each in red.items())


def _fails(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAILED


def _trial(
    mutant: Mutant, fate: Fate, red: Mapping[str, Verdict], transcripts: Mapping[str, Transcript]
) -> Trial:
    def told(*outcomes: Outcome) -> dict[str, str]:
        found = {row: each for row, each in red.items() if each.outcome in outcomes}
        return {row: f"{each.reason}: {each.observed[:SHOWN]}" for row, each in found.items()}

    return Trial(
        mutant=mutant.as_json(),
        fate=fate,
        failed=told(Outcome.FAILED),
        warned=told(Outcome.WARNED),
        unproven=told(Outcome.BLOCKED, Outcome.INCONCLUSIVE),
        probes=len(transcripts),
    )
