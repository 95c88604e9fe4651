"""Which method runs: the subclass's own while a fault could act, else the honest class's."""

from dataclasses import dataclass

import pytest

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.choice import (
    FaultInjecting,
    FaultInjectingPart,
    FaultInjectingWork,
    concern,
    run_for,
    unknown_project,
)
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.trigger import FaultContext
from tests.fakes.clock import SteppedClock


class Honest:
    def step(self) -> str:
        return "honest"

    def made(self) -> str:
        return "honest"


class Work(FaultInjectingWork, Honest, always={"made"}):
    def __init__(self, faults: Faults, project: str | None) -> None:
        self._asker = Asker(faults, project)

    def step(self) -> str:
        return f"faulty, not {super().step()}"

    def made(self) -> str:
        return "faulty"


class Later(Work):
    def step(self) -> str:
        return f"later, {super().step()}"


class Part(FaultInjectingPart, Honest):
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def step(self) -> str:
        return "faulty"


@pytest.fixture
def faults() -> Faults:
    return Faults(SteppedClock())


def test_a_fault_of_the_project_or_of_all_callers_makes_the_subclass_act(faults: Faults) -> None:
    work = Work(faults, "p")
    assert (work.step(), work.made()) == ("honest", "faulty")

    faults.arm(specify("cancel.ignored", {}), "another")
    assert work.step() == "honest"

    faults.arm(specify("cancel.ignored", {}), "p")
    assert work.step() == "faulty, not honest"

    faults.clear("p")
    assert work.step() == "honest"
    faults.arm(specify("cancel.ignored", {}))
    assert work.step() == "faulty, not honest"


def test_a_subclass_of_a_subclass_chooses_between_all_three(faults: Faults) -> None:
    later = Later(faults, "p")
    assert later.step() == "honest"

    faults.arm(specify("cancel.ignored", {}), "p")
    assert later.step() == "later, faulty, not honest"


def test_a_request_that_asks_for_faults_meets_them(faults: Faults) -> None:
    work = Work(faults, "p")
    with faults.from_header([specify("cancel.ignored", {})]):
        assert work.step() == "faulty, not honest"
    assert work.step() == "honest"


class Nowhere:
    """Knows no situation."""

    def values(self, _dimension: str, _context: FaultContext) -> frozenset[str]:
        return frozenset()

    def message_saved(self, task: str, paths: tuple[str, ...]) -> None:
        """Nothing is kept."""


def test_the_subclass_acts_while_its_project_is_rehearsed(faults: Faults) -> None:
    faults.ask_situations_of(Nowhere())
    faults.begin_rehearsal([specify("cancel.ignored", {})], "p")

    assert [Work(faults, project).step() for project in ("p", "another")] == ["faulty, not honest", "honest"]
    faults.end_rehearsal("p")
    assert Work(faults, "p").step() == "honest"


def test_a_part_of_the_server_acts_for_the_project_of_the_request(faults: Faults) -> None:
    part = Part(faults)
    faults.arm(specify("cancel.ignored", {}), "p")

    assert part.step() == "faulty"
    with unknown_project():
        assert part.step() == "faulty"
        concern("another")
        assert part.step() == "honest"
    with unknown_project():
        concern("p")
        assert part.step() == "faulty"


async def test_a_part_of_the_server_acts_for_the_project_of_the_run(faults: Faults) -> None:
    faults.arm(specify("cancel.ignored", {}), "p")

    run_for("another")

    assert Part(faults).step() == "honest"


def test_a_dataclass_with_slots_chooses_too(faults: Faults) -> None:
    @dataclass(slots=True)
    class Context:
        name: str

        def body(self) -> str:
            return f"honest {self.name}"

        def made(self) -> str:
            return "honest"

    @dataclass(slots=True)
    class FaultyContext(FaultInjecting, Context, always={"made"}):
        is_armed: bool = False

        @property
        def may_fault(self) -> bool:
            return self.is_armed

        def body(self) -> str:
            return f"faulty {self.name}"

        def made(self) -> str:
            return "faulty"

    assert [FaultyContext("c", armed).body() for armed in (False, True)] == ["honest c", "faulty c"]
    assert FaultyContext("c").made() == "faulty"
