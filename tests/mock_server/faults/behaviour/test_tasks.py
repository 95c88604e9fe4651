"""Tests of use cases that take what they must refuse, and change what they must keep."""

import asyncio

import pytest

from sigmic_conformance.mock_server.domain.accounts import Variables
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.faults.behaviour.tasks import UncheckedTask
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.uploads import FakeUpload
from tests.fakes.waiting import eventually

ANN = Principal(
    project_id="project",
    api_key_id="app",
    username="ann",
    app_id="app",
    end_user_id="ann",
    token_id="token-1",
)


async def follow_up(house: FaultyHouse, task_id: str, text: str = "again", **fields) -> None:
    await house.tasks.send_message(ALICE, task_id, text, **fields)
    await house.heard(await house.listen(task_id))


async def contents(house: FaultyHouse, task_id: str) -> list[str]:
    return [message.content for message in (await house.tasks.history(ALICE, task_id)).messages]


async def test_an_unchecked_task_is_taken_however_blank_and_a_checked_one_is_not(house: FaultyHouse) -> None:
    house.arm("create.accepts-blank")
    task = await house.tasks.create(ALICE, UncheckedTask(message=" "))

    assert (await house.tasks.get(ALICE, task.id)).task.message == " "
    with pytest.raises(ApiError):
        await house.create(" ")


async def test_text_outside_the_basic_plane_is_lost_and_other_text_is_no_occasion(house: FaultyHouse) -> None:
    armed = house.arm("create.basic-plane-only")

    assert await contents(house, await house.create("naïve")) == ["naïve"]
    assert armed.fired == 0
    assert await contents(house, await house.create("rain 🌧")) == ["rain ?"]


async def test_the_variables_of_a_token_exchange_are_shown_in_its_task(house: FaultyHouse) -> None:
    house.tokens.held["token-1"] = Variables(env={"TENANT": "acme"}, secrets={})
    armed = house.arm("vars.exchange-in-task")

    by_key = await house.create(env={"A": "1"})
    by_token = await house.create(by=ANN, env={"A": "1"})

    assert (await house.tasks.get(ALICE, by_key)).task.env == {"A": "1"}
    assert (await house.tasks.get(ANN, by_token)).task.env == {"A": "1", "TENANT": "acme"}
    assert armed.fired == 1


async def test_a_new_task_of_a_token_has_the_variables_that_the_token_was_exchanged_for(
    house: FaultyHouse,
) -> None:
    @house.agent.on("use")
    async def _(turn) -> None:
        await turn.say((await turn.call_tool("run_shell_command", {"command": "$V"})).output)

    house.tokens.held["token-1"] = Variables(env={"V": "new"}, secrets={})
    armed = house.arm("token.keeps-variables")

    async def answer() -> str:
        stream = await house.listen(await house.create("use", by=ANN), by=ANN)
        await house.heard(stream)
        return stream.text

    assert (await answer(), armed.fired) == ("new", 0)
    house.tokens.replaced["token-1"] = Variables(env={"V": "old"}, secrets={})
    assert (await answer(), armed.fired) == ("old", 1)


@pytest.mark.parametrize("operation", ["create", "follow-up"])
async def test_an_answer_comes_only_when_the_agent_is_done(house: FaultyHouse, operation: str) -> None:
    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.sleep(100)

    task_id = await house.finish()
    house.arm(f"{operation}.answers-last")
    work = house.create("slow") if operation == "create" else follow_up(house, task_id, "slow")
    answering = asyncio.ensure_future(work)
    await eventually(lambda: bool(house.runs.active))
    await house.clock.advance(1)
    await eventually(lambda: house.clock.waits_for(100))
    assert not answering.done()

    await house.clock.advance(100)
    await answering


async def test_the_users_words_name_the_files(house: FaultyHouse) -> None:
    house.arm("history.words-with-files")

    assert await contents(house, await house.create("read", upload=FakeUpload())) == [
        "Attached files:\n- uploads/data.csv\n\nread"
    ]
    assert await contents(house, await house.create("read")) == ["read"]


