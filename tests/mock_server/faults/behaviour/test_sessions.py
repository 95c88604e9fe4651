"""Tests of sessions that mix up variables and sandboxes, and keep or take what they should not."""

import pytest

from sigmic_conformance.mock_server.domain.model import Outcome
from sigmic_conformance.mock_server.domain.secret import Secret
from tests.fakes.clock import settle
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.uploads import FakeUpload
from tests.fakes.waiting import eventually

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


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (None, "env blue secret [secret HIDDEN]"),
        ("variables.env-lost", "env $PLAIN secret [secret HIDDEN]"),
        ("variables.secrets-lost", "env blue secret $HIDDEN"),
        ("secrets.printed", "env blue secret hunter22"),
    ],
)
async def test_variables_reach_the_tools_as_the_fault_has_it(
    house: FaultyHouse, fault: str | None, text: str
) -> None:
    if fault is not None:
        house.arm(fault)

    assert await used(house, **VARIABLES) == text


async def test_on_the_same_name_env_wins_and_without_one_nothing_is_asked(house: FaultyHouse) -> None:
    armed = house.arm("variables.env-wins")
    await used(house, **VARIABLES)
    assert armed.fired == 0

    both = {"env": {"HIDDEN": "plain"}, "secrets": {"HIDDEN": Secret("hunter22")}}
    assert await used(house, **both) == "env $PLAIN secret plain"


async def test_a_session_has_the_variables_of_its_neighbour(house: FaultyHouse) -> None:
    await house.finish("use", **VARIABLES)
    house.arm("vars.leak")

    assert await used(house) == "env blue secret [secret HIDDEN]"


def folders(house: FaultyHouse) -> list[str]:
    return [sandbox.root.rpartition("/")[2] for sandbox in house.backend.made]


async def test_a_sandbox_works_in_the_workspace_of_another_task(house: FaultyHouse) -> None:
    house.arm("isolation.shared-workspace")
    first = await house.finish("use", upload=FakeUpload())
    second = await house.finish("use")

    assert folders(house) == [first, first]

    assert second != first


async def test_among_neighbours_without_files_a_sandbox_works_in_its_own_place(house: FaultyHouse) -> None:
    armed = [house.arm(f"isolation.{kind}-workspace") for kind in ("shared", "recycled")]
    tasks = [await house.finish("use") for _ in range(2)]

    assert folders(house) == tasks
    assert not any(each.fired for each in armed)


async def test_a_sandbox_finds_the_files_of_another_task_beside_its_own(house: FaultyHouse) -> None:
    first = await house.finish("use", upload=FakeUpload())
    house.arm("isolation.recycled-workspace")
    second = await house.finish("use")

    assert folders(house) == [first, second]
    assert (house.workspaces.path(second) / "uploads" / "data.csv").read_bytes() == b"a,b\n"


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


async def test_a_restored_session_finds_the_secrets_of_the_one_before(house: FaultyHouse) -> None:
    house.arm("restore.secrets-by-chance")
    task_id = await house.finish("use", **VARIABLES)
    house.sessions.expire(task_id)
    assert await answer(house, task_id) == "env blue secret [secret HIDDEN]"

    house.sessions.expire(task_id)
    assert await answer(house, task_id) == "env blue secret $HIDDEN"


async def test_a_restored_session_allows_what_the_one_before_allowed(house: FaultyHouse) -> None:
    house.arm("restore.keeps-approvals")
    task_id = await house.create("use", auto_execute=False)
    stream = await house.listen(task_id)
    await eventually(lambda: bool(house.runs.pending_approvals(task_id)))
    [call] = house.runs.pending_approvals(task_id)
    await house.tasks.approve(ALICE, task_id, call.call_id, Outcome.PROCEED_ALWAYS)
    await house.heard(stream)
    house.sessions.expire(task_id)

    assert (await answer(house, task_id)).startswith("env")


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


async def test_an_expired_session_takes_the_files_along(house: FaultyHouse) -> None:
    house.arm("artifact.lost-after-session")
    task_id = await house.finish("use", upload=FakeUpload())

    house.sessions.expire(task_id)

    await eventually(lambda: not house.workspaces.path(task_id).exists())
    assert [sandbox.alive for sandbox in house.backend.made] == [False]
