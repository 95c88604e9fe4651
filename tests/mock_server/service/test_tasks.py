"""Tests of the use cases, over a real database and scripted surroundings."""

import asyncio

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from tests.fakes.house import ALICE, House
from tests.fakes.uploads import FakeUpload


async def refused(awaitable) -> ErrorCode:
    with pytest.raises(ApiError) as refusal:
        await awaitable
    return refusal.value.code


# --- follow-up -------------------------------------------------------------------------------------------


async def test_of_two_follow_ups_at_once_one_is_taken(house: House) -> None:
    task_id = await house.finish()

    results = await asyncio.gather(
        *(house.tasks.send_message(ALICE, task_id, f"message {n}") for n in range(5)),
        return_exceptions=True,
    )

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, ApiError) for result in results if result is not None)
    assert len((await house.tasks.history(ALICE, task_id)).messages) == 3


# --- cancel ------------------------------------------------------------------------------------------------


async def test_of_many_cancels_at_once_one_succeeds(house: House) -> None:
    task_id = await house.create()

    results = await asyncio.gather(
        *(house.tasks.cancel(ALICE, task_id) for _ in range(5)), return_exceptions=True
    )

    assert results.count(None) == 1


# --- uploads -----------------------------------------------------------------------------------------------


async def test_a_task_that_cannot_be_saved_leaves_no_file_and_is_unknown(house: House) -> None:
    upload = FakeUpload()
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.create("keep it", upload=upload)

    assert upload.discarded
    assert not list((house.folder / "workspaces").iterdir())
    assert (await house.tasks.list(ALICE)).total == 0


async def test_the_files_of_a_follow_up_that_cannot_be_saved_are_taken_back(house: House) -> None:
    task_id = await house.finish()
    upload = FakeUpload()
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.tasks.send_message(ALICE, task_id, "x", upload)

    assert upload.done[1:] == ["taken back"]


async def test_the_upload_of_a_refused_follow_up_is_discarded(house: House) -> None:
    task_id = await house.create()
    upload = FakeUpload()

    assert await refused(house.tasks.send_message(ALICE, task_id, "x", upload)) is ErrorCode.CONFLICT
    assert upload.discarded
