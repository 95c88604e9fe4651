"""One run: preflight, probes, verdicts, and the exit code that follows from them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sigmic_conformance.checks import Check
from sigmic_conformance.exit_codes import ExitCode, most_severe
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome, Verdict, blocked
from sigmic_conformance.registry import Registry
from sigmic_conformance.results.baseline import Entry
from sigmic_conformance.results.causes import AWAY
from sigmic_conformance.results.choice import TargetChoice
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.choices import choices_of
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.engine import Engine, Progress
from sigmic_conformance.run.evaluation import situations_of
from sigmic_conformance.run.gate import Gate
from sigmic_conformance.run.planning import Plan, make_plan
from sigmic_conformance.run.preflight import Preflight, preflight
from sigmic_conformance.run.retrial import LEAST_SECONDS, PART, can_clear, plan_retrial
from sigmic_conformance.run.retries import Retries
from sigmic_conformance.run.sharding import Share, shared
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.run.turn_times import MEASUREMENT, TurnTimes, adapted, is_worth_it, measure
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.budget import Budget, Spending
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.seed import SEED_LIMIT, new_seed
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import PREFLIGHT, Ending, Exchange, Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural


@dataclass(slots=True, kw_only=True)
class Run:
    """A run against one target: `begin` starts the traffic, `verdict` waits for what a row needs."""

    profile: Profile
    credentials: Credentials
    ledger: Ledger
    registry: Registry
    strict: bool = False
    pin: str | None = None
    """The ledger version of the gate; `ledger` is pinned to it. None for all rows."""
    selection: str | None = None
    """The expression that selected rows; None for a run over all of them."""
    tier: Tier = Tier.FULL
    unselected: tuple[str, ...] = ()
    """Rows that were requested but that the tier leaves out."""
    has_journeys: bool = False
    """Whether journeys run as well; their traffic is for all rows, so a run of chosen rows has none."""
    share: Share | None = None
    """This shard's share of a run that is divided over several machines; None for a whole run."""
    seed: int = field(default_factory=new_seed)
    plan: Plan | None = None
    baseline: tuple[Entry, ...] = ()
    selected: frozenset[str] = frozenset()
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    tries_again: bool = False
    """Whether failed rows that a retry can clear are retried before the run turns red."""
    retries: Retries = field(default_factory=Retries)
    reachable: Preflight | None = None
    turn_times: TurnTimes | None = None
    """What was measured of the target's turns, if that was worth it."""
    _budget: Budget | None = None
    _measured: tuple[Exchange, ...] = ()
    _engine: Engine | None = None
    _decoded: dict[tuple[str, int], Stream] = field(default_factory=dict)
    _everything: Record | None = None
    _redactor: Redactor = field(default_factory=Redactor)

    def begin(self, ids: Iterable[str]) -> None:
        """Run the preflight; then start every probe that the rows need."""
        ids = list(ids)
        self.selected = frozenset(ids)
        for secret in self.credentials.secrets():
            self._redactor.learn(secret)
        self.reachable = asyncio.run(
            preflight(
                self.profile,
                self.credentials,
                redactor=self._redactor,
                client=Client.of(self.profile.base_url, self.credentials),
            )
        )
        if self.reachable.problem is not None:
            return
        self.profile = replace(self.profile, found=self.reachable.found)
        asked = self.share.asked if self.share else ids
        probes = self.registry.probes_for(self.registry.checks[row] for row in asked)
        self.plan = self.planned(asked)
        if self.share is None and is_worth_it(self.plan, self.profile):
            # Shards must have one plan, so they do not measure.
            self._measure()
            self.plan = self.planned(asked)
        self._engine = self._make_engine(self.profile, self.seed, self._budget)
        self._engine.reachability.usual = self.reachable.sign
        if self.share is not None:
            self.plan = shared(self.plan, self.share, self.profile)
            probes = [each for each in probes if each.name in self.share.probes]
        journeys = [each.probe for each in self.plan.probes if each.probe.name not in self.registry.probes]
        self._engine.start([*probes, *journeys], left_out=self.plan.left_out, seconds=self.plan.seconds)

    def _measure(self) -> None:
        """Measure the target's turns, and adapt the profile to them."""
        self._budget = Budget(turns=self.profile.model_turns, bytes=self.profile.upload_bytes)
        driver = Driver(
            probe=MEASUREMENT,
            client=Client.of(self.profile.base_url, self.credentials),
            profile=self.profile,
            credentials=self.credentials,
            redactor=self._redactor,
            budget=self._budget,
        )
        self.turn_times = asyncio.run(measure(driver))
        self._measured = driver.exchanges()
        if self.turn_times is not None:
            self.profile = adapted(self.profile, self.turn_times)

    def _make_engine(self, profile: Profile, seed: int, budget: Budget | None = None) -> Engine:
        return Engine(
            profile,
            self.credentials,
            redactor=self._redactor,
            make_client=lambda: Client.of(profile.base_url, self.credentials),
            seed=seed,
            budget=budget,
        )

    def planned(self, ids: Iterable[str]) -> Plan:
        """The plan and cost of checking these rows; rows beyond the tier must already be removed."""
        return make_plan(
            self.registry,
            self.profile,
            ids,
            tier=self.tier,
            costs=load_costs(),
            journeys_seed=self.seed if self.has_journeys else None,
        )

    @property
    def problem(self) -> str | None:
        """Why the target cannot be tested, or not to the end; None if it can."""
        if self.reachable is not None and self.reachable.problem is not None:
            return self.reachable.problem
        gone = self._engine.reachability.gone if self._engine else None
        return gone.words if gone else None

    @property
    def spending(self) -> Spending:
        """Turns of the model and bytes that were spent so far."""
        budget = self._engine.budget if self._engine else self._budget
        return budget.spending if budget else Spending(0, 0)

    def seconds(self, id: str) -> float:
        """When a row's verdict is expected, in seconds after the start; some rows wait for all probes."""
        check = self.registry.checks[id]
        longest = max(self.registry.probes[name].seconds(self.profile) for name in check.needs)
        return longest + (1e6 if check.reads_whole_run else 0)

    def ready(self, id: str) -> bool:
        """True when the verdict on a row needs no more waiting."""
        if self._engine is None:
            return True
        check = self.registry.checks[id]
        return self._engine.ready(None if check.reads_whole_run else check.needs)

    def progress(self) -> Progress:
        """What is being waited for."""
        engine = self.retries.engine or self._engine
        return engine.progress() if engine else Progress((), 0, 0)

    def is_retried(self, id: str) -> bool:
        """True for a failed row that a retry can clear and that no baseline excuses."""
        failed = self.verdict(id).outcome is Outcome.FAILED and can_clear(self.ledger.by_id[id].kind)
        return self.tries_again and self.problem is None and failed and not self.gate.excuses(id)

    def retry(self) -> None:
        """Repeat the traffic of the rows to retry. A second call does nothing.

        Nonces are drawn again: the target remembers those of the run.
        """
        if self._engine is None or self.plan is None or self.retries.engine is not None:
            return
        failed = {row: verdict for row, verdict in self.verdicts.items() if self.is_retried(row)}
        seconds = min(self._engine.left(), max(LEAST_SECONDS, PART * self.plan.seconds))
        plan = plan_retrial(failed, self.registry, self.profile, load_costs(), seconds=seconds)
        rest = replace(self.profile, wall_seconds=seconds)
        engine = self._make_engine(rest, (self.seed + 1) % SEED_LIMIT, self._engine.budget)
        self.retries.begin(plan, engine, self.registry)

    def settle(self, id: str) -> None:
        """Apply the retry of a row to its verdict; waits for its probes."""
        check, requirement = self.registry.checks[id], self.ledger.by_id[id]
        self.verdicts[id] = self.retries.settle(
            self.verdicts[id], check, requirement, self.profile, strict=self.strict
        )

    def verdict(self, id: str) -> Verdict:
        """The verdict on a row; waits for its probes, which all have deadlines."""
        if id not in self.verdicts:
            self.verdicts[id] = self._check(self.registry.checks[id])
        return self.verdicts[id]

    def transcripts(self, *, waiting: bool = True) -> dict[str, Transcript]:
        """The transcripts of all probes that were started, and of the preflight.

        Without `waiting`, only of those that are over: an interrupted run does not wait.
        """
        found: dict[str, Transcript] = {}
        if self._engine is not None:
            found = self._engine.transcripts() if waiting else self._engine.finished()
        if self.reachable is not None:
            found[PREFLIGHT] = Transcript(
                probe=PREFLIGHT,
                ending=Ending.COMPLETE,
                detail=self.reachable.problem or "",
                exchanges=self.reachable.exchanges,
                facts={AWAY: away} if (away := self._absences()) else {},
            )
        if self._measured:
            found[MEASUREMENT] = Transcript(
                probe=MEASUREMENT, ending=Ending.COMPLETE, exchanges=self._measured
            )
        return found

    def _absences(self) -> list[str]:
        """The absences of the target, as text, with the number of repeated probes."""
        return [
            f"{absence.words}; {plural(len(engine.repeated), 'probe')} repeated"
            for engine in self._engines()
            for absence in engine.reachability.absences
        ]

    def _engines(self) -> list[Engine]:
        """Those of the run and of its retries, if they were started."""
        return [engine for engine in (self._engine, self.retries.engine) if engine is not None]

    def close(self) -> None:
        """End the engines."""
        for engine in self._engines():
            engine.close()

    @property
    def gate(self) -> Gate:
        """What the verdicts so far mean for a gate."""
        return Gate(
            verdicts=self.verdicts,
            ledger=self.ledger,
            registry=self.registry,
            baseline=self.baseline,
            target=self.profile.base_url,
            today=self.started_at.date(),
            selected=self.selected if self.selection else None,
            is_shard=self.share is not None,
        )

    def exit_codes(self) -> set[ExitCode]:
        """Every exit code that applies so far."""
        found = self.gate.exit_codes()
        if self.problem is not None:
            found.add(ExitCode.UNREACHABLE)
        if self._engine is not None and self._engine.out_of_budget:
            found.add(ExitCode.BUDGET)
        return found

    def exit_code(self) -> ExitCode:
        """The exit code with the highest precedence."""
        return most_severe(self.exit_codes())

    def _check(self, check: Check) -> Verdict:
        if self._engine is None:
            problem = self.reachable.problem if self.reachable else "the run has not started"
            return blocked(str(problem))
        if check.reads_whole_run:
            record = self._whole(self._engine)
        else:
            needed = {name: self._engine.transcript(name) for name in check.needs}
            record = Record(self.profile, needed, self._decoded)
        return adjudicate(check, self.ledger.by_id[check.id], record, strict=self.strict)

    def choices(self) -> tuple[TargetChoice, ...]:
        """What the target does where no page says anything; empty for a cancelled run."""
        if self._engine is None or not self._engine.ready():
            return ()
        return choices_of(self._whole(self._engine), self.ledger, self.verdicts)

    def situations(self) -> SituationCounts:
        """In which situations each row was checked: by its invariants, and by what its check cites.

        Empty for a cancelled run: its probes may still need much time.
        """
        if self._engine is None or not self._engine.ready():
            return SituationCounts({})
        return situations_of(self._whole(self._engine), self.verdicts)

    def _whole(self, engine: Engine) -> Record:
        """The record of everything, the same for all checks; waits for all probes."""
        if self._everything is None:
            self._everything = Record(self.profile, engine.transcripts(), self._decoded)
        return self._everything
