"""When a process was able to measure, and how long its data may have waited to be read."""

import pytest

from sigmic_load.measures.pulse import BEHIND, TICK, Pulse


def on_time(pulse: Pulse, start: float, seconds: float) -> float:
    """Ring on time for `seconds`; return the time of the last ring."""
    for number in range(1, round(seconds / TICK) + 1):
        assert pulse.ring(start + number * TICK) == pytest.approx(0.0, abs=1e-9)
    return start + round(seconds / TICK) * TICK


@pytest.fixture
def pulse():
    made = Pulse()
    made.start(100.0)
    return made


def test_who_rings_on_time_is_never_behind(pulse):
    last = on_time(pulse, 100.0, 1.0)

    assert not pulse.is_behind
    assert pulse.behind(last + 0.001) == pytest.approx(0.0, abs=1e-9)
    assert pulse.unmeasured(0.0, last) == 0.0


def test_what_is_read_after_a_stop_is_corrected_by_all_of_it_whatever_rings_meanwhile(pulse):
    last = on_time(pulse, 100.0, 1.0)
    # The loop was interrupted while it waited: it rings twice before it reads any socket.
    assert pulse.ring(last + 2.0) == pytest.approx(1.99)
    assert pulse.ring(last + 2.01) == pytest.approx(0.0, abs=1e-9)

    assert pulse.behind(last + 2.015) == pytest.approx(2.015)
    pulse.ring(last + 2.3)
    assert pulse.behind(last + 2.3) == pytest.approx(2.3), "until nothing is left to read"
    assert pulse.caught_up(last + 2.4) == pytest.approx((last, last + 2.4))
    pulse.ring(last + 2.31 + TICK)
    assert not pulse.is_behind


def test_what_is_read_before_the_late_ring_is_corrected_as_well(pulse):
    last = on_time(pulse, 100.0, 1.0)

    assert pulse.behind(last + 2.0) == pytest.approx(2.0)
    assert pulse.unmeasured(last + 1.9, last + 2.0) == pytest.approx(0.1)


def test_a_short_delay_corrects_and_is_no_stall(pulse):
    last = on_time(pulse, 100.0, 1.0)
    pulse.ring(last + 0.1)

    assert pulse.behind(last + 0.12) == pytest.approx(0.12)
    assert pulse.caught_up(last + 0.15) is None
    assert pulse.unmeasured(last - 1, last + 0.15) == 0.0
    assert pulse.unmeasured(last - 1, last + 0.15, BEHIND) == pytest.approx(0.15), "but it bounds"


def test_stalls_are_remembered_by_when_they_were(pulse):
    last = on_time(pulse, 100.0, 1.0)
    pulse.ring(last + 2.0)
    pulse.caught_up(last + 2.0)
    on_time(pulse, last + 2.0, 1.0)
    now = last + 3.0

    assert pulse.measured(now) == pytest.approx(now - 2.0)
    assert pulse.unmeasured(last + 1.5, now) == pytest.approx(0.5)
    assert pulse.unmeasured(last - 9.0, now) == pytest.approx(2.0)
    assert pulse.unmeasured(last + 2.1, now) == 0.0


def test_a_stall_may_be_cut_and_goes_on(pulse):
    last = on_time(pulse, 100.0, 1.0)

    assert pulse.cut(last + 1.0) == pytest.approx((last, last + 1.0)), "nothing has rung yet"
    pulse.ring(last + 3.0)
    assert pulse.caught_up(last + 3.0) == pytest.approx((last + 1.0, last + 3.0))


def test_nothing_is_due_before_the_start_and_after_the_end(pulse):
    pulse.stop()

    assert pulse.behind(500.0) == Pulse().behind(500.0) == 0.0
    assert pulse.cut(500.0) is None
