"""Heartbeats for every open stream from one shared wheel, not from a timer per connection (S-03, G-50).

The period is cut into slots. A new stream is put into the last slot before its own 15 s that is not fuller
than the others: its first heartbeat comes at most 15 s after it connected, then one every 15 s exactly, and
streams that connected at the same time are spread out. The wheel sleeps until the next non-empty slot.
"""

from collections.abc import Iterator
from typing import Protocol

from sigmic_mock.domain.sse import HEARTBEAT
from sigmic_mock.ports import Clock, Clocks, Timer

PERIOD = 15.0
_SLOTS = 300
"""A slot of 50 ms. To wake the loop costs more than the heartbeats of a slot: with 1500 slots, 10,000 streams
take twice the processor time. With fewer, a slot's last heartbeat waits too long for its first."""


class Listener(Protocol):
    """A receiver of heartbeats."""

    def write(self, frames: bytes) -> None:
        """Send whole frames; never blocks and never raises."""


class Pulse:
    """One subscriber's place in the wheel."""

    __slots__ = ("first", "slot", "subscriber", "wheel")

    def __init__(self, wheel: "Heartbeat", subscriber: Listener, slot: int, first: int) -> None:
        self.wheel: Heartbeat | None = wheel
        self.subscriber = subscriber
        self.slot = slot
        self.first = first
        """The first turn that sends to it: the slot of the turn before had already started."""

    def stop(self) -> None:
        """Send no more. Idempotent."""
        if self.wheel is not None:
            self.wheel.remove(self)
            self.wheel = None


class Heartbeat:
    """The wheel. Bit n of `_taken` is set if slot n is not empty, of `_free` if it may take another pulse."""

    def __init__(self, clock: Clock, *, period: float = PERIOD, slots: int = _SLOTS) -> None:
        self._clock = clock
        self._period = period
        self._width = period / slots
        self._start = clock.monotonic()
        self._slots: list[dict[Pulse, None]] = [{} for _ in range(slots)]
        self._all = (1 << slots) - 1
        self._taken = 0
        self._free = self._all
        self._depth = 1
        """Pulses a slot may hold before another slot is asked."""
        self._turn = 0
        """Slots passed since the start, whole periods included; the next one to fire is `_turn`."""
        self._timer: Timer | None = None
        self._timer_turn = 0
        self.active = 0
        self.sent = 0

    def add(self, subscriber: Listener) -> Pulse:
        """Send `subscriber` a heartbeat within one period and then every period, until the pulse stops."""
        # The current slot comes round again in less than one period: the latest allowed.
        newest = int((self._clock.monotonic() - self._start) / self._width)
        slot = self._latest_free(newest % len(self._slots))
        pulse = Pulse(self, subscriber, slot, newest + 1)
        self._slots[slot][pulse] = None
        self._taken |= 1 << slot
        if len(self._slots[slot]) >= self._depth:
            self._free &= ~(1 << slot)
        self.active += 1
        self._schedule()
        return pulse

    def remove(self, pulse: Pulse) -> None:
        """Remove a pulse from the wheel."""
        slot = self._slots[pulse.slot]
        del slot[pulse]
        self.active -= 1
        if not slot:
            self._taken &= ~(1 << pulse.slot)
        if len(slot) < self._depth:
            self._free |= 1 << pulse.slot
        if self.active == 0:
            self._depth, self._free = 1, self._all
            self._stop_timer()

    def _latest_free(self, newest: int) -> int:
        if not self._free:
            self._depth += 1
            self._free = self._all
        not_later = self._free & ((2 << newest) - 1)
        return (not_later or self._free).bit_length() - 1

    def _next_taken(self) -> int:
        """Return the first turn from `_turn` on whose slot is not empty."""
        slots = len(self._slots)
        at = self._turn % slots
        ahead = self._taken >> at
        if ahead:
            return self._turn + _lowest_bit(ahead)
        return self._turn + slots - at + _lowest_bit(self._taken)

    def _schedule(self) -> None:
        if not self._taken:
            return
        turn = self._next_taken()
        if self._timer is not None:
            if self._timer_turn <= turn:
                return
            self._stop_timer()
        due = self._start + turn * self._width
        self._timer_turn = turn
        ahead = max(0.0, due - self._clock.monotonic())
        self._timer = self._clock.call_later(ahead, self._fire, timer="heartbeat", owner="streams")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        """Send every heartbeat that is due; each slot at most once, however late the loop is."""
        self._timer = None
        now = self._clock.monotonic() - self._start
        reached = max(self._timer_turn, int(now / self._width))
        for turn in self._due(reached):
            for pulse in tuple(self._slots[turn % len(self._slots)]):
                if pulse.wheel is not None and turn >= pulse.first:
                    pulse.subscriber.write(HEARTBEAT)
                    self.sent += 1
        self._turn = reached + 1
        self._schedule()

    def _due(self, reached: int) -> Iterator[int]:
        slots = len(self._slots)
        self._turn = max(self._turn, reached - slots + 1)
        while self._taken and (turn := self._next_taken()) <= reached:
            self._turn = turn + 1
            yield turn


class Heartbeats:
    """One wheel a project, turned by the project's clock."""

    def __init__(self, clocks: Clocks, *, period: float = PERIOD) -> None:
        self._clocks = clocks
        self._period = period
        self._wheels: dict[str, Heartbeat] = {}

    def of(self, project_id: str) -> Heartbeat:
        """Return the project's wheel."""
        wheel = self._wheels.get(project_id)
        if wheel is None:
            wheel = self._wheels[project_id] = Heartbeat(self._clocks.of(project_id), period=self._period)
        return wheel

    def now(self, project_id: str) -> int:
        """Return the project's time, epoch milliseconds."""
        return self._clocks.of(project_id).now()

    def forget(self, project_id: str) -> None:
        """The project is no more."""
        self._wheels.pop(project_id, None)

    @property
    def active(self) -> int:
        """Streams that are sent heartbeats now."""
        return sum(wheel.active for wheel in self._wheels.values())

    @property
    def sent(self) -> int:
        """Heartbeats sent so far."""
        return sum(wheel.sent for wheel in self._wheels.values())


def _lowest_bit(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
