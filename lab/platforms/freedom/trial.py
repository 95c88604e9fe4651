"""Judge a platform with some legal answers by a part of a run, without reports.

Each trial is a process forked with all modules loaded, and forks the platform.
"""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing import connection

from lab.platforms.freedom.table import ANSWERS, may_warn
from lab.platforms.server import LIMITED_BYTES, serve
from lab.platforms.suite_run import UNHURRIED, credentials, profile_document
from sigmic_conformance.model.record.record import NotRecorded
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.registry import Registry, load
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.planning import in_tier
from sigmic_conformance.run.run import Run
from sigmic_conformance.run.sharding import Shard, share_of
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target.profile import resolve
from sigmic_spec.ledger import Ledger

HEARTBEAT = 3.0
ELSEWHERE = "ISOLATION-013"
"""An example names /workspace; the platform's commands find their files elsewhere: legal, with a warning."""
WHOLE = Shard(1, 1)
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A set of answers, and the part of a run that judges them."""

    seed: int
    answers: tuple[str, ...]
    shard: Shard = WHOLE


@dataclass(frozen=True, kw_only=True)
class Found:
    """The result of a trial: the number of requirements per outcome, and the false alarms with their text."""

    trial: Trial
    outcomes: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def tried(trials: Iterable[Trial], jobs: int) -> Iterator[Found]:
    """Judge platforms, `jobs` in parallel; yield each result when it is complete."""
    ledger = Ledger.load()
    registry = _without_plan(load(ledger.by_id))
    running: list[_Running] = []
    for trial in trials:
        if len(running) == jobs:
            yield from _ended(running)
        running.append(_Running(trial, ledger, registry))
    while running:
        yield from _ended(running)


def _without_plan(registry: Registry) -> Registry:
    """Let sweeps check any traffic, since a part of a run lacks some of the probes of their plan."""
    checks = registry.checks.items()
    return replace(
        registry, checks={row: replace(each, needs=()) if each.anywhere else each for row, each in checks}
    )


class _Running:
    """A process with a trial, and the pipe for its result."""

    def __init__(self, trial: Trial, *more: object) -> None:
        self.trial = trial
        self.result, told = _FORK.Pipe(duplex=False)
        self.process = _FORK.Process(target=_judge, args=(trial, *more, told))
        self.process.start()
        told.close()

    def found(self) -> Found:
        try:
            return self.result.recv()
        except EOFError:
            return Found(trial=self.trial, alarms={"RUN": "errored: the trial ended without a result"})
        finally:
            self.process.join()


def _ended(running: list[_Running]) -> Iterator[Found]:
    """Wait until a trial has ended; remove and yield every trial that has ended."""
    ready = connection.wait([each.result for each in running])
    for each in [each for each in running if each.result in ready]:
        running.remove(each)
        yield each.found()


def _judge(trial: Trial, ledger: Ledger, registry: Registry, told: connection.Connection) -> None:
    began = time.monotonic()
    with _platform([ANSWERS[name].part for name in trial.answers]) as (url, secret):
        document = profile_document(HEARTBEAT, LIMITED_BYTES, patience=UNHURRIED)
        profile, access = resolve(
            document | {"base_url": url, "journeys": "pairs", "tier": "standard"}, environment=secret
        )
        costs = load_costs()
        asked = [
            row
            for row, check in registry.checks.items()
            if in_tier(registry, check, profile, Tier.STANDARD, costs)
        ]
        share = share_of(trial.shard, registry, asked, profile, costs)
        # Rows that need the whole run are judged by the available part.
        rows = (*share.rows, *share.held)
        run = Run(
            profile=profile,
            credentials=access,
            ledger=ledger,
            registry=registry,
            tier=Tier.STANDARD,
            has_journeys=True,
            share=replace(share, rows=rows),
            seed=trial.seed,
        )
        verdicts = {}
        try:
            run.begin(rows)
            for row in rows:
                with contextlib.suppress(NotRecorded):
                    verdicts[row] = run.verdict(row)
        finally:
            run.close()
    legal = may_warn(trial.answers) | {ELSEWHERE}
    told.send(
        Found(
            trial=trial,
            outcomes={
                outcome: sum(each.outcome is outcome for each in verdicts.values()) for outcome in Outcome
            },
            alarms={
                row: f"{each.outcome} {each.reason}: {' '.join(each.observed.split())}"
                for row, each in verdicts.items()
                if each.outcome in (Outcome.FAILED, Outcome.ERRORED)
                or (each.outcome is Outcome.WARNED and row not in legal)
            },
            seconds=time.monotonic() - began,
        )
    )


@contextlib.contextmanager
def _platform(parts: Sequence[type]) -> Iterator[tuple[str, dict[str, str]]]:
    """Run a platform for the length of the block; yield its address and credentials."""
    here, there = _FORK.Pipe()
    process = _FORK.Process(target=_serve, args=(parts, there, here), daemon=True)
    process.start()
    there.close()
    try:
        yield here.recv()
    finally:
        here.close()
        process.join(20)


def _serve(parts: Sequence[type], told: connection.Connection, other: connection.Connection) -> None:
    other.close()
    with serve(*parts, heartbeat=HEARTBEAT, limits=True) as target:
        told.send((target.url, credentials(target)))
        with contextlib.suppress(EOFError):
            told.recv()


def shrunk(answers: Sequence[str], fails: Callable[[tuple[str, ...]], bool]) -> tuple[str, ...]:
    """Return a minimal set of these answers with which a platform still fails, by leaving out halves."""
    kept, size = tuple(answers), max(1, len(answers) // 2)
    while True:
        for begin in range(0, len(kept), size):
            fewer = kept[:begin] + kept[begin + size :]
            if fails(fewer):
                kept = fewer
                break
        else:
            if size == 1:
                return kept
            size = max(1, size // 2)
