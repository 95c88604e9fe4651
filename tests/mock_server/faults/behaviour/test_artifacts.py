"""Tests of artifacts that are withheld, show hidden files, or lead out of the workspace."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE


async def paths(house: FaultyHouse, task_id: str) -> list[str] | ErrorCode:
    try:
        return [file.path for file in await house.artifacts.list(ALICE, task_id)]
    except ApiError as refusal:
        return refusal.code


async def test_files_of_a_cancelled_task_are_gone(house: FaultyHouse) -> None:
    task_id = await house.create()
    (house.workspaces.create(task_id) / "notes.txt").write_text("x")
    armed = house.arm("cancel.files-gone")
    assert await paths(house, task_id) == ["notes.txt"]

    await house.tasks.cancel(ALICE, task_id)

    assert await paths(house, task_id) is ErrorCode.NOT_FOUND
    assert armed.fired == 1


async def test_a_path_out_of_the_workspace_opens_a_decoy(house: FaultyHouse) -> None:
    task_id = await house.finish()
    house.workspaces.create(task_id)
    armed = house.arm("download.climbs-out")

    with pytest.raises(ApiError):
        await house.artifacts.open(ALICE, task_id, "absent.txt")
    assert armed.fired == 0

    opened = await house.artifacts.open(ALICE, task_id, "../../../../etc/passwd")
    with opened.file as file:
        assert file.read()
    assert armed.fired == 1
