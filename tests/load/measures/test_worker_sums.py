"""A lost worker takes its streams along."""

import json

from sigmic_conformance.load.measures.recorder import Recorder
from sigmic_conformance.load.measures.worker_sums import WorkerSums


class Wall:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def opening(wall: Wall, streams: int) -> dict:
    worker = Recorder(wall)
    for _ in range(streams):
        worker.stream_opened()
    return json.loads(json.dumps(worker.take()))


def nothing(wall: Wall) -> dict:
    return Recorder(wall).take()


def test_the_streams_of_a_lost_worker_are_closed():
    wall = Wall()
    master = Recorder(wall)
    sums = WorkerSums(master)
    sums.report("a", opening(wall, 300))
    sums.report("b", opening(wall, 200))
    wall.now = 1010.0

    assert sums.lose("a", wall.now)
    assert not sums.lose("a", wall.now), "it is lost once"

    assert master.streams_open == 200
    assert [streams for _, streams in master.timeline.open_streams()] == [500] * 10 + [200]
    assert (sums.losses["a"].streams, sums.losses["a"].at) == (300, 1010.0)
    assert master.numbers.count("streams_cut") == 0, "nobody cut them"


def test_one_that_is_heard_again_has_its_streams_back_and_stays_a_loss():
    wall = Wall()
    master = Recorder(wall)
    sums = WorkerSums(master)
    sums.report("a", opening(wall, 3))
    sums.lose("a", wall.now)

    sums.report("a", opening(wall, 1))

    assert master.streams_open == 4
    assert set(sums.losses) == {"a"}


def test_one_that_has_handed_over_everything_is_not_lost():
    wall = Wall()
    sums = WorkerSums(Recorder(wall))
    sums.report("a", nothing(wall))
    sums.given["a"] = {}

    assert not sums.lose("a", wall.now)
    assert sums.losses == {}
