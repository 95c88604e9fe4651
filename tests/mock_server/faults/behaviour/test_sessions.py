"""Tests of sessions that mix up variables and sandboxes, and keep or take what they should not."""

import pytest

from sigmic_conformance.mock_server.domain.secret import Secret
from tests.fakes.clock import settle
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.uploads import FakeUpload

ECHO = "env $PLAIN secret $HIDDEN"


@pytest.fixture(autouse=True)
def agent(house: FaultyHouse) -> None:
    """Let the agent answer `use` with what a command prints of the variables."""

    @house.agent.on("use")
    async def _(turn) -> None:
        outcome = await turn.call_tool("run_shell_command", {"command": ECHO})
        await turn.say(outcome.output.splitlines()[0])

    @house.agent.on("leave")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "sleep 60 >log 2>&1 &"})


async def answer(house: FaultyHouse, task_id: str) -> str:
    await house.tasks.send_message(ALICE, task_id, "use")
    stream = await house.listen(task_id)
    await house.heard(stream)
    return stream.text


async def used(house: FaultyHouse, **fields) -> str:
    stream = await house.listen(await house.create("use", **fields))
    await house.heard(stream)
    return stream.text


VARIABLES = {"env": {"PLAIN": "blue"}, "secrets": {"HIDDEN": Secret("hunter22")}}


async def test_on_the_same_name_env_wins_and_without_one_nothing_is_asked(house: FaultyHouse) -> None:
    armed = house.arm("variables.env-wins")
    await used(house, **VARIABLES)
    assert armed.fired == 0

    both = {"env": {"HIDDEN": "plain"}, "secrets": {"HIDDEN": Secret("hunter22")}}
    assert await used(house, **both) == "env $PLAIN secret plain"


def folders(house: FaultyHouse) -> list[str]:
    return [sandbox.root.rpartition("/")[2] for sandbox in house.backend.made]


async def test_among_neighbours_without_files_a_sandbox_works_in_its_own_place(house: FaultyHouse) -> None:
    armed = [house.arm(f"isolation.{kind}-workspace") for kind in ("shared", "recycled")]
    tasks = [await house.finish("use") for _ in range(2)]

    assert folders(house) == tasks
    assert not any(each.fired for each in armed)


async def test_tools_run_in_the_sandbox_of_another_task_as_long_as_that_lives(house: FaultyHouse) -> None:
    house.arm("isolation.shared-sandbox")
    idle, first, second = [await house.finish(message) for message in ("use", "leave", "use")]
    assert folders(house) == [idle, first]  # who has no process to be seen shares nothing

    house.sessions.expire(first)
    await answer(house, second)
    assert folders(house) == [idle, first, second]


async def test_a_sandbox_is_started_apart_from_the_uploaded_files(house: FaultyHouse) -> None:
    armed = house.arm("agent.finds-no-upload")
    await house.finish("use")
    assert armed.fired == 0

    task_id = await house.finish("use", upload=FakeUpload())
    assert folders(house)[-1] == f"{task_id}-apart"


async def test_a_restored_session_works_in_an_empty_folder(house: FaultyHouse) -> None:
    armed = house.arm("restore.tools-without-files")
    task_id = await house.finish("use", upload=FakeUpload())
    assert armed.fired == 0

    house.sessions.expire(task_id)
    await answer(house, task_id)
    assert folders(house) == [task_id, f"{task_id}-restored"]


@pytest.mark.parametrize(("message", "alive"), [("leave", [True]), ("use", [False])])
async def test_an_expired_session_leaves_what_a_command_put_into_the_background(
    house: FaultyHouse, message: str, alive: list[bool]
) -> None:
    armed = house.arm("session.leaves-processes")
    task_id = await house.finish(message)

    house.sessions.expire(task_id)
    await house.sessions.ended(task_id)
    await settle()

    assert [sandbox.alive for sandbox in house.backend.made] == alive
    assert [bool(armed.fired)] == alive


@pytest.mark.parametrize("messages", [1, 0])
async def test_an_approval_that_outlives_its_session_matters_to_who_goes_on_with_it(
    house: FaultyHouse, messages: int
) -> None:
    house.rehearse("restore.keeps-approvals")
    task_id = await house.finish("use")
    session = house.sessions.of(task_id)
    assert session is not None
    session.always_allowed.add("run_shell_command")

    house.sessions.expire(task_id)
    for _ in range(messages):
        await answer(house, task_id)

    assert house.rehearsed() == ["restore.keeps-approvals"] * messages
