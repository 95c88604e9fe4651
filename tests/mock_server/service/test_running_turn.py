"""A run: its start, the earlier turns that it recalls, and every way in which it ends."""

import asyncio

from sigmic_mock.agent.turn import TurnCancelled
from sigmic_mock.domain.model import TaskStatus
from tests.fakes.house import ALICE, House
from tests.fakes.waiting import eventually


async def test_a_task_without_a_reader_starts_after_the_grace(house: House) -> None:
    task_id = await house.create()
    await house.clock.advance(0.999)
    assert await house.status(task_id) is TaskStatus.PENDING

    await house.clock.advance(0.001)
    await house.until(task_id, TaskStatus.COMPLETED)


async def test_a_broken_agent_fails_the_task_without_telling_why(house: House) -> None:
    @house.agent.on("break")
    async def _(turn) -> None:
        raise RuntimeError("/etc/shadow")

    task_id = await house.create("break")
    stream = await house.hear(task_id)

    assert stream.names[-1] == "error"
    assert b"shadow" not in stream.received
    assert (await house.tasks.get(ALICE, task_id)).task.error == (
        "The agent stopped because of an internal error"
    )


async def test_an_answer_that_cannot_be_saved_fails_the_task_and_ends_the_stream(house: House) -> None:
    @house.agent.on("unlucky")
    async def _(turn) -> None:
        await turn.say("lost")
        await house.database.write(lambda con: con.execute("DROP TABLE outputs"))

    task_id = await house.create("unlucky")
    stream = await house.hear(task_id)

    assert stream.events[-1] == (
        "error",
        {"message": "The answer could not be saved", "code": "INTERNAL_ERROR"},
    )
    assert await house.status(task_id) is TaskStatus.FAILED


async def test_an_answer_for_which_the_disk_has_no_room_says_so(house: House) -> None:
    @house.agent.on("long")
    async def _(turn) -> None:
        await house.database.write(lambda con: con.execute("PRAGMA max_page_count = 1"))
        await turn.say("x" * 200_000)

    task_id = await house.create("long")
    stream = await house.hear(task_id)
    told = "The answer could not be saved. The disk of the server is full."

    assert stream.events[-1] == ("error", {"message": told, "code": "INTERNAL_ERROR"})
    assert (await house.tasks.get(ALICE, task_id)).task.error == told
    await house.database.write(lambda con: con.execute("PRAGMA max_page_count = 100000"))


async def test_the_end_of_a_run_is_saved_as_soon_as_there_is_room_again(house: House) -> None:
    @house.agent.on("unlucky")
    async def _(turn) -> None:
        await house.database.write(lambda con: con.execute("ALTER TABLE outputs RENAME TO full"))

    def saved(con) -> list[str]:
        return [row["status"] for row in con.execute("SELECT status FROM tasks")]

    task_id = await house.create("unlucky")
    await house.hear(task_id)
    while_full = await house.database.read(saved)
    await house.clock.advance(5)
    await house.database.write(lambda con: con.execute("ALTER TABLE full RENAME TO outputs"))

    async def is_saved() -> bool:
        await house.clock.advance(5)
        return await house.database.read(saved) == ["failed"]

    assert while_full == ["running"]
    await eventually(is_saved)
    assert await house.status(task_id) is TaskStatus.FAILED


async def test_a_turn_that_ends_while_it_asks_fails_instead_of_waiting_for_ever(house: House) -> None:
    @house.agent.on("hasty")
    async def _(turn) -> None:
        call = asyncio.ensure_future(turn.call_tool("run_shell_command", {"command": "x"}))
        await eventually(lambda: bool(house.turns.pending_approvals(task_id)))
        call.cancel()

    task_id = await house.create("hasty", auto_execute=False)
    stream = await house.hear(task_id)

    assert stream.names[-2:] == ["tool_result", "error"]
    view = await house.tasks.get(ALICE, task_id)
    assert (view.task.status, view.pending_approvals) == (TaskStatus.FAILED, ())


async def test_a_turn_that_is_called_off_cancels_the_task(house: House) -> None:
    @house.agent.on("stop")
    async def _(turn) -> None:
        raise TurnCancelled

    task_id = await house.create("stop")
    stream = await house.hear(task_id)

    assert stream.payloads("error") == [{"message": "The task was cancelled", "code": "CANCELLED"}]
    assert await house.status(task_id) is TaskStatus.CANCELLED


async def test_a_run_that_is_broken_off_leaves_an_answer_only_if_there_was_something_of_it(
    house: House,
) -> None:
    @house.agent.on("think")
    async def _(turn) -> None:
        await turn.think("S", "d")
        await turn.sleep(1000)

    @house.agent.on("wait")
    async def _(turn) -> None:
        await turn.sleep(1000)

    answers = {}
    for message in ("think", "wait"):
        task_id = await house.create(message)
        stream = await house.listen(task_id)
        await eventually(lambda: house.clock.waits_for(1000))
        await house.tasks.cancel(ALICE, task_id)
        await house.heard(stream)
        answers[message] = (await house.tasks.history(ALICE, task_id)).messages[1:]

    assert answers["wait"] == ()
    [answer] = answers["think"]
    assert (answer.content, [thought.subject for thought in answer.thoughts]) == ("", ["S"])
