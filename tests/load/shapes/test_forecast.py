"""Before a run starts, it is stated what the run can show."""

from collections.abc import Sequence
from random import Random

import pytest

from sigmic_load.run.options import Asked
from sigmic_load.settings.workload import Workload, read_workload
from sigmic_load.shapes.forecast import Forecast, Running, forecast
from sigmic_load.shapes.plans import Stand, plan_for

ALL = (Running(3), Running(1, 100), Running(1), Running(1), Running(1))


def of(shape: str, asked: Asked, classes: Sequence[Running] = ALL, period: float = 15.0) -> Forecast:
    workload = Workload.of(read_workload())
    plan = plan_for(shape, workload.shapes, asked, begin=lambda: None, stand=lambda: Stand(0, None))
    return forecast(plan, workload, classes, period, asked.seconds)


@pytest.mark.parametrize(
    ("shape", "asked", "users", "rise", "judged"),
    [
        ("steady", Asked(users=50, rate=None, seconds=60), 50, 50, 10),  # as the README once had it
        ("steady", Asked(users=10, rate=5, seconds=120), 10, 2, 118),
        ("steady", Asked(users=100, rate=1, seconds=60), 100, 100, 0),
        ("ramp", Asked(users=50, rate=None, seconds=None), 50, 120, 60),
        ("ramp", Asked(users=50, rate=None, seconds=130), 50, 120, 10),
        ("storm", Asked(users=10, rate=5, seconds=None), 10, 2, 148),
        ("soak", Asked(users=20, rate=1, seconds=None), 20, 20, 3580),
        ("step", Asked(users=50, rate=2, seconds=None), 50, 25, 45),
    ],
)
def test_what_is_left_of_a_run_is_judged(shape, asked, users, rise, judged):
    found = of(shape, asked)

    assert (found.users, found.rise, found.judged) == (users, rise, judged)


def test_the_plan_in_words():
    found = of("steady", Asked(users=14, rate=14, seconds=121))

    assert list(found.lines()) == [
        "plan: 14 users in 1 s, 200 idle streams",
        "  judged: at most 120 of 121 s",
        "  heartbeats: 8 per stream, one every 15 s",
    ]


def test_a_run_that_is_too_short_for_a_heartbeat_says_so():
    found = of("steady", Asked(users=1, rate=1, seconds=10), [Running(1, 100)])

    assert "  heartbeats: 0 per stream, one every 15 s; for one, add 6 s to --run-time" in found.lines()


def test_users_without_streams_have_no_heartbeats():
    found = of("steady", Asked(users=3, rate=3, seconds=60), [Running(1)])

    assert found.streams == 0
    assert not any("heartbeat" in line for line in found.lines())


def test_every_plan_has_lines_without_an_infinity():
    draw = Random(1)
    for _ in range(200):
        asked = Asked(
            users=draw.randint(1, 500),
            rate=draw.choice([None, 0.1, 50.0]),
            seconds=draw.choice([None, 1, 900]),
        )
        text = "".join(of(draw.choice(["steady", "ramp", "step", "soak", "storm"]), asked).lines())
        assert not {"inf", "nan", "-"} & set(text.replace("--run-time", "").split())
