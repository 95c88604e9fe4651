"""The use cases of tasks, with a real database and a scripted environment."""

import asyncio

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from tests.fakes.house import ALICE, House

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


def files(house: House) -> list[str]:
    """Return the names of all files in the workspaces and in the staging area."""
    folders = (house.staging.root, house.workspaces.root)
    return [path.name for folder in folders for path in folder.rglob("*") if path.is_file()]


async def test_a_task_that_cannot_be_saved_leaves_no_file_and_is_unknown(house: House) -> None:
    upload = await house.upload("data.csv")
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.create("keep it", upload=upload)

    assert (files(house), list(house.workspaces.root.iterdir())) == ([], [])
    assert (await house.tasks.list(ALICE)).total == 0


async def test_the_files_of_a_follow_up_that_cannot_be_saved_are_taken_back(house: House) -> None:
    task_id = await house.finish()
    upload = await house.upload("data.csv")
    await house.database.write(lambda con: con.execute("DROP TABLE messages"))

    with pytest.raises(Exception, match="no such table"):
        await house.tasks.send_message(ALICE, task_id, "x", upload)

    assert files(house) == []


async def test_the_upload_of_a_refused_follow_up_is_discarded(house: House) -> None:
    task_id = await house.create()
    upload = await house.upload("data.csv")
    assert files(house) == ["data.csv"]

    with pytest.raises(ApiError) as refusal:
        await house.tasks.send_message(ALICE, task_id, "x", upload)

    assert (refusal.value.code, files(house)) == (ErrorCode.CONFLICT, [])
