"""One trial: a few probes against one target, and every row that can be checked with their transcripts."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.engine import Engine
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.probe import Probe
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.ledger import Ledger

UPLOADS_AT_ONCE = 2

Status = tuple[Outcome, str | None]
"""The short form of a verdict: outcome and reason code."""


@dataclass(frozen=True, slots=True)
class ProofContext:
    """Shared by all trials: the ledger, probes and checks, and a limit of parallel bulk uploads."""

    ledger: Ledger
    registry: Registry
    uploads: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(UPLOADS_AT_ONCE))
    beside: Mapping[str, Probe] = field(default_factory=dict)
    """Probes that are not registered, such as journeys."""

    @property
    def probes(self) -> Mapping[str, Probe]:
        """Every probe that a trial may run."""
        return {**self.registry.probes, **self.beside}

    def probe(self, name: str) -> Probe:
        """The probe of this name."""
        return self.beside.get(name) or self.registry.probes[name]

    def record(
        self, profile: Profile, credentials: Credentials, probes: Iterable[str], *, seed: int | None = None
    ) -> dict[str, Transcript]:
        """Run the probes and return their transcripts; every probe has a deadline.

        Without a `seed`, each call draws its own.
        """
        engine = Engine(
            profile,
            credentials,
            redactor=Redactor(credentials.secrets()),
            make_client=lambda: Client(profile.base_url),
            seed=seed,
            bulk_turns=self.uploads,
        )
        try:
            engine.start(map(self.probe, probes))
            return engine.transcripts()
        finally:
            engine.close()

    def verdicts(
        self,
        profile: Profile,
        transcripts: Mapping[str, Transcript],
        rows: Iterable[str] | None = None,
    ) -> dict[str, Verdict]:
        """Check these rows, by default every row whose probes have all run."""
        record = Record(profile, transcripts)
        checks = self.checks(transcripts) if rows is None else [self.registry.checks[row] for row in rows]
        return {check.id: self.verdict(check.id, record) for check in checks}

    def verdict(self, row: str, record: Record) -> Verdict:
        """Check one row."""
        check, requirement = self.registry.checks[row], self.ledger.by_id[row]
        return adjudicate(check, requirement, record)

    def checks(self, probes: Iterable[str]) -> list[Check]:
        """The checks that need no other probes than these."""
        there = set(probes)
        return [check for check in self.registry.checks.values() if there.issuperset(check.needs)]


def status(verdict: Verdict) -> Status:
    """Outcome and reason of a verdict."""
    return verdict.outcome, verdict.reason


def changes(before: Mapping[str, Verdict], after: Mapping[str, Verdict]) -> dict[str, tuple[Status, Status]]:
    """The rows whose status changed: the old status and the new one."""
    return {
        row: (status(before[row]), status(verdict))
        for row, verdict in after.items()
        if row in before and status(before[row]) != status(verdict)
    }
