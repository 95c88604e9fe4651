"""Run probes and journeys against a server, and check their recordings."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from lab.prove.confined_part import journeys
from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Unproven, Verdict
from sigmic_conformance.registry import load
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.evaluation import evaluated
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.wire.transcript import Ending, Transcript
from sigmic_spec.ledger import Ledger

SEED = 7
"""Seed of the requests: the same for every server, so that answers can be compared."""
UPLOADS_AT_ONCE = 1
REQUEST_SECONDS = 0.01
BYTES_A_SECOND = 20_000_000
RED = {Outcome.FAILED: "failed", Outcome.WARNED: "warned"}


class Traffic:
    """Every probe and journey that can run against a platform."""

    def __init__(self, profile: Profile) -> None:
        ledger = Ledger.load()
        registry = load(ledger.by_id)
        lives = journeys(profile, SEED)
        self.bench = ProofContext(ledger, registry, threading.Semaphore(UPLOADS_AT_ONCE), beside=lives)
        self.probes: Mapping[str, Probe] = {
            name: probe for name, probe in self.bench.probes.items() if probe.unavailable(profile) is None
        }
        self.cost = {name: _cost(probe, profile) for name, probe in self.probes.items()}

    def record(
        self, profile: Profile, credentials: Credentials, names: Iterable[str]
    ) -> dict[str, Transcript]:
        """Run these in parallel and return their transcripts."""
        return self.bench.record(profile, credentials, sorted(names), seed=SEED)

    def record_of(self, profile: Profile, transcripts: Mapping[str, Transcript]) -> Record:
        """Return a record of these transcripts, as if no other probe had been run."""
        left_out = {name: Transcript(probe=name, ending=Ending.BUDGET) for name in self.bench.registry.probes}
        return Record(profile, left_out | dict(transcripts))

    def red(self, record: Record, first: AbstractSet[str]) -> Iterator[tuple[str, Verdict]]:
        """Yield the requirements that fail or warn on a record; areas in `first` lead."""
        evaluation = record.derived(evaluated)
        checks = self.bench.registry.checks
        for row in sorted(checks, key=lambda each: (each.partition("-")[0] not in first, each)):
            if evaluation.row(row).breaches:
                verdict = self.bench.verdict(row, record)
                if verdict.outcome in RED:
                    yield row, verdict

    def undecided(
        self, record: Record, unchanged: Record, probes: AbstractSet[str], first: AbstractSet[str]
    ) -> dict[str, Verdict]:
        """Return the binding requirements that the unchanged platform's traffic decides, and this does not.

        Only those that need no other probes; areas in `first` lead. Any traffic may decide an `anywhere` one.
        """
        found: dict[str, Verdict] = {}
        for check in sorted(self.bench.checks(probes), key=lambda each: (each.area not in first, each.id)):
            binds = self.bench.ledger.by_id[check.id].binds
            verdict = self.bench.verdict(check.id, record) if binds and not check.anywhere else None
            if verdict is None or not verdict.outcome.is_undecided or verdict.reason == Unproven.TIMING_NOISE:
                continue
            if self.bench.verdict(check.id, unchanged).outcome.proves:
                found[check.id] = verdict
        return found

    def reads_lists(self, row: str) -> bool:
        """Return True for a requirement whose check reads lists of tasks."""
        return any("list_tasks" in clause.on for clause in self.bench.registry.checks[row].clauses)

    def is_bulk(self, name: str) -> bool:
        """Return True for a probe that sends hundreds of megabytes."""
        return self.probes[name].concurrency is Concurrency.BULK

    def partners(self, names: Iterable[str]) -> set[str]:
        """Return the other probes of requirements that need several."""
        there = set(names)
        return {
            other
            for check in self.bench.registry.checks.values()
            if check.is_of_the_run and not check.anywhere and there & set(check.needs)
            for other in check.needs
            if other in self.probes
        } - there


def _cost(probe: Probe, profile: Profile) -> float:
    """Estimate how many seconds this machine is busy with a probe."""
    known = load_costs().of(probe.name)
    if known is None:
        return probe.seconds(profile)
    return 0.3 * probe.seconds(profile) + REQUEST_SECONDS * known.requests + known.bytes / BYTES_A_SECOND


def unfinished(transcripts: Mapping[str, Transcript]) -> list[str]:
    """Return the probes that did not complete."""
    return sorted(name for name, each in transcripts.items() if each.ending is not Ending.COMPLETE)
