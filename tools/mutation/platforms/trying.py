"""Tries one mutant: a server with the mistake, the probes that come to it, cheapest first, until one is seen.

A requirement counts that fails by the traffic of the mutant and not by the same traffic of the unchanged
platform. The right one is of an area of the mutated module (`areas.yaml`). Whoever is detected by another
requirement only goes on; who is not detected at all is compared with the unchanged platform,
answer by answer.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import Any

from sigmic_conformance.conformance.judging.verdict import Outcome, Verdict
from sigmic_conformance.conformance.proof.platform import ControlRefused
from sigmic_conformance.conformance.target.profile import Profile, ProfileError
from sigmic_conformance.conformance.transcript.transcript import Transcript
from tools.mutation.platforms.answers import Answers
from tools.mutation.platforms.copies import Copy
from tools.mutation.platforms.sources import Mutant, Source
from tools.mutation.platforms.traffic import Traffic, unfinished

FIRST = 4
"""Probes of the first batch: most mistakes show at once."""
BATCHES = (8.0, 40.0)
"""The cost up to which the next batches go; the last has the rest."""
TASK_SECONDS = 12.0
ANSWER_SECONDS = 10.0
SLACK_SECONDS = 25.0
HANGING = 0.8
"""Where so many of the probes do not come to their end, more of them would not either."""
SHOWN = 160


class Fate(StrEnum):
    """What became of a mutant, from the worst to be said of the suite to the best."""

    INVALID = "invalid"  # the platform does not start: nobody would ship it
    UNREACHED = "unreached"  # no probe comes to its line
    SAME = "same"  # every answer is one that the unchanged platform gives
    OBSERVED = "observed"  # an answer is another one, and no requirement fails
    OPEN = "open"  # likewise, and a probe did not come to its end: requirements stay unproven
    WARNED = "warned"  # no requirement fails, but one warns
    OTHER = "other"  # a requirement fails, of another area
    RIGHT = "right"  # a requirement of an area of the module fails


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A mutant, and what became of it."""

    mutant: Mapping[str, Any]
    fate: Fate
    failed: Mapping[str, str] = field(default_factory=dict)
    warned: Mapping[str, str] = field(default_factory=dict)
    unfinished: Sequence[str] = ()
    strange: Sequence[str] = ()
    """Where an answer is another one, with what it is."""
    probes: int = 0
    seconds: float = 0.0
    note: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


class Bench:
    """What every trial of a platform needs."""

    def __init__(
        self, source: Source, traffic: Traffic, healthy: Mapping[str, Transcript], answers: Answers
    ) -> None:
        self._source = source
        self._traffic = traffic
        self._healthy = healthy
        self._answers = answers
        self._excused: dict[frozenset[str], frozenset[str]] = {}

    def trial(self, copy: Copy, mutant: Mutant, reached: frozenset[str]) -> Trial:
        """Try it."""
        began = time.monotonic()
        if not reached:
            return Trial(mutant=mutant.told(), fate=Fate.UNREACHED)
        try:
            with copy.changed(mutant.path, mutant.code), copy.served() as (profile, credentials):
                found = self._met(mutant, profile, credentials, reached)
        except (ProfileError, ControlRefused) as problem:
            found = Trial(mutant=mutant.told(), fate=Fate.INVALID, note=str(problem)[:SHOWN])
        return replace(found, seconds=round(time.monotonic() - began, 1))

    def _met(self, mutant: Mutant, profile: Profile, credentials: Any, reached: frozenset[str]) -> Trial:
        areas = set(self._source.areas_of(mutant.path))
        transcripts: dict[str, Transcript] = {}
        red: dict[str, Verdict] = {}
        for batch in self._batches(reached):
            transcripts |= self._recorded(profile, credentials, batch)
            red = self._red(profile, transcripts)
            if any(_fails(each) and row.partition("-")[0] in areas for row, each in red.items()):
                return _trial(mutant, Fate.RIGHT, red, transcripts)
            if len(transcripts) > FIRST and len(unfinished(transcripts)) > HANGING * len(transcripts):
                break
        if any(map(_fails, red.values())):
            return _trial(mutant, Fate.OTHER, red, transcripts)
        if red:
            return _trial(mutant, Fate.WARNED, red, transcripts)
        strange = self._answers.strange(transcripts)
        if strange:
            # What is strange by chance is not so twice.
            names = sorted({probe for probe, _, _ in strange})
            again = self._recorded(profile, credentials, names)
            red = self._red(profile, transcripts | again)
            if any(map(_fails, red.values())):
                right = any(_fails(each) and row.partition("-")[0] in areas for row, each in red.items())
                return _trial(mutant, Fate.RIGHT if right else Fate.OTHER, red, transcripts)
            second = self._answers.strange(again)
            strange = {key: text for key, text in strange.items() if key in second}
        left = [name for name in unfinished(transcripts) if name not in unfinished(self._healthy)]
        fate = Fate.OPEN if left else Fate.OBSERVED if strange else Fate.SAME
        told = [f"{probe}/{label}/{number}: {text}" for (probe, label, number), text in strange.items()]
        return replace(_trial(mutant, fate, red, transcripts), strange=told[:5], unfinished=left[:9])

    def _batches(self, reached: frozenset[str]) -> Iterator[list[str]]:
        """The probes that come to a place, cheapest first; last those that decide together with them."""
        cost = self._traffic.cost
        ordered = sorted(reached & set(cost), key=lambda name: cost[name])
        yield ordered[:FIRST]
        rest = ordered[FIRST:]
        spent = list(accumulate(cost[name] for name in rest))
        begun = 0.0
        for limit in (*BATCHES, float("inf")):
            batch = [name for name, until in zip(rest, spent, strict=True) if begun < until <= limit]
            begun = limit
            if limit == float("inf"):
                batch += sorted(self._traffic.partners(reached))
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

    def _red(self, profile: Profile, transcripts: Mapping[str, Transcript]) -> dict[str, Verdict]:
        """What turned red, less what the same part of a run turns red on the unchanged platform."""
        red = self._traffic.red(profile, transcripts)
        if not red:
            return red
        names = frozenset(transcripts)
        if names not in self._excused:
            part = {name: self._healthy[name] for name in names if name in self._healthy}
            self._excused[names] = frozenset(self._traffic.red(profile, part))
        return {row: each for row, each in red.items() if row not in self._excused[names]}


def _fails(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAILED


def _trial(
    mutant: Mutant, fate: Fate, red: Mapping[str, Verdict], transcripts: Mapping[str, Transcript]
) -> Trial:
    def told(outcome: Outcome) -> dict[str, str]:
        found = {row: each for row, each in red.items() if each.outcome is outcome}
        return {row: f"{each.reason}: {each.observed[:SHOWN]}" for row, each in found.items()}

    return Trial(
        mutant=mutant.told(),
        fate=fate,
        failed=told(Outcome.FAILED),
        warned=told(Outcome.WARNED),
        probes=len(transcripts),
    )
