"""Tests of runs that ignore a cancellation, or take it for something else."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import TaskStatus
from sigmic_conformance.mock_server.faults.rehearsal import Acts
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.waiting import eventually


async def working(house: FaultyHouse) -> str:
    """Return a task whose agent waits."""

    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.sleep(100)

    task_id = await house.create("slow")
    await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(100))
    return task_id


async def code_of_cancel(house: FaultyHouse, task_id: str) -> ErrorCode | None:
    try:
        await house.tasks.cancel(ALICE, task_id)
    except ApiError as refusal:
        return refusal.code
    return None


async def test_with_nothing_armed_a_task_is_cancelled_once(house: FaultyHouse) -> None:
    task_id = await working(house)

    assert [await code_of_cancel(house, task_id) for _ in range(2)] == [None, ErrorCode.CONFLICT]
    assert await house.status(task_id) is TaskStatus.CANCELLED


async def test_a_cancellation_is_ignored_and_one_of_a_finished_task_is_a_conflict_as_ever(
    house: FaultyHouse,
) -> None:
    task_id = await working(house)
    armed = house.arm("cancel.ignored")

    assert await code_of_cancel(house, task_id) is None
    assert await house.status(task_id) is TaskStatus.RUNNING
    await house.clock.advance(100)
    await house.until(task_id, TaskStatus.COMPLETED)
    assert await code_of_cancel(house, task_id) is ErrorCode.CONFLICT
    assert armed.fired == 1


@pytest.mark.parametrize(
    ("fault", "status"), [("cancel.finished-changes", "cancelled"), ("cancel.again-changes", "completed")]
)
async def test_cancelling_a_completed_task_changes_it_if_the_fault_is_about_that(
    house: FaultyHouse, fault: str, status: str
) -> None:
    task_id = await house.finish()
    house.arm(fault)

    code = await code_of_cancel(house, task_id)

    assert (code is None) == (status == "cancelled")
    assert await house.status(task_id) == status


async def test_only_of_a_run_of_some_seconds_it_is_told_that_it_lasted(house: FaultyHouse) -> None:
    told: list[Acts] = []
    long = await working(house)
    house.runs.tell_of_a_long_run(long, told.append)
    await house.clock.advance(100)
    await eventually(lambda: len(told) == 1)

    short = await working(house)
    house.runs.tell_of_a_long_run(short, told.append)
    await code_of_cancel(house, short)
    assert len(told) == 1
