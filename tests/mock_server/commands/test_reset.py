"""`sigmic-mock reset`."""

import json


async def test_a_project_is_put_back_to_nothing(mock, verb) -> None:
    task_id = await mock.finished()

    code, said, _ = await verb("reset", "--json")

    assert code == 0
    assert "state" in json.loads(said)["reset"]
    assert (await mock.call("GET", f"/api/v1/tasks/{task_id}")).status == 404


async def test_one_thing_can_be_named_and_a_misspelt_one_is_refused(mock, verb) -> None:
    task_id = await mock.finished()

    _, said, _ = await verb("reset", "clock")
    code, _, complaint = await verb("reset", "stat")

    assert said.startswith("reset clock of project ")
    assert (code, "did you mean state?" in complaint) == (1, True)
    assert (await mock.call("GET", f"/api/v1/tasks/{task_id}")).status == 200
