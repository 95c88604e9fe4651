"""`sigmic-mock snapshot`."""

import json


async def test_a_project_is_saved_restored_forked_and_the_snapshot_deleted(mock, verb) -> None:
    kept = await mock.finished()
    code, said, _ = await verb("snapshot", "save", "before")
    lost = await mock.finished()

    assert (code, said.startswith("before  ")) == (0, True)
    assert (await verb("snapshot", "restore", "before"))[0] == 0
    assert (await mock.call("GET", f"/api/v1/tasks/{kept}")).status == 200
    assert (await mock.call("GET", f"/api/v1/tasks/{lost}")).status == 404
    _, forked, _ = await verb("snapshot", "fork", "before", "--count", "2", "--json")
    assert [list(fork["tasks"]) for fork in json.loads(forked)["forks"]] == [[kept], [kept]]
    assert (await verb("snapshot", "delete", "before"))[1].startswith("deleted before of project ")
    assert (await verb("snapshot", "list"))[1] == "there is no snapshot\n"


async def test_an_unknown_name_is_told_with_those_there_are(mock, verb) -> None:
    await verb("snapshot", "save")

    code, _, complaint = await verb("snapshot", "restore", "snapshot-2")

    assert (code, "snapshot-1" in complaint) == (1, True)
