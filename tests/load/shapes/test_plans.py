"""Plans, polled every second of a fake clock."""

import pytest

from sigmic_load.run.options import Asked
from sigmic_load.settings.workload import read_workload
from sigmic_load.shapes.plans import (
    Level,
    Plan,
    Ramp,
    Stand,
    Steady,
    Steps,
    Storm,
    answer,
    plan_for,
)


class House:
    """A target that holds at most `most` streams, 100 per user."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.users = 0
        self.windows = 0

    def begin(self) -> None:
        self.windows += 1

    def stand(self) -> Stand:
        streams = self.users * 100
        broken = "late" if streams > self.most else ""
        return Stand(streams, 0.004 if not broken else 2.0, broken)


def users_of(plan: Plan, seconds: float) -> int:
    level = plan.at(seconds)
    assert level is not None
    return level.users


def wave_of(plan: Plan, seconds: float) -> int:
    level = plan.at(seconds)
    assert level is not None
    return level.wave


def climb(house: House, most: int = 20) -> Steps:
    steps = Steps(start=2, step=2, most=most, rate=1, settle=3, hold=5, begin=house.begin, stand=house.stand)
    for second in range(1000):
        level = steps.at(float(second))
        if level is None:
            return steps
        house.users = level.users
    raise AssertionError("the steps never ended")


def test_steps_go_on_until_an_objective_breaks():
    house = House(most=650)

    steps = climb(house)

    assert [stand.streams for stand in steps.stands] == [200, 400, 600, 800]
    assert [bool(stand.broken) for stand in steps.stands] == [False, False, False, True]
    assert answer(steps.stands, "1 s") == (
        "holds 600 streams with p99 lateness under 1 s (measured 0.004 s); at 800 it breaks: late"
    )
    assert house.windows == 4


def test_steps_end_at_the_most_users():
    steps = climb(House(most=10**6), most=6)

    assert [stand.streams for stand in steps.stands] == [200, 400, 600]
    assert answer(steps.stands, "1 s").endswith("the last step did not break it")


def test_a_first_step_that_breaks_is_reported():
    assert answer(climb(House(most=100)).stands, "1 s") == "holds fewer than 200 streams: late"
    assert "no step" in answer([], "1 s")


def test_a_step_is_measured_for_its_whole_length_however_late_we_are_asked():
    house = House(most=0)
    house.users = 1
    steps = Steps(start=1, step=1, most=9, rate=1, settle=3, hold=5, begin=house.begin, stand=house.stand)

    assert steps.at(0.0) == Level(1, 1, is_rising=True)
    assert steps.at(60.0) == Level(1, 1)
    assert house.windows == 1
    assert steps.at(64.9) == Level(1, 1)
    assert steps.at(65.1) is None


def test_what_was_asked_bounds_the_first_step_and_the_ramp():
    house = House(most=0)
    shapes = read_workload()["shapes"]
    asked = Asked(users=2, rate=1.0, seconds=None)

    assert users_of(plan_for("step", shapes, asked, house.begin, house.stand), 0.0) == 2
    ramp = plan_for("ramp", shapes, asked, house.begin, house.stand)
    assert [users_of(ramp, second) for second in (0, 1, 2)] == [1, 1, 2]


def test_the_target_is_not_judged_while_users_rise():
    ramp = Ramp(users=10, seconds=10, hold=5)
    assert [level.is_rising for second in (0, 9, 10) if (level := ramp.at(second))] == [True, True, False]

    steps = Steps(start=1, step=1, most=2, rate=1, settle=2, hold=3, begin=lambda: None, stand=House(9).stand)
    seen = [level.is_rising for second in range(9) if (level := steps.at(float(second)))]
    assert seen == [True, True, False, False, False, True, True, False, False]


def test_a_ramp_rises_and_is_held():
    ramp = Ramp(users=50, seconds=100, hold=20)

    assert [users_of(ramp, second) for second in (0, 50, 100, 119)] == [1, 25, 50, 50]
    assert ramp.at(120) is None


def test_a_steady_load_ends_by_itself():
    assert Steady(5, 1, 60).at(59) == Level(5, 1)
    assert Steady(5, 1, 60).at(60) is None


def test_a_storm_drops_all_streams_some_times():
    storm = Storm(users=3, rate=1, every=10, waves=2)

    assert [wave_of(storm, second) for second in (0, 9, 10, 20, 29)] == [0, 0, 1, 2, 2]
    assert storm.at(30) is None


@pytest.mark.parametrize("name", ["steady", "ramp", "step", "soak", "storm"])
def test_every_plan_of_our_workload_begins_and_what_was_asked_wins(name):
    house = House(most=0)
    shapes = read_workload()["shapes"]
    nothing = Asked(users=None, rate=None, seconds=None)

    assert plan_for(name, shapes, nothing, house.begin, house.stand).at(0.0) is not None
    asked = Asked(users=7, rate=3.0, seconds=None)
    plan = plan_for(name, shapes, asked, house.begin, house.stand)
    levels = [plan.at(float(second)) for second in range(0, 120, 5)]
    assert max(level.users for level in levels if level is not None) <= 7
