"""Runs probes: in parallel as far as concurrency allows, longest window first, each with a deadline.

One event loop in a separate thread serves everything that measures time; bulk uploads have another, so that a
gigabyte upload does not delay a heartbeat's arrival. Callers wait on futures and never touch a loop.
"""

import asyncio
import contextlib
import threading
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from sigmic_conformance.run.planning import width
from sigmic_conformance.run.reachability import AWAY_SECONDS, ReachabilityMonitor, Sign, sign_of
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.budget import Budget, Spent
from sigmic_conformance.traffic.conduct import Conduct
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import HeldBack, Interrupted, Missed, ReadOnly, Throttled
from sigmic_conformance.traffic.leftovers import end_leftovers
from sigmic_conformance.traffic.loop_thread import LoopThread
from sigmic_conformance.traffic.pace import Pace
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.traffic.seed import draw_from, new_seed, source
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Ending, Transcript

ASKING = Bounds(connect=4.0, head=5.0, total=6.0, body=1 << 20)
ASKING_AGAIN_SECONDS = 0.4
TICK_SECONDS = 0.02
GRACE_SECONDS = 30.0
LEFTOVERS_SECONDS = 10.0
TURNS_OF_A_TASK = 3
"""How many turns in sequence have at least the time of the slowest task: few are as slow."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an engine is.

    `running` has the names of the running probes and how many seconds each still takes, the longest first;
    `left` is how many seconds all of them still take: 0 if that is longer than planned.
    """

    running: tuple[tuple[str, float], ...]
    finished: int
    total: int
    left: float = 0.0


