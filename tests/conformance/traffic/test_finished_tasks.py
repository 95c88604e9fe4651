"""Which finished task a journey reads again."""

from sigmic_conformance.traffic.callers import bearer
from sigmic_conformance.traffic.finished_tasks import FinishedTasks
from sigmic_conformance.traffic.seed import draw_from, source


def test_each_finished_task_is_drawn_with_its_creator_sooner_or_later():
    finished = FinishedTasks()
    assert finished.draw() is None

    tasks = {(name, bearer(name, "key")) for name in "abc"}
    for each in tasks:
        finished.add(*each)
    draw_from(source(1, "a journey"))

    assert {finished.draw() for _ in range(50)} == tasks
