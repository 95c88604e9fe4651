"""The shared heartbeat wheel on platform time."""

import random

import pytest

from sigmic_mock.domain.sse import HEARTBEAT
from sigmic_mock.service.heartbeat import Heartbeat
from tests.fakes.clock import SteppedClock


class Listener:
    """Records the time of each heartbeat."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock = clock
        self.joined = clock.monotonic()
        self.beats: list[float] = []

    def write(self, frames: bytes) -> None:
        assert frames == HEARTBEAT
        self.beats.append(self.clock.monotonic())


def join(wheel: Heartbeat, clock: SteppedClock) -> Listener:
    listener = Listener(clock)
    wheel.add(listener)
    return listener


def assert_adherent(listener: Listener, until: float) -> None:
    """The first comes within 15 s of joining, not immediately; then one exactly every 15 s, none missing."""
    assert 0 < listener.beats[0] - listener.joined <= 15 + 1e-6
    gaps = [later - earlier for earlier, later in zip(listener.beats, listener.beats[1:], strict=False)]
    assert gaps == pytest.approx([15.0] * len(gaps))
    assert until - listener.beats[-1] < 15


async def test_every_stream_keeps_its_own_15_seconds_however_they_come_and_go() -> None:
    clock = SteppedClock()
    wheel = Heartbeat(clock, slots=150)
    chance = random.Random(1)
    stays, leaves = [], []
    for number in range(300):
        await clock.advance(chance.random() / 5)
        listener = Listener(clock)
        pulse = wheel.add(listener)
        if number % 3:
            stays.append(listener)
        else:
            leaves.append((listener, pulse))
    for listener, pulse in leaves:
        pulse.stop()
        pulse.stop()
        listener.beats.append(-1.0)
    await clock.advance(50)

    for listener in stays:
        assert_adherent(listener, clock.monotonic())
    assert all(listener.beats[-1] == -1.0 for listener, _ in leaves)
    assert wheel.active == len(stays)
    assert wheel.sent == sum(
        len([beat for beat in listener.beats if beat >= 0])
        for listener in [*stays, *(listener for listener, _ in leaves)]
    )


async def test_a_crowd_that_came_at_once_is_spread_evenly() -> None:
    clock = SteppedClock()
    wheel = Heartbeat(clock, slots=100)
    crowd = [join(wheel, clock) for _ in range(1000)]
    await clock.advance(15)

    moments = sorted(round(listener.beats[0], 3) for listener in crowd)
    assert len(set(moments)) == 100
    assert all(moments.count(moment) == 10 for moment in set(moments))


async def test_an_empty_wheel_sets_no_timer() -> None:
    clock = SteppedClock()
    wheel = Heartbeat(clock)
    pulse = wheel.add(Listener(clock))
    pulse.stop()

    assert clock.pending == ()
    assert wheel.active == 0


async def test_a_late_loop_sends_each_stream_one_heartbeat_not_a_burst() -> None:
    clock = SteppedClock()
    wheel = Heartbeat(clock)
    listener = join(wheel, clock)
    clock._elapsed = 52.0  # as after the machine was suspended
    await clock.advance(0)
    assert len(listener.beats) == 1

    await clock.advance(30)
    assert len(listener.beats) == 3


async def test_a_subscriber_may_leave_while_it_is_written_to() -> None:
    clock = SteppedClock()
    wheel = Heartbeat(clock, slots=1)

    class Leaver(Listener):
        def write(self, frames: bytes) -> None:
            super().write(frames)
            for pulse in pulses:
                pulse.stop()

    listeners = [Leaver(clock), Leaver(clock)]
    pulses = [wheel.add(listener) for listener in listeners]
    await clock.advance(60)

    assert sum(len(listener.beats) for listener in listeners) == 1
    assert wheel.active == 0
