"""Triggers, scope and counting."""

from typing import Any

import pytest

from sigmic_conformance.mock_server.faults.armed import Firing
from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.dry_run import ALWAYS
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.trigger import FaultContext
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


def test_another_project_never_meets_it_and_it_is_reported_unfired():
    faults = armed()

    assert fired(faults, 3, project="theirs") == [False] * 3
    assert [each.spec.fault.id for each in faults.unfired("mine")] == ["cancel.ignored"]


def test_a_lifetime_ends_on_platform_time():
    clock = SteppedClock()
    faults = Faults(clock)
    faults.arm(specify("cancel.ignored", {"lifetime": 5}), "mine")
    first = fired(faults, 1)
    clock._elapsed += 6

    assert first + fired(faults, 1) == [True, False]


def test_clearing_a_project_leaves_the_others():
    faults = armed()
    faults.arm(specify("cancel.ignored", {}), "theirs")

    gone = faults.clear("mine")

    assert [each.project for each in gone] == ["mine"]
    assert (fired(faults, 1), fired(faults, 1, project="theirs")) == ([False], [True])
    assert faults.clear() != ()
    assert not faults.may_fire("cancel.ignored", None)


def test_every_firing_is_told():
    faults = armed()
    heard: list[Any] = []
    faults.listen(heard.append)
    fired(faults, 2)

    assert [(type(each), each.fault, each.project) for each in heard] == [
        (Firing, "cancel.ignored", "mine")
    ] * 2
