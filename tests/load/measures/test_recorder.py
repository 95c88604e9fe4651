"""What workers give away adds up to what they measured."""

import json

import pytest

from sigmic_conformance.load.measures.findings import Findings
from sigmic_conformance.load.measures.recorder import Numbers, Phase, Recorder


class Wall:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_master_has_the_sum_of_its_workers():
    wall = Wall()
    workers = [Recorder(wall), Recorder(wall)]
    together, master = Recorder(wall), Recorder(wall)
    for number in range(60):
        wall.now += 0.5
        for recorder in (workers[number % 2], together):
            recorder.stream_opened()
            recorder.heartbeat(number / 100, 0.001, 15.0)
            recorder.of("ChatUser" if number % 3 else "PollUser").sample("create", number / 1000)
            recorder.compared(1, Findings(lost=number % 2, doubled=1))
            if number % 3 == 0:
                recorder.stream_closed()
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


def test_lateness_is_corrected_by_the_lag_and_both_are_kept():
    recorder = Recorder(Wall())
    recorder.heartbeat(0.5, 0.2, None)
    recorder.heartbeat(0.1, 0.2, 15.0)

    numbers = recorder.numbers
    assert numbers.distribution("heartbeat_lateness").most == 0.5
    assert numbers.distribution("heartbeat_lateness_corrected").most == pytest.approx(0.3)
    assert numbers.distribution("heartbeat_lateness_corrected").least == 0.0
    assert numbers.distribution("heartbeat_gap").count == 1


def test_a_heartbeat_that_never_came_is_late_too():
    recorder = Recorder(Wall())
    recorder.overdue(16.0, 0.0, whole=True)
    recorder.overdue(2.0, 0.0, whole=False)

    assert recorder.numbers.count("heartbeats_missed") == 1
    assert recorder.numbers.distribution("heartbeat_lateness_corrected").count == 2


@pytest.mark.parametrize(
    ("phase", "times", "counts"), [(Phase.RISING, 0, 1), (Phase.JUDGED, 1, 1), (Phase.LEAVING, 0, 0)]
)
def test_what_is_judged_depends_on_the_phase(phase, times, counts):
    recorder = Recorder(Wall())
    recorder.phase = phase

    recorder.heartbeat(0.5, 0.0, None)

    assert recorder.numbers.distribution("heartbeat_lateness").count == times
    assert recorder.numbers.count("heartbeats") == counts
    both = recorder.numbers.copy()
    both.merge(recorder.outside)
    assert (both.distribution("heartbeat_lateness").count, both.count("heartbeats")) == (1, 1)


def test_stream_seconds_are_whole_lose_nothing_and_are_judged_like_times():
    recorder = Recorder(Wall())
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


def test_a_misspelt_name_is_refused():
    with pytest.raises(KeyError):
        Recorder(Wall()).sample("lateness", 1.0)
    with pytest.raises(KeyError):
        Recorder(Wall()).count("heartbeat")


def test_numbers_since_an_earlier_state():
    recorder = Recorder(Wall())
    recorder.count("turns", 3)
    earlier = recorder.numbers.copy()
    recorder.count("turns", 2)
    recorder.sample("turn", 1.0)

    later = recorder.numbers.since(earlier)

    assert later.count("turns") == 2
    assert later.distribution("turn").count == 1
    assert Numbers().since(Numbers()) == Numbers()
