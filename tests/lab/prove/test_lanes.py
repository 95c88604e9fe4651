"""Parts run in parallel: all of them, with results in order, and the effect of one that crashes."""

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from lab.prove import lanes
from lab.prove.lanes import Prove, Stage
from lab.prove.part import Part, ProofOptions
from lab.prove.platform import ControlRefused

ANYTHING: Any = None
DEADLINE = 10.0


def stage(**parts: Prove) -> Stage:
    plan = ProofOptions((), 1, lambda _: None)
    return Stage(ANYTHING, ANYTHING, ANYTHING, plan, lambda _: None, parts)


def beside(_: object) -> Executor:
    """Threads instead of processes: another process has no fake part."""
    return ThreadPoolExecutor(2)


def part(name: str) -> Part:
    return Part(name=name, summary="so", problems=())


def test_each_part_is_in_one_lane():
    assert sorted(name for lane in lanes.LANES for name in lane) == sorted(lanes.PARTS)


def test_lanes_go_side_by_side_and_the_parts_keep_their_order():
    other = Event()

    def server(*_: object) -> Part:
        assert other.wait(DEADLINE), "nothing ran beside it"
        return part("server")

    def variations(*_: object) -> Part:
        other.set()
        return part("variations")

    made = stage(server=server, variations=variations)

    found = lanes.side_by_side(made, ["variations", "server"], apart=beside)

    assert [each.name for each in found] == ["server", "variations"]


def test_a_mock_that_does_not_obey_breaks_off_its_part_alone():
    def broken(*_: object) -> Part:
        raise ControlRefused("POST /faults: 500")

    made = stage(server=broken, transient=lambda *_: part("transient"))

    found = lanes.side_by_side(made, ["server", "transient"], apart=beside)

    assert [each.summary for each in found] == ["broke off", "so"]
    assert "POST /faults: 500" in found[0].problems[0]


def test_a_fault_of_our_own_stops_every_lane():
    def waiting(_: object, __: object, ___: object, plan: ProofOptions) -> Part:
        assert plan.stop.wait(DEADLINE), "it was not told"
        return part("server")

    def broken(*_: object) -> Part:
        raise ZeroDivisionError

    made = stage(server=waiting, variations=broken)

    with pytest.raises(ZeroDivisionError):
        lanes.side_by_side(made, ["server", "variations"], apart=beside)
    assert replace(made.plan).stop.is_set()
