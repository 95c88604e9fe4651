"""One exploration: preflight, walks or generated requests, verdicts; the same result format as any run."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from sigmic_conformance.conformance.client.client import Client
from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.explore.judging import SELECTION, verdicts_of
from sigmic_conformance.conformance.explore.observations import observations
from sigmic_conformance.conformance.explore.request_budget import RequestBudget
from sigmic_conformance.conformance.explore.scope import Scope
from sigmic_conformance.conformance.explore.sender import Sender
from sigmic_conformance.conformance.explore.walk import Walk
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.seed import source
from sigmic_conformance.conformance.results.situation_counts import SituationCounts
from sigmic_conformance.conformance.run.evaluation import evaluated, situations_of
from sigmic_conformance.conformance.run.preflight import preflight
from sigmic_conformance.conformance.run.run import Run
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript

TURNS_A_WALK = 3


@dataclass(slots=True, kw_only=True)
class Exploration(Run):
    """A run with random traffic from a seed. `walks` are the transcripts, by name of walk or phase."""

    walks: dict[str, Transcript] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """Errors of the generator, not of the target."""

    def walk(self, *, seed: int, turns: int, seconds: float) -> None:
        """Run random walks and check them; the results are in `verdicts`."""
        if not self._can_begin(f"{SELECTION}, seed {seed}", seed):
            return
        budget = RequestBudget(requests=0, turns=turns, seconds=seconds)
        budget.begin("walks", operations=1)
        self._judge_all(asyncio.run(self._walked(seed, max(1, turns // TURNS_A_WALK), budget)))

    async def _walked(self, seed: int, walks: int, budget: RequestBudget) -> dict[str, Transcript]:
        """Run walks in sequence, until turns or seconds are used up."""
        made: dict[str, Transcript] = {}
        for number in range(1, walks + 1):
            if budget.turns <= 0 or not budget.seconds_left:
                break
            driver = self._driver(f"walk_{number:03}")
            await Walk(driver, source(seed, driver.probe), budget).make()
            made[driver.probe] = Transcript(
                probe=driver.probe, ending=Ending.COMPLETE, exchanges=driver.exchanges()
            )
        return {name: each for name, each in made.items() if each.exchanges}

    def generate(self, *, seed: int, operations: tuple[str, ...], budget: RequestBudget) -> None:
        """Send and check Schemathesis' requests; findings that no row states are in `observations`."""
        from sigmic_conformance.conformance.explore.generation import generate

        if not self._can_begin(f"{SELECTION} --schema, seed {seed}", seed):
            return
        sender = Sender(
            self._driver,
            client=Client.of(self.profile.base_url, self.credentials),
            credentials=self.credentials,
            budget=budget,
            seed=seed,
        )
        scope = Scope(operations=operations, seed=seed)
        try:
            key = self.credentials.api_key
            self.faults = list(generate(scope, self.profile, key, sender=sender, budget=budget))
        finally:
            sender.close()
        self._judge_all(sender.transcripts())
        rows = Record(self.profile, self.walks).derived(evaluated).rows
        breached = {
            (each.exchange.probe, each.exchange.number)
            for row, found in rows.items()
            if row in self.verdicts and self.verdicts[row].outcome.is_violation
            for each in found.breaches
        }
        self.observations = observations(self.walks, self.verdicts, breached)

    def exit_codes(self) -> set[ExitCode]:
        """Those of any run, and that of a failed generator."""
        return Run.exit_codes(self) | ({ExitCode.HARNESS} if self.faults else set())

    def _can_begin(self, selection: str, seed: int) -> bool:
        """Run the preflight; whether the target can be explored."""
        for secret in self.credentials.secrets():
            self._redactor.learn(secret)
        self.selection, self.seed = selection, seed
        client = Client.of(self.profile.base_url, self.credentials)
        self.reachable = asyncio.run(
            preflight(self.profile, self.credentials, redactor=self._redactor, client=client)
        )
        return self.reachable.problem is None

    def _driver(self, probe: str) -> Driver:
        return Driver(
            probe=probe,
            client=Client.of(self.profile.base_url, self.credentials),
            profile=self.profile,
            credentials=self.credentials,
            redactor=self._redactor,
        )

    def _judge_all(self, walks: dict[str, Transcript]) -> None:
        self.walks = walks
        record = Record(self.profile, self.walks)
        self.verdicts = verdicts_of(self.walks, record, self.registry.checks, self.ledger)
        self.selected = frozenset(self.verdicts)

    def transcripts(self, *, waiting: bool = True) -> dict[str, Transcript]:  # noqa: ARG002 - nothing to wait for
        return dict(self.walks)

    def situations(self) -> SituationCounts:
        return situations_of(Record(self.profile, self.walks), self.verdicts)

    def counted(self) -> Mapping[str, int]:
        """How many walks or phases, requests and turns there were."""
        exchanges = [exchange for each in self.walks.values() for exchange in each.exchanges]
        turns = [each for each in exchanges if each.operation in {"create_task", "send_message"} and each.ok]
        kind = "walks" if any(name.startswith("walk_") for name in self.walks) else "phases"
        return {kind: len(self.walks), "requests": len(exchanges), "turns": len(turns)}
