"""The retries of a run: the traffic of failed rows once more, all of it at the same time."""

from dataclasses import dataclass, field

from sigmic_conformance.checks import Check
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.registry import Registry
from sigmic_conformance.run.engine import Engine
from sigmic_conformance.run.retrial import NOT_RETRIED, Retrial, Retry, retried
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Transcript
from sigmic_spec.requirement import Requirement


@dataclass(slots=True, kw_only=True)
class Retries:
    """Which rows are retried, and the results so far, by ledger id. Nothing is retried before `begin`."""

    plan: Retrial = field(default_factory=Retrial)
    done: dict[str, Retry] = field(default_factory=dict)
    engine: Engine | None = None

    def begin(self, plan: Retrial, engine: Engine, registry: Registry) -> None:
        """Start the probes of the rows to retry."""
        self.plan, self.engine = plan, engine
        engine.start(registry.probes[name] for name in sorted(plan.probes))

    def ready(self, id: str) -> bool:
        """True when the probes of a row's retry are over."""
        return self.engine is None or self.engine.ready(self.plan.rows.get(id, ()))

    def settle(
        self, first: Verdict, check: Check, requirement: Requirement, profile: Profile, *, strict: bool
    ) -> Verdict:
        """The verdict on a row after its retry, if there is one; waits for its probes."""
        probes = self.plan.rows.get(check.id)
        if self.engine is None or probes is None:
            return first
        transcripts = {name: self.engine.transcript(name) for name in probes}
        self.done[check.id], verdict = retried(first, check, requirement, profile, transcripts, strict=strict)
        return verdict

    def words(self, id: str) -> str | None:
        """The result of a row's retry, or why a retry that could clear it was left out; else None."""
        if id in self.done:
            return self.done[id].words
        why = self.plan.left.get(id)
        return f"{NOT_RETRIED}{why}" if why else None

    def transcripts(self) -> dict[str, Transcript]:
        """The transcripts of the retried probes that are over."""
        return self.engine.finished() if self.engine else {}
