"""The part `canaries`: dead, hanging and foreign servers, in parallel; no row may pass on any of them."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from lab.prove.canary_servers import CANARIES, canary
from lab.prove.healthy_baseline import HealthyBaseline
from lab.prove.mock_pool import MockPool
from lab.prove.part import Part, ProofOptions, matches
from lab.prove.trial import ProofContext
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.run.run import Run
from sigmic_conformance.target.profile import Credentials, Profile

MOST_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """Result of a run against one canary server."""

    name: str
    exit_code: int
    passed: int
    errored: int
    problem: str
    seconds: float

    @property
    def sound(self) -> bool:
        """True if nothing passed, the exit code is right, and it ended in time."""
        refused = self.exit_code == ExitCode.UNREACHABLE and not self.passed and not self.errored
        return refused and self.seconds <= MOST_SECONDS


def canaries_part(bench: ProofContext, _: MockPool, __: HealthyBaseline, plan: ProofOptions) -> Part:
    """Run all rows against every canary."""
    names = [name for name in CANARIES if matches(plan.only, name)]
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        runs = list(pool.map(lambda name: run_canary(bench, name), names))
    return Part(
        name="canaries",
        summary=f"{sum(run.sound for run in runs)} of {len(runs)} pass nothing, exit 12, in time",
        problems=tuple(
            f"canary  {run.name}: {run.passed} passed, exit {run.exit_code}, {run.seconds} s"
            for run in runs
            if not run.sound
        ),
        items=len(runs),
        data={"canaries": [asdict(run) for run in runs]},
    )


def run_canary(bench: ProofContext, name: str) -> CanaryRun:
    """One run against one canary server, as with `run --target`."""
    began = time.monotonic()
    credentials = Credentials(api_key=f"sigmic_{secrets.token_hex(32)}")
    with canary(CANARIES[name]) as url:
        run = Run(
            profile=Profile(base_url=url),
            credentials=credentials,
            ledger=bench.ledger,
            registry=bench.registry,
        )
        run.begin(bench.registry.checks)
        try:
            outcomes = [run.verdict(row).outcome for row in bench.registry.checks]
        finally:
            run.close()
    return CanaryRun(
        name=name,
        exit_code=int(run.exit_code()),
        passed=outcomes.count(Outcome.PASSED),
        errored=outcomes.count(Outcome.ERRORED),
        problem=(run.reachable.problem if run.reachable else None) or "",
        seconds=round(time.monotonic() - began, 1),
    )
