"""The clock of one project, in any of the four modes. The mode may change while timers are pending.

Invariant: only this module moves time, and in `manual` and `autojump` never while the project is busy: all
effects of a timer are delivered before the next one fires. The event loop's own clock is unchanged, because
sockets must use real time.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sigmic_mock.ports import Timer
from sigmic_mock.runtime.clock.activity import Activity
from sigmic_mock.runtime.clock.mode import REAL, Mode
from sigmic_mock.runtime.clock.timers import PendingTimer, TimerHeap

log = logging.getLogger(__name__)
_ROUNDS = 4
"""Turns of the event loop after which work that a timer woke has started, and is counted as busy."""
_LAST_ROUNDS = 20
_QUIET_SECONDS = 30.0
"""Real seconds that an advance waits for work to end before it reports that it did not."""
_IDLE_SECONDS = 0.005
"""Real seconds of quiet before `autojump` jumps: by then the effects of a timer are counted as busy."""
PATIENCE_SECONDS = 3.0
"""Real seconds that `autojump` waits for an expected caller: a run's first reader, or the next one."""
_SLACK = 1e-6
"""Two instants within this number of seconds are equal, because sums of seconds are not exact."""
_MOST_FIRED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One timer, pending or fired; `due` in epoch milliseconds, `number` unique within its clock."""

    number: int
    timer: str
    owner: str
    due: int


@dataclass(slots=True, kw_only=True)
class Advance:
    """The result of an advance. `fired` holds the first ten thousand timers, `counts` all of them by name.

    `settled` is False if work that it triggered was still running after the deadline.
    """

    now: int = 0
    fired: list[Fired] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    settled: bool = True


class ClockRuns(Exception):
    """An advance was requested of a clock that moves automatically."""


class ProjectClock:
    """Fulfils `ports.Clock`."""

    def __init__(self, mode: Mode = REAL, *, patience: float = PATIENCE_SECONDS) -> None:
        self.mode = mode
        self.patience = patience
        """Real seconds for which it waits for an expected caller."""
        self.activity = Activity(self._when_quiet)
        self._timers = TimerHeap()
        self._handle: asyncio.TimerHandle | None = None
        self._armed = float("inf")
        self._moving = asyncio.Lock()
        self._elapsed = time.monotonic()
        self.expected: dict[_Expected, float] = {}
        """The expected callers, each with the real time until which the clock waits."""
        self._calendar = time.time_ns() // 1_000_000 - round(self._elapsed * 1000)
        """Epoch milliseconds at monotonic 0."""
        self._real = self._elapsed
        """The real time, in seconds, at which `_elapsed` was correct."""

    # --- ports.Clock -------------------------------------------------------------------------------------

    @property
    def moves_by_itself(self) -> bool:
        return self.mode.rate != 0.0

    def now(self) -> int:
        return self._calendar + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        if self.mode.rate == 0.0:
            return self._elapsed
        return self._elapsed + (time.monotonic() - self._real) * self.mode.rate

    async def sleep(self, seconds: float, *, timer: str = "sleep", owner: str = "") -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        pending = self.call_later(seconds, lambda: _resolve(done), timer=timer, owner=owner)
        try:
            await done
        finally:
            pending.cancel()

    def call_later(
        self,
        seconds: float,
        call: Callable[[], object],
        *,
        timer: str = "timer",
        owner: str = "",
        idle: bool = False,
    ) -> Timer:
        pending = self._timers.add(self.monotonic() + max(0.0, seconds), call, timer, owner, idle=idle)
        self._arm()
        return pending

    def working(self) -> AbstractContextManager[None]:
        return self.activity.working()

    def waiting(self, *, on_caller: bool = False) -> AbstractContextManager[None]:
        return self.activity.waiting(on_caller=on_caller)

    def expect_caller(self) -> Timer:
        return _Expected(self)

    def expect_no_more(self, expected: "_Expected") -> None:
        """Stop waiting for a caller: it has come, or is no longer expected. Idempotent."""
        if self.expected.pop(expected, None) is not None and self.mode.jumps:
            self._rearm()

    # --- for the one who owns the time -------------------------------------------------------------------

    @property
    def pending(self) -> tuple[Fired, ...]:
        """The pending timers, soonest first."""
        return tuple(self._describe(timer) for timer in self._timers)

    def set_mode(self, mode: Mode) -> None:
        """Continue from this moment in another mode; pending timers are kept."""
        self._elapsed, self._real = self.monotonic(), time.monotonic()
        self.mode = mode
        self._rearm()

    def set_now(self, now: int) -> None:
        """Set the calendar (epoch ms), like a wall clock. This does not move any timer."""
        self._calendar += now - self.now()

    def back_to(self, mode: Mode) -> None:
        """Continue in `mode` with the real date and time."""
        self.set_mode(mode)
        self.set_now(time.time_ns() // 1_000_000)

    async def advance(self, seconds: float) -> Advance:
        """Move time by `seconds`; return when the effects of all timers that fell due are delivered.

        Raises `ClockRuns` in the modes `real` and `scaled`.
        """
        if self.mode.rate != 0.0:
            raise ClockRuns
        advance = Advance()
        try:
            async with self._moving:
                end = self._elapsed + seconds
                advance.settled = await self._settle(_ROUNDS)
                await self._fire_until(end, advance)
                self._elapsed = max(self._elapsed, end)
                advance.settled &= await self._settle(_LAST_ROUNDS)
                # Timers that the last effects set for this instant.
                await self._fire_until(end, advance)
        finally:
            self._rearm()
        advance.now = self.now()
        return advance

    async def fire(self, number: int) -> Advance | None:
        """Fire one pending timer now, as if it were due; time does not move. None if there is no such timer.

        If time stands still, return after all its effects are delivered.
        """
        if self.mode.rate != 0.0:
            # The other timers continue at the same time: nothing waits for work that may take long.
            return await self._fire_one(number, self._let_begin)
        try:
            async with self._moving:
                return await self._fire_one(number, self._settle)
        finally:
            self._rearm()

    async def _fire_one(self, number: int, settle: Callable[[int], Awaitable[bool]]) -> Advance | None:
        timer = self._timers.pull(number)
        if timer is None:
            return None
        advance = Advance()
        self._record(advance, timer)
        _fire(timer)
        advance.settled = await settle(_ROUNDS)
        advance.now = self.now()
        return advance

    def close(self) -> None:
        """Cancel all timers."""
        self._disarm()
        for timer in self._timers:
            timer.cancel()

    # --- how ---------------------------------------------------------------------------------------------

    def _describe(self, timer: PendingTimer) -> Fired:
        due = self._calendar + round(timer.due * 1000)
        return Fired(number=timer.number, timer=timer.name, owner=timer.owner, due=due)

    async def _fire_until(self, end: float, advance: Advance) -> None:
        while (timer := self._timers.take(end + _SLACK)) is not None:
            self._elapsed = max(self._elapsed, timer.due)
            self._record(advance, timer)
            _fire(timer)
            advance.settled &= await self._settle(_ROUNDS)

    def _record(self, advance: Advance, timer: PendingTimer) -> None:
        advance.counts[timer.name] += 1
        if len(advance.fired) < _MOST_FIRED:
            advance.fired.append(self._describe(timer))

    async def _let_begin(self, rounds: int) -> bool:
        """Let woken work start. Return True if nothing is busy."""
        for _ in range(rounds):
            await asyncio.sleep(0)
        return self.activity.busy == 0

    async def _settle(self, rounds: int) -> bool:
        """Let woken work start, then wait until nothing is busy. Return False if that took too long."""
        if await self._let_begin(rounds):
            return True
        try:
            async with asyncio.timeout(_QUIET_SECONDS):
                while True:
                    await self.activity.quiet()
                    began = self.activity.began
                    for _ in range(rounds):
                        await asyncio.sleep(0)
                    if self.activity.busy == 0 and self.activity.began == began:
                        return True
        except TimeoutError:
            return False

    def _rearm(self) -> None:
        self._disarm()
        self._arm()

    def _disarm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._armed = None, float("inf")

    def _when_quiet(self) -> None:
        """Handle that nothing is busy: a clock that jumps has waited for this."""
        if self.mode.jumps:
            self._arm()

    def _arm(self) -> None:
        """Schedule the next timer on the event loop, if this mode moves automatically."""
        first = self._timers.first()
        if first is None or self._moving.locked():
            # An advance fires, and counts, the timers that fall due in it. It calls this again at its end.
            return
        if self.mode.jumps:
            self._arm_jump()
            return
        if first.due >= self._armed:
            return
        ahead = first.due - self.monotonic()
        if ahead > _SLACK and self.mode.rate == 0.0:
            return
        self._disarm()
        self._armed = first.due
        delay = max(0.0, ahead) / (self.mode.rate or 1.0)
        self._handle = asyncio.get_running_loop().call_later(delay, self._run_due)

    def _run_due(self) -> None:
        self._handle, self._armed = None, float("inf")
        now = self.monotonic()
        while (timer := self._timers.take(now + _SLACK)) is not None:
            _fire(timer)
        self._arm()

    def _arm_jump(self) -> None:
        if self._handle is None and self._may_jump():
            ahead = max(self.expected.values(), default=0.0) - time.monotonic()
            delay = max(_IDLE_SECONDS, ahead)
            self._handle = asyncio.get_running_loop().call_later(delay, self._jump, self.activity.began)

    def _may_jump(self) -> bool:
        return self.activity.busy == 0 and self.activity.on_callers == 0 and self._timers.is_awaited

    def _jump(self, began: int) -> None:
        """Move to the next timer, if it has been quiet since `began` and no advance is running."""
        self._disarm()
        is_quiet = self._may_jump() and self.activity.began == began
        is_expecting = max(self.expected.values(), default=0.0) > time.monotonic()
        first = self._timers.first()
        if is_quiet and not is_expecting and first is not None and not self._moving.locked():
            self._elapsed = max(self._elapsed, first.due)
            self._run_due()
        else:
            self._arm()


class _Expected:
    """An expected caller. Fulfils `ports.Timer`."""

    def __init__(self, clock: ProjectClock) -> None:
        self._clock = clock
        clock.expected[self] = time.monotonic() + clock.patience

    def cancel(self) -> None:
        self._clock.expect_no_more(self)


def _resolve(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)


def _fire(timer: PendingTimer) -> None:
    """Call a timer once. An exception must not stop the others."""
    call, timer.call = timer.call, None
    if call is None:
        return
    try:
        call()
    except Exception:
        log.exception("a timer failed", extra={"fields": {"timer": timer.name, "owner": timer.owner}})