class Engine:
    """Starts probes and hands out their transcripts."""

    def __init__(
        self,
        profile: Profile,
        credentials: Credentials,
        *,
        redactor: Redactor,
        make_client: Callable[[], Client],
        seed: int | None = None,
        bulk_turns: threading.Semaphore | None = None,
        budget: Budget | None = None,
    ) -> None:
        """`bulk_turns` is shared by parallel engines: how many may upload in bulk at the same time.

        `budget` is that of an earlier part of the run, which this part continues to use.
        """
        self.profile = profile
        self.grace_seconds = GRACE_SECONDS
        self.budget = budget or Budget(turns=profile.model_turns, bytes=profile.upload_bytes)
        self.out_of_budget = False
        self._credentials = credentials
        self._redactor = redactor
        self._make_client = make_client
        self._seed = new_seed() if seed is None else seed
        self._bulk_turns = bulk_turns
        self.reachability = ReachabilityMonitor(
            lambda: is_there(make_client(), credentials),
            self._call_off,
            pause=lambda: asyncio.sleep(ASKING_AGAIN_SECONDS),
            patience=lambda: min(AWAY_SECONDS, self.left()),
            now=time.monotonic_ns,
        )
        self.repeated: set[str] = set()
        """The probes that were repeated because the target was away while they ran."""
        self._conduct = Conduct(Pace(profile.rate), see=self.reachability.see)
        self._left_out: Mapping[str, str] = {}
        self._loops: dict[str, _TimingLoop] = {}
        self._futures: dict[str, Future[Transcript]] = {}
        self._running: set[str] = set()
        """The probes that send traffic, as the plan counts them."""
        self._started: dict[str, tuple[float, float]] = {}
        self._places: dict[Concurrency, asyncio.Semaphore] = {}
        self._began = 0.0
        self._planned_seconds = 0.0

    def start(
        self, probes: Iterable[Probe], *, left_out: Mapping[str, str] | None = None, seconds: float = 0.0
    ) -> None:
        """Start all probes; the longest window first, and equal ones in the seed's order.

        `left_out` has the probes that exceed the budget, with the reason; their transcripts are empty.
        `seconds` is how long all of them take, as planned.
        """
        self._began, self._planned_seconds = time.monotonic(), seconds
        self.reachability.began = time.monotonic_ns()
        self._left_out = left_out or {}
        self._places = {each: asyncio.Semaphore(width(each, self.profile)) for each in Concurrency}
        order = list(probes)
        source(self._seed, "order").shuffle(order)
        for probe in sorted(order, key=lambda each: -each.seconds(self.profile)):
            loop = self._loop("bulk" if probe.concurrency is Concurrency.BULK else "timing")
            self._futures[probe.name] = loop.submit(self._run(probe, loop))
            if probe.unavailable(self.profile) is None and probe.name not in self._left_out:
                self._running.add(probe.name)

    def transcript(self, name: str) -> Transcript:
        """Wait for a probe; always returns, because every probe has a deadline."""
        return self.reachability.before_loss(self._futures[name].result())

    def transcripts(self) -> dict[str, Transcript]:
        """Wait for all probes."""
        return {name: self.transcript(name) for name in self._futures}

    def finished(self) -> dict[str, Transcript]:
        """The transcripts of the probes that are over, without waiting."""
        over = {name: future for name, future in self._futures.items() if future.done()}
        done = {name: future.result() for name, future in over.items() if not future.cancelled()}
        return {name: self.reachability.before_loss(transcript) for name, transcript in done.items()}

    def ready(self, names: Iterable[str] | None = None) -> bool:
        """True if these probes, by default all, are over and no reachability check is running."""
        return not self.reachability.in_doubt and all(
            self._futures[name].done() for name in (self._futures if names is None else names)
        )

    def progress(self) -> Progress:
        """The current progress."""
        now = time.monotonic()
        running = [
            (name, max(0.0, start + seconds - now))
            for name, (start, seconds) in self._started.copy().items()
            if not self._futures[name].done()
        ]
        finished = sum(self._futures[name].done() for name in self._running)
        left = max(0.0, self._began + self._planned_seconds - now, *(each for _, each in running))
        longest = tuple(sorted(running, key=lambda each: -each[1]))
        return Progress(longest, finished, len(self._running), left)

    def close(self) -> None:
        """Stop the running probes and end the threads."""
        for loop in self._loops.values():
            loop.close()

    def _call_off(self) -> None:
        """The target is away or lost: cancel all running and waiting probes."""
        for loop in self._loops.values():
            loop.call_off()

    def _loop(self, name: str) -> "_TimingLoop":
        """A loop by its name, started at its first use."""
        if name not in self._loops:
            self._loops[name] = _TimingLoop(f"conformance-{name}")
        return self._loops[name]

    async def _run(self, probe: Probe, loop: "_TimingLoop") -> Transcript:
        """Run a probe; repeat it if the target was away while it ran."""
        while True:
            await self.reachability.settled()
            made = self._not_run(probe) or await self._attempt(probe, loop)
            await self.reachability.settled()
            was_away = made.ending is Ending.GONE or self.reachability.is_spoilt(made)
            if self.reachability.has_gone() or not was_away:
                return made
            self.repeated.add(probe.name)

    def _not_run(self, probe: Probe) -> Transcript | None:
        """The empty transcript of a probe that can't run."""
        unavailable = probe.unavailable(self.profile)
        if self.reachability.has_gone():
            return Transcript(probe=probe.name, ending=Ending.GONE, detail=self.reachability.words)
        if unavailable is not None:
            return Transcript(probe=probe.name, ending=unavailable[0], detail=unavailable[1])
        if probe.name in self._left_out:
            self.out_of_budget = True
            return Transcript(probe=probe.name, ending=Ending.BUDGET, detail=self._left_out[probe.name])
        return None

    async def _attempt(self, probe: Probe, loop: "_TimingLoop") -> Transcript:
        draw_from(source(self._seed, probe.name))
        driver = Driver(
            probe=probe.name,
            client=self._make_client(),
            profile=self.profile,
            credentials=self._credentials,
            redactor=self._redactor,
            budget=self.budget,
            conduct=self._conduct,
        )
        began, times_away = time.monotonic(), self.reachability.times_away
        ending, detail = Ending.COMPLETE, ""
        task = asyncio.current_task()
        loop.working.add(task)
        try:
            async with (
                self._turn(probe) as waited,
                asyncio.timeout(self.left() + waited),
                self._places[probe.concurrency],
            ):
                began = time.monotonic()
                self._started[probe.name] = (began, probe.seconds(self.profile))
                ending, detail = await self._perform(probe, driver)
        except TimeoutError:
            self.out_of_budget = True
            ending, detail = Ending.BUDGET, f"the run's budget of {self.profile.wall_seconds:g} s is spent"
        except asyncio.CancelledError:
            if task is None or self.reachability.times_away == times_away:
                raise
            task.uncancel()
            ending, detail = Ending.GONE, self.reachability.words
        finally:
            loop.working.discard(task)
            driver.finish()
        if ending in {Ending.COMPLETE, Ending.MISSED} and probe.concurrency is not Concurrency.BULK:
            for created, creator in driver.created.items():
                self._conduct.finished.add(created, creator)
        return Transcript(
            probe=probe.name,
            ending=ending,
            detail=detail,
            exchanges=driver.exchanges(),
            facts=driver.facts,
            lag=loop.lag_since(began),
        )

    async def _perform(self, probe: Probe, driver: Driver) -> tuple[Ending, str]:
        """Run a probe within its own deadline, then end what it left running; return how it ended."""
        late = self.profile.task_seconds * max(1.0, probe.turns / TURNS_OF_A_TASK)
        seconds = probe.seconds(self.profile) + late + self.grace_seconds
        ended = await self._within(seconds, driver, lambda: _performed(probe, driver))
        left = await self._within(LEFTOVERS_SECONDS, driver, lambda: end_leftovers(driver))
        return left if left[0] is Ending.ERRORED else ended

    async def _within(
        self, seconds: float, driver: Driver, work: Callable[[], Awaitable[None]]
    ) -> tuple[Ending, str]:
        """Do work within a deadline, and return how it ended."""
        deadline = asyncio.timeout(seconds)
        driver.delayed = partial(_postpone, deadline)
        try:
            async with deadline:
                await work()
        except Interrupted as cause:
            return Ending.INTERRUPTED, str(cause)
        except ReadOnly as cause:
            return Ending.UNAVAILABLE, str(cause)
        except Spent as cause:
            self.out_of_budget = True
            return Ending.BUDGET, str(cause)
        except HeldBack as cause:
            return Ending.HELD_BACK, str(cause)
        except Missed as cause:
            return Ending.MISSED, str(cause)
        except Throttled as cause:
            return Ending.THROTTLED, str(cause)
        except TimeoutError:
            if deadline.expired():
                return Ending.DEADLINE, f"the probe did not end within {seconds:g} s"
            return Ending.ERRORED, traceback.format_exc()
        except Exception:  # noqa: BLE001  a fault of one probe is reported by its checks and spares the others
            return Ending.ERRORED, traceback.format_exc()
        return Ending.COMPLETE, ""

    @asynccontextmanager
    async def _turn(self, probe: Probe) -> AsyncIterator[float]:
        """Wait for a turn to upload in bulk, if the probe does; yields the seconds waited."""
        began = time.monotonic()
        if self._bulk_turns is None or probe.concurrency is not Concurrency.BULK:
            yield 0.0
            return
        while not self._bulk_turns.acquire(blocking=False):  # noqa: ASYNC110  others wait in other threads
            await asyncio.sleep(TICK_SECONDS)
        try:
            yield time.monotonic() - began
        finally:
            self._bulk_turns.release()

    def left(self) -> float:
        """The seconds that are left of the run's budget."""
        return max(0.0, self._began + self.profile.wall_seconds - time.monotonic())


