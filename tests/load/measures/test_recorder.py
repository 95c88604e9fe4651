"""The reports of workers add up to their measurements."""

import json
from time import monotonic

import pytest

from sigmic_load.measures.accounting import End
from sigmic_load.measures.catalogue import DISTRIBUTIONS, add_measure
from sigmic_load.measures.findings import Findings
from sigmic_load.measures.recorder import Numbers, Phase, Recorder
from tests.fakes.set_time import SetTime


def test_a_master_has_the_sum_of_its_workers():
    wall = SetTime()
    workers = [Recorder(wall), Recorder(wall)]
    together, master = Recorder(wall), Recorder(wall)
    for number in range(60):
        wall.now += 0.5
        for recorder in (workers[number % 2], together):
            recorder.of("").stream_opened()
            recorder.heartbeat(number / 100, monotonic(), 15.0)
            recorder.of("ChatUser" if number % 3 else "PollUser").sample("create", number / 1000)
            recorder.compared(1, Findings(lost=number % 2, doubled=1))
            if number % 3 == 0:
                recorder.of("").stream_closed(End.LEFT)
        if number % 7 == 0:
            for worker in workers:
                master.merge(json.loads(json.dumps(worker.take())))
    for worker in workers:
        master.merge(json.loads(json.dumps(worker.take())))

    assert master.numbers.counts == together.numbers.counts
    assert set(master.numbers.users) == {"ChatUser", "PollUser"}
    for user, numbers in together.numbers.users.items():
        assert master.numbers.users[user].distribution("create").slots == numbers.distribution("create").slots
    assert master.streams_open == together.streams_open == 40
    assert master.timeline == together.timeline
    assert list(master.timeline.open_streams()) == list(together.timeline.open_streams())
    for name, histogram in together.numbers.distributions.items():
        assert master.numbers.distribution(name).slots == histogram.slots
    assert {
        name: sum(worker.given.count(name) for worker in workers) for name in master.numbers.counts
    } == master.numbers.counts


def beating(clock: SetTime) -> Recorder:
    """A recorder whose process has a pulse that rang on time a moment ago."""
    recorder = Recorder(wall=clock, clock=clock)
    recorder.pulse.start(clock.now)
    return recorder


def test_lateness_is_corrected_by_the_lag_and_both_are_kept():
    clock = SetTime(50.0)
    recorder = beating(clock)
    clock.now += 0.21
    recorder.client_lag(recorder.pulse.ring(clock.now))
    corrected = [recorder.heartbeat(lateness, clock.now, 15.0) for lateness in (0.5, 0.1)]

    numbers = recorder.numbers
    assert corrected == [pytest.approx(0.29), 0.0]
    assert numbers.distribution("heartbeat_lateness").most == 0.5
    assert numbers.distribution("heartbeat_lateness_corrected").most == pytest.approx(0.29)
    assert numbers.distribution("heartbeat_lateness_corrected").least == 0.0
    assert numbers.distribution("heartbeat_gap").count == 2


def still(clock: SetTime, recorder: Recorder, seconds: float) -> None:
    """Let the process stand still, then catch up and go on for half a second."""
    clock.now += seconds
    recorder.client_lag(recorder.pulse.ring(clock.now))
    recorder.caught_up()
    for _ in range(50):
        clock.now += 0.01
        recorder.pulse.ring(clock.now)


def test_a_slow_answer_that_overlaps_a_stall_is_judged_by_its_lower_bound():
    clock = SetTime(50.0)
    recorder = beating(clock)
    still(clock, recorder, 0.33)

    recorder.sample("create", 12.0, "PollUser")

    create = recorder.numbers.distribution("create")
    assert create.count == 1
    assert create.most == pytest.approx(11.67)
    assert recorder.numbers.count("values_unbounded") == 0


def test_a_stream_without_an_answer_counts_though_we_stood_still_for_a_moment():
    clock = SetTime(50.0)
    recorder = beating(clock)
    still(clock, recorder, 0.7)

    recorder.of("ChatUser").stream_not_opened("no answer in time", 30.0, is_answered=False)

    assert recorder.numbers.count("streams_unanswered") == 1
    assert recorder.numbers.distribution("first_event").most == pytest.approx(29.3)


def test_a_connection_that_was_refused_at_once_is_no_short_wait_for_an_event():
    recorder = beating(SetTime(50.0))

    recorder.of("ChatUser").stream_not_opened("no connection", 0.001, is_answered=False)

    assert recorder.numbers.distribution("first_event").count == 0


def test_a_refusal_counts_though_it_was_read_in_a_stall():
    clock = SetTime(50.0)
    recorder = beating(clock)
    clock.now += 2.0
    recorder.client_lag(recorder.pulse.ring(clock.now))

    recorder.of("StreamUser").stream_not_opened("status 503", 0.01, is_answered=True)

    assert recorder.numbers.counts == {"streams_refused": 1}


def test_an_error_counts_though_it_was_read_in_a_stall_and_a_cut_does_not():
    clock = SetTime(50.0)
    recorder = beating(clock)
    clock.now += 2.0
    recorder.client_lag(recorder.pulse.ring(clock.now))

    recorder.of("StreamUser").stream_closed(End.FAILED, "ended with error OVERLOADED")
    recorder.of("StreamUser").stream_closed(End.CUT, "cut")

    assert recorder.numbers.counts == {"streams_failed": 1, "streams_cut_unmeasured": 1}


