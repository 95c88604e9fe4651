"""The streams of a lost worker count as closed."""

import json

from sigmic_load.measures.recorder import Recorder
from sigmic_load.measures.worker_sums import WorkerSums
from tests.fakes.set_time import SetTime


def opening(wall: SetTime, streams: int) -> dict:
    worker = Recorder(wall)
    for _ in range(streams):
        worker.of("").stream_opened()
    return json.loads(json.dumps(worker.take()))


def nothing(wall: SetTime) -> dict:
    return Recorder(wall).take()


def test_the_streams_of_a_lost_worker_are_closed():
    wall = SetTime()
    master = Recorder(wall)
    sums = WorkerSums(master, known={"a", "b"})
    sums.report("a", opening(wall, 300), wall.now)
    sums.report("b", opening(wall, 200), wall.now)
    wall.now = 1010.0

    assert sums.lose("a", wall.now)
    assert not sums.lose("a", wall.now), "it is lost once"

    assert master.streams_open == 200
    assert [streams for _, streams in master.timeline.open_streams()] == [500] * 10 + [200]
    assert (sums.losses["a"].streams, sums.losses["a"].at) == (300, 1010.0)
    assert master.numbers.count("streams_cut") == 0, "nobody cut them"


def test_a_worker_that_reports_again_had_its_streams_all_the_time_and_stays_a_loss():
    wall = SetTime()
    master = Recorder(wall)
    sums = WorkerSums(master, known={"a"})
    assert not sums.report("a", opening(wall, 3), wall.now)
    wall.now = 1005.0
    sums.lose("a", wall.now)
    assert (master.streams_open, sums.streams_lost()) == (0, [3])
    wall.now = 1009.0

    assert sums.report("a", opening(wall, 1), wall.now)

    assert (master.streams_open, sums.streams_lost()) == (4, [])
    assert [streams for _, streams in master.timeline.open_streams()] == [3] * 9 + [4]
    assert (sums.losses["a"].at, sums.losses["a"].returned) == (1005.0, 1009.0)


def test_of_a_worker_that_came_later_nothing_counts():
    wall = SetTime()
    master = Recorder(wall)
    sums = WorkerSums(master)
    sums.begin(["a"])
    sums.report("a", opening(wall, 2), wall.now)
    wall.now = 1008.0

    sums.report("of another run", opening(wall, 300), wall.now)

    assert master.streams_open == 2
    assert sums.late == {"of another run": 1008.0}
    assert set(sums.processes()) == {"a"}


def test_one_that_has_handed_over_everything_is_not_lost():
    wall = SetTime()
    sums = WorkerSums(Recorder(wall), known={"a"})
    sums.report("a", nothing(wall), wall.now)
    sums.given["a"] = {}

    assert not sums.lose("a", wall.now)
    assert sums.losses == {}