@pytest.mark.parametrize(
    ("fault", "attached", "on_disk"),
    [
        ("follow-up.files-lost", "uploads/data.csv", None),
        ("follow-up.files-empty", "uploads/data.csv", b""),
        ("follow-up.files-misnamed", "uploads/upload-1", b"a,b\n"),
    ],
)
async def test_the_files_of_a_follow_up_go_wrong_and_those_of_a_new_task_do_not(
    house: FaultyHouse, fault: str, attached: str, on_disk: bytes | None
) -> None:
    armed = house.arm(fault)
    task_id = await house.finish(upload=FakeUpload("first.csv"))
    assert armed.fired == 0

    await follow_up(house, task_id, upload=FakeUpload())

    message = (await house.tasks.history(ALICE, task_id)).messages[2]
    file = house.workspaces.path(task_id) / "uploads" / "data.csv"
    assert [each.path for each in message.attached_files] == [attached]
    assert (file.read_bytes() if file.exists() else None) == on_disk
    assert (house.workspaces.path(task_id) / "uploads" / "first.csv").read_bytes() == b"a,b\n"


@pytest.mark.parametrize(("text", "times"), [("List the names of the files I uploaded.", 1), ("Again.", 0)])
async def test_what_files_are_called_matters_to_who_asks(house: FaultyHouse, text: str, times: int) -> None:
    task_id = await house.finish()
    house.rehearse("follow-up.files-misnamed")
    await follow_up(house, task_id, text, upload=FakeUpload())

    assert house.rehearsed() == ["follow-up.files-misnamed"] * times


async def test_a_task_that_was_cancelled_takes_no_follow_up_and_a_completed_one_does(
    house: FaultyHouse,
) -> None:
    cancelled, completed = await house.create(), await house.finish()
    await house.tasks.cancel(ALICE, cancelled)
    house.arm("follow-up.not-after-cancellation")

    with pytest.raises(ApiError) as refusal:
        await house.tasks.check_sendable(ALICE, cancelled)
    assert refusal.value.code is ErrorCode.CONFLICT
    await house.tasks.check_sendable(ALICE, completed)


@pytest.mark.parametrize(
    ("fault", "is_live"), [("follow-up.new-conversation", True), ("restore.new-conversation", False)]
)
async def test_a_follow_up_begins_a_conversation_where_the_fault_says(
    house: FaultyHouse, fault: str, *, is_live: bool
) -> None:
    house.arm(fault)

    async def changes(task_id: str) -> bool:
        before = (await house.tasks.get(ALICE, task_id)).task.conversation_id
        await follow_up(house, task_id)
        return (await house.tasks.get(ALICE, task_id)).task.conversation_id != before

    live, expired = await house.finish(), await house.finish()
    assert house.sessions.expire(expired)

    assert (await changes(live), await changes(expired)) == (is_live, not is_live)


async def test_a_restore_is_refused(house: FaultyHouse) -> None:
    task_id = await house.finish()
    armed = house.arm("restore.refused")
    await follow_up(house, task_id)
    assert (house.sessions.expire(task_id), armed.fired) == (True, 0)

    with pytest.raises(ApiError) as refusal:
        await follow_up(house, task_id)
    assert refusal.value.code is ErrorCode.NOT_FOUND


async def test_a_refused_message_and_its_files_are_kept_without_a_run(house: FaultyHouse) -> None:
    task_id = await house.finish("first")

    await house.tasks.keep_refused_message(task_id, "refused")
    await house.tasks.keep_refused_message(house.ids.uuid(), "of no task")
    await house.tasks.keep_refused_files(task_id, FakeUpload())

    assert (await contents(house, task_id))[-1] == "refused"
    assert (await house.listen(task_id)).names.count("history_message") == 3
    assert [file.path for file in await house.artifacts.list(ALICE, task_id)] == ["uploads/data.csv"]
    assert house.runs.active == 0


async def test_the_project_of_a_task_is_told_whoever_asks(house: FaultyHouse) -> None:
    assert await house.tasks.project_of(await house.create()) == "project"
    assert await house.tasks.project_of("nonsense") is None