def test_measures_of_other_classes_add_up_like_ours():
    worker, master = Recorder(SetTime()), Recorder(SetTime())
    worker.of("CartUser").sample("cart_total", 12.5)
    worker.of("CartUser").count("carts", 2)
    worker.phase = Phase.RISING
    worker.of("CartUser").sample("cart_wait", 1.0)
    for name in ("cart_total", "cart_wait"):
        del DISTRIBUTIONS[name]  # as in another process

    master.merge(json.loads(json.dumps(worker.take())))

    assert master.numbers.distribution("cart_total").most == 12.5
    assert master.numbers.count("carts") == 2
    assert {"cart_total", "cart_wait"} <= DISTRIBUTIONS.keys(), "a report names them"
    with pytest.raises(ValueError, match="a measure of sigmic-load"):
        add_measure("create", "s", "CartUser")


def test_what_lies_in_a_stall_bounds_nothing_and_what_was_late_before_it_is_judged():
    clock = SetTime(50.0)
    recorder = beating(clock)
    clock.now += 2.0
    recorder.client_lag(recorder.pulse.ring(clock.now))
    recorder.heartbeat(1.5, clock.now, 3.5)
    recorder.heartbeat(2.5, clock.now, 3.5)
    recorder.count("turns_failed", seconds=1.0, user="ChatUser")
    recorder.sample("create", 0.7, "ChatUser")
    recorder.of("StreamUser").stream_requested()
    recorder.of("StreamUser").stream_not_opened("connection reset by the target", 0.5, is_answered=False)
    recorder.of("StreamUser").stream_closed(End.CUT, "cut")
    recorder.caught_up()
    for _ in range(50):
        clock.now += 0.01
        recorder.pulse.ring(clock.now)
    recorder.sample("create", 0.4, "ChatUser")
    recorder.of("StreamUser").stream_closed(End.CUT, "cut")

    numbers = recorder.numbers
    assert numbers.counts == {
        "heartbeats": 1,
        "values_unbounded": 2,
        "streams_requested": 1,
        "streams_unanswered_unmeasured": 1,
        "streams_cut_unmeasured": 1,
        "streams_cut": 1,
    }
    assert numbers.distribution("heartbeat_lateness_corrected").most == pytest.approx(0.5)
    assert [numbers.distribution("create").most, recorder.outside.distribution("create").most] == [0.4, 0.0]
    assert recorder.health.unmeasured == pytest.approx(2.0)
    (stall,) = recorder.health.stalls
    assert stall.at == pytest.approx(50.0)
    assert stall.seconds == pytest.approx(2.0)
    seconds = recorder.timeline.moments
    assert [seconds[second].unmeasured for second in (50, 51)] == [pytest.approx(1.0)] * 2


def test_a_stall_weighs_by_its_length():
    recorder = beating(SetTime(50.0))
    for _ in range(1000):
        recorder.client_lag(0.0)
    recorder.client_lag(5.0)

    lag = recorder.numbers.distribution("client_lag")
    assert lag.count == 1501, "one for each ring that was due meanwhile"
    assert lag.quantile(0.9) == pytest.approx(3.5, rel=0.02)


def test_a_stall_that_lasts_beyond_the_judged_time_belongs_to_it_up_to_there():
    clock = SetTime(50.0)
    recorder = beating(clock)
    clock.now += 3.0
    recorder.cut_stall()
    recorder.phase = Phase.LEAVING
    clock.now += 1.0
    recorder.client_lag(recorder.pulse.ring(clock.now))
    recorder.caught_up()

    assert recorder.health.unmeasured == pytest.approx(3.0)
    assert sum(it.seconds for it in recorder.health.stalls) == pytest.approx(4.0)


def test_a_heartbeat_that_never_came_is_late_too():
    recorder = Recorder(SetTime())
    recorder.overdue(16.0, 0.0, whole=True)
    recorder.overdue(2.0, 0.0, whole=False)

    assert recorder.numbers.count("heartbeats_missed") == 1
    assert recorder.numbers.distribution("heartbeat_lateness_corrected").count == 2


@pytest.mark.parametrize(
    ("phase", "times", "counts"), [(Phase.RISING, 0, 1), (Phase.JUDGED, 1, 1), (Phase.LEAVING, 0, 0)]
)
def test_what_is_judged_depends_on_the_phase(phase, times, counts):
    recorder = Recorder(SetTime())
    recorder.phase = phase

    recorder.heartbeat(0.5, 0.0, None)

    assert recorder.numbers.distribution("heartbeat_lateness").count == times
    assert recorder.numbers.count("heartbeats") == counts
    both = recorder.numbers.copy()
    both.merge(recorder.outside)
    assert (both.distribution("heartbeat_lateness").count, both.count("heartbeats")) == (1, 1)


def test_stream_seconds_are_whole_lose_nothing_and_are_judged_like_times():
    recorder = Recorder(SetTime())
    recorder.phase = Phase.RISING
    recorder.stood(0.5, held=0, missing=4, returning=0)
    recorder.phase = Phase.JUDGED
    for _ in range(10):
        recorder.stood(0.25, held=3, missing=1, returning=2)

    assert recorder.numbers.count("stream_seconds_held") == 7
    assert recorder.numbers.count("stream_seconds_wanted") == 10
    assert recorder.outside.count("stream_seconds_wanted") == 2
    (moment,) = recorder.timeline.moments.values()
    assert (moment.held, moment.missing, moment.returning) == (7.5, 4.5, 5.0)


def test_numbers_since_an_earlier_state():
    recorder = Recorder(SetTime())
    recorder.count("turns", 3)
    earlier = recorder.numbers.copy()
    recorder.count("turns", 2)
    recorder.sample("turn", 1.0)

    later = recorder.numbers.since(earlier)

    assert later.count("turns") == 2
    assert later.distribution("turn").count == 1
    assert Numbers().since(Numbers()) == Numbers()
