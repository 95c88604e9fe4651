"""Triggers, scope and counting."""

from typing import Any

import pytest

from sigmic_mock.faults.armed import Firing
from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.dry_run import ALWAYS
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.trigger import FaultContext
from tests.fakes.clock import SteppedClock


def fired(faults: Faults, occasions: int, project: str = "mine") -> list[bool]:
    return [
        faults.fire("cancel.ignored", FaultContext(), project, ALWAYS) is not None for _ in range(occasions)
    ]


def armed(**where: object) -> Faults:
    faults = Faults(SteppedClock())
    faults.arm(specify("cancel.ignored", where), "mine")
    return faults


@pytest.mark.parametrize(
    ("where", "fires"),
    [
        ({"times": 2}, [True, True, False, False]),
        ({"nth": 2}, [False, True, False, False]),
        ({"every": 2}, [False, True, False, True]),
        ({"probability": 0}, [False] * 50),
    ],
)
def test_a_trigger_counts_its_occasions(where: dict[str, Any], fires: list[bool]):
    assert fired(armed(**where), len(fires)) == fires


def test_the_same_seed_repeats_itself():
    assert fired(armed(probability=0.5, seed=7), 40) == fired(armed(probability=0.5, seed=7), 40)
    assert len(set(fired(armed(probability=0.5, seed=7), 40))) == 2


@pytest.mark.parametrize("end", [{"for": "5s"}, {"until": "2026-01-26T10:44:20Z"}])
def test_a_lifetime_ends_on_the_projects_time(end: dict[str, str]):
    clock = SteppedClock()
    clock.set_now(1_769_424_255_000)
    faults = Faults(clock)
    armed = faults.arm(specify("cancel.ignored", end), "mine")
    first = fired(faults, 1)
    clock._elapsed += 4.9
    second = fired(faults, 1)
    is_over = faults.is_over(armed)
    clock._elapsed += 0.1

    assert (first + second + fired(faults, 1), is_over) == ([True, True, False], False)
    assert faults.is_over(armed)
    assert faults.active("mine") == (armed,)


def test_clearing_a_project_leaves_the_others():
    faults = armed()
    faults.arm(specify("cancel.ignored", {}), "theirs")

    gone = faults.clear("mine")

    assert [each.project for each in gone] == ["mine"]
    assert (fired(faults, 1), fired(faults, 1, project="theirs")) == ([False], [True])
    assert faults.clear() != ()
    assert not faults.may_fire("cancel.ignored", None)


def test_a_listener_receives_every_firing():
    faults = armed()
    heard: list[Any] = []
    faults.listen(heard.append)
    fired(faults, 2)

    assert [(type(each), each.fault, each.project) for each in heard] == [
        (Firing, "cancel.ignored", "mine")
    ] * 2
