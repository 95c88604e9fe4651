"""Tests of the files of a task: who may see them, and for how long they are there."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from tests.fakes.house import ALICE, MALLORY, House


async def test_files_are_listed_and_opened_while_the_task_runs_and_after_its_session(house: House) -> None:
    task_id = await house.create()
    (house.workspaces.create(task_id) / "notes.txt").write_text("kept")

    assert [file.path for file in await house.artifacts.list(ALICE, task_id)] == ["notes.txt"]
    await house.heard(await house.listen(task_id))
    await house.clock.advance(1800)
    opened = await house.artifacts.open(ALICE, task_id, "notes.txt")
    with opened.file as file:
        assert file.read() == b"kept"


async def test_a_file_that_is_not_there_and_a_path_out_of_the_workspace_are_not_found(house: House) -> None:
    task_id = await house.create()
    house.workspaces.create(task_id)

    for path in ("absent.txt", "../platform.db"):
        with pytest.raises(ApiError) as refusal:
            await house.artifacts.open(ALICE, task_id, path)
        assert refusal.value.code is ErrorCode.NOT_FOUND


async def test_a_stranger_finds_no_files(house: House) -> None:
    task_id = await house.create()

    with pytest.raises(ApiError) as refusal:
        await house.artifacts.list(MALLORY, task_id)
    assert refusal.value.code is ErrorCode.NOT_FOUND