def _postpone(deadline: asyncio.Timeout, seconds: float) -> None:
    when = deadline.when()
    if when is not None:
        deadline.reschedule(when + seconds)


async def _performed(probe: Probe, driver: Driver) -> None:
    """Perform a probe, then repeat its requests that got no answer."""
    try:
        await probe.function(driver)
    except Interrupted:
        await driver.repeat_lost()
        raise
    await driver.repeat_lost()


class _TimingLoop(LoopThread):
    """A loop that measures how late it runs."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.working: set[asyncio.Task[object] | None] = set()
        """The probes that run on this loop or wait for their turn."""
        self._late: list[tuple[float, float]] = []
        self.submit(self._tick())

    def lag_since(self, began: float) -> int:
        """The worst lateness of the loop since a monotonic time, in nanoseconds."""
        return round(1e9 * max((late for at, late in self._late if at >= began), default=0.0))

    def call_off(self) -> None:
        """Cancel every probe of this loop; from any thread."""

        async def cancel() -> None:
            for task in self.working.copy():
                if task is not None:
                    task.cancel()

        with contextlib.suppress(RuntimeError):  # it has ended already
            self.submit(cancel())

    async def _tick(self) -> None:
        while True:
            due = time.monotonic() + TICK_SECONDS
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            if now - due > TICK_SECONDS:
                self._late.append((now, now - due))


async def is_there(client: Client, credentials: Credentials) -> Sign:
    """Check whether the target answers: the smallest request, with the owner's key."""
    headers = (("Accept", "application/json"), ("Connection", "close"))
    key = (("Authorization", f"Bearer {credentials.api_key}"),)
    request = Request(method="GET", target="/api/v1/tasks?limit=1", headers=headers + key)
    try:
        return sign_of(await client.exchange(request, ASKING))
    finally:
        client.close()
