"""A reset: nothing of the project is left, and other projects are unchanged."""

from sigmic_conformance.mock_server.service.resetting import Resetting
from tests.fakes.house import ALICE, MALLORY, House
from tests.fakes.waiting import eventually


async def test_tasks_sessions_and_files_go_and_those_of_other_projects_stay(house: House) -> None:
    mine, theirs = await house.finish(), await house.create(by=MALLORY)
    for task_id in (mine, theirs):
        (house.workspaces.create(task_id) / "notes.txt").write_text("x")

    assert await Resetting(house.deps, house.runs).reset("project") == 1

    assert (await house.tasks.list(ALICE)).total == 0
    assert (await house.tasks.list(MALLORY)).total == 1
    assert house.sessions.of_project("project") == ()
    await eventually(lambda: [path.name for path in house.workspaces.root.iterdir()] == [theirs])


async def test_a_project_without_tasks_is_reset_to_what_it_is(house: House) -> None:
    assert await Resetting(house.deps, house.runs).reset("project") == 0
