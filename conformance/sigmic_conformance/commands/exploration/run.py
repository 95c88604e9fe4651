"""One exploration: preflight, generated requests, verdicts; the same result format as any run."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sigmic_conformance.commands.exploration.scope import TASK, Drawn
from sigmic_conformance.commands.exploration.verdicts import SELECTION, set_aside, verdicts_of
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.results.choice import TargetChoice
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.run.choices import choices_of
from sigmic_conformance.run.evaluation import situations_of
from sigmic_conformance.run.preflight import preflight
from sigmic_conformance.run.run import Run
from sigmic_conformance.traffic.budget import TURN_OPERATIONS, Budget, Spent
from sigmic_conformance.traffic.callers import NOBODY
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import ReadOnly, Throttled
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.seed import source
from sigmic_conformance.wire.bodies import as_json
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.transcript import Closed, Ending, Transcript

PROBE = "explore"
LISTENING_SECONDS = 0.5
GONE_AFTER = 3
"""After this number of requests in a row without a connection, each retried, the target is lost."""


@dataclass(slots=True, kw_only=True)
class Exploration(Run):
    """A run with generated traffic; `recorded` has what was sent, by the name of its transcript."""

    recorded: dict[str, Transcript] = field(default_factory=dict)

    def explore(
        self, operations: Sequence[str], *, seed: int, requests: int, turns: int, seconds: float
    ) -> None:
        """Draw requests, send them as far as turns and seconds allow, and check all answers.

        Raises ModuleNotFoundError before any request without the extra, and Refused if none can be drawn.
        """
        from sigmic_conformance.commands.exploration.generation import drawn

        if not self._can_begin(seed):
            return
        try:
            cases = drawn(self.profile, self.credentials, operations, seed=self.seed, number=requests)
        except Exception as error:
            told = f"Schemathesis drew no requests: {type(error).__name__}: {error}"
            raise Refused(told, ExitCode.HARNESS) from error
        self._budget = Budget(turns=turns, bytes=self.profile.upload_bytes)
        driver = Driver(
            probe=PROBE,
            client=Client.of(self.profile.base_url, self.credentials),
            profile=self.profile,
            credentials=self.credentials,
            redactor=self._redactor,
            budget=self._budget,
        )
        gone = asyncio.run(self._send(driver, cases, seconds))
        exchanges = set_aside(driver.exchanges(), {each.label for each in cases if not each.is_valid})
        traffic = Transcript(probe=PROBE, ending=Ending.COMPLETE, exchanges=exchanges, facts={"gone": gone})
        self._conclude({PROBE: traffic})

    def _conclude(self, recorded: dict[str, Transcript]) -> None:
        """Check what was recorded."""
        self.recorded = recorded
        self.verdicts = self._verdicts(recorded)
        self.selected = frozenset(self.verdicts)

    def _verdicts(self, recorded: Mapping[str, Transcript]) -> dict[str, Verdict]:
        record = Record(self.profile, recorded)
        return verdicts_of(recorded, record, self.registry.checks, self.ledger)

    def _can_begin(self, seed: int) -> bool:
        """Run the preflight; whether the target can be explored."""
        for secret in self.credentials.secrets():
            self._redactor.learn(secret)
        self.selection, self.seed = f"{SELECTION}, seed {seed}", seed
        client = Client.of(self.profile.base_url, self.credentials)
        self.reachable = asyncio.run(
            preflight(self.profile, self.credentials, redactor=self._redactor, client=client)
        )
        return self.problem is None

    async def _send(self, driver: Driver, requests: Sequence[Drawn], seconds: float) -> bool:
        """Send until time or requests end; True if the target stopped accepting connections."""
        chance, unanswered = source(self.seed, "tasks"), 0
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                with suppress(ReadOnly, Spent, Throttled):
                    await driver.call("create_task", label="a task", body=as_json({"message": EASY}))
                for each in requests:
                    for secret in each.secrets:
                        driver.redactor.learn(secret)
                    task = chance.choice([*driver.created] or [TASK])
                    with suppress(ReadOnly, Spent, Throttled):
                        closed = await self._ask(driver, each, task)
                        unanswered = unanswered + 1 if closed is Closed.REFUSED else 0
                    if unanswered >= GONE_AFTER:
                        break
        driver.finish()
        return unanswered >= GONE_AFTER

    async def _ask(self, driver: Driver, drawn: Drawn, task: str) -> Closed:
        """Send one request about a task; how its connection ended. A stream is left after a moment."""
        caller = driver.owner if drawn.is_signed else NOBODY
        if drawn.operation == "stream_task" and TASK in drawn.target:
            live = await driver.open_stream(task, label=drawn.label, caller=caller, headers=drawn.headers)
            await live.end(LISTENING_SECONDS)
            live.hang_up()
            return live.record().closed
        exchange = await driver.request(
            drawn.method,
            drawn.target.replace(TASK, task),
            operation=drawn.operation,
            label=drawn.label,
            caller=caller,
            headers=drawn.headers,
            body=drawn.body,
        )
        return exchange.closed

    def transcripts(self, *, waiting: bool = True) -> dict[str, Transcript]:  # noqa: ARG002 - nothing to wait for
        return self.recorded

    def choices(self) -> tuple[TargetChoice, ...]:
        return choices_of(Record(self.profile, self.transcripts()), self.ledger, self.verdicts)

    def situations(self) -> SituationCounts:
        return situations_of(Record(self.profile, self.transcripts()), self.verdicts)

    def counted(self) -> Mapping[str, int]:
        """How many requests and turns there were."""
        exchanges = [exchange for each in self.recorded.values() for exchange in each.exchanges]
        turns = Counter(each.operation in TURN_OPERATIONS and each.ok for each in exchanges)
        return {"requests": len(exchanges), "turns": turns[True]}
