"""Tests of the task cache that shows tasks to callers who may not know of them."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import MALLORY

ANN, BEN = (
    Principal(project_id="project", api_key_id="app", username=name, app_id="app", end_user_id=name)
    for name in ("ann", "ben")
)


async def code_of_get(house: FaultyHouse, caller: Principal, task_id: str) -> ErrorCode | None:
    try:
        await house.tasks.get(caller, task_id)
    except ApiError as refusal:
        return refusal.code
    return None


async def test_a_foreign_task_is_not_found_while_nothing_is_armed(house: FaultyHouse) -> None:
    assert await code_of_get(house, MALLORY, await house.create()) is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("fault", "caller"),
    [("isolation.other-project-reads", MALLORY), ("isolation.other-user-reads", ANN)],
)
async def test_a_task_is_shown_across_the_border_that_the_fault_names(
    house: FaultyHouse, fault: str, caller: Principal
) -> None:
    task_id = await house.create(by=BEN)
    armed = house.arm(fault)

    shown = {each.username: await code_of_get(house, each, task_id) for each in (BEN, MALLORY, ANN)}

    strangers = {"mallory", "ann"} - {caller.username}
    assert shown == {"ben": None, caller.username: None} | dict.fromkeys(strangers, ErrorCode.NOT_FOUND)
    assert armed.fired == 1  # for the caller whom it concerns, and nobody else


async def test_a_keys_task_is_none_of_another_end_user(house: FaultyHouse) -> None:
    armed = house.arm("isolation.other-user-reads")

    assert await code_of_get(house, ANN, await house.create()) is ErrorCode.NOT_FOUND
    assert armed.fired == 0


async def test_the_existence_of_a_foreign_task_is_revealed_but_not_that_of_none(house: FaultyHouse) -> None:
    task_id = await house.create()
    house.arm("isolation.existence-revealed")

    assert await code_of_get(house, MALLORY, task_id) is ErrorCode.FORBIDDEN
    assert await code_of_get(house, MALLORY, house.ids.uuid()) is ErrorCode.NOT_FOUND
