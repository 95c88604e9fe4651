"""What the mock promises about the life of a task where no page says anything: gaps of spec/facts.yaml."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from sigmic_mock.config.settings import Settings
from sigmic_mock.runtime.clock.mode import MANUAL
from tests.fakes.raw_calls import call_of
from tests.fakes.served import TASKS, Reading, Reply, Served, serving
from tests.fakes.subscriber import parse

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHELL = "Run exactly this shell command: echo hi"
AGAIN = f"{SHELL}\nThen run exactly this shell command: echo ho"
FAILS = "Fail with the message: boom"
MISSING, INVALID, CONFLICT = (404, "NOT_FOUND"), (400, "VALIDATION_ERROR"), (409, "CONFLICT")


def told(reply: Reply) -> tuple[int, str | None]:
    """The status, and the code of a refusal."""
    return reply.status, reply.code if reply.status >= 400 else None


def answered(mock: Served, task: str, call: str, body: Any) -> Any:
    return mock.call("POST", f"{TASKS}/{task}/tools/{call}/approve", json=body)


async def events_to_the_end(stream: Reading) -> list[tuple[str, Any]]:
    return parse(stream.heard + await stream.rest())


async def shown(mock: Served, task: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await mock.call("GET", f"{TASKS}/{task}/history")).data["messages"]
    return messages


# -- approvals ----------------------------------------------------------------------------------------------


async def test_an_answered_call_no_longer_waits_and_takes_no_second_answer(mock: Served):
    """G-64, G-70b and G-42."""
    stream = await mock.asking()
    call = await call_of(mock, stream.task)
    encoded = "".join(f"%{byte:02X}" for byte in call.encode())

    assert told(await answered(mock, stream.task, encoded, {"outcome": "proceed_once"})) == (200, None)
    assert not (await mock.task(stream.task)).get("pendingApprovals")
    assert told(await answered(mock, stream.task, quote(call), {"outcome": "proceed_once"})) == MISSING
    assert (await events_to_the_end(stream))[-1][0] == "done"
    assert told(await answered(mock, stream.task, call, {"outcome": "cancel"})) == MISSING


@pytest.mark.parametrize("body", [{}, {"outcome": "yes"}, {"outcome": ["proceed_once"]}], ids=str)
async def test_an_answer_needs_one_of_the_three_outcomes(mock: Served, body: Any):
    """G-67."""
    stream = await mock.asking()

    assert told(await answered(mock, stream.task, await call_of(mock, stream.task), body)) == INVALID
    stream.leave()


async def test_a_task_goes_on_after_a_cancelled_call(mock: Served):
    """G-65."""
    stream = await mock.asking()

    await mock.approve(stream.task, "cancel")
    events = await events_to_the_end(stream)

    (result,) = [data for kind, data in events if kind == "tool_result"]
    assert result["status"] == "cancelled"
    assert events[-1][0] == "done"
    assert (await mock.task(stream.task))["status"] == "completed"


async def test_every_tool_asks_and_always_is_for_one_tool(mock: Served):
    """G-70c and G-66."""
    stream = await mock.asking(f"{AGAIN}\nThen list the files in `.`")

    await mock.approve(stream.task, "proceed_always")
    await stream.until(b'"awaiting_approval"', 2)

    (waits,) = (await mock.task(stream.task))["pendingApprovals"]
    assert waits["toolName"] == "list_directory"
    await mock.approve(stream.task)
    asked = [
        data["toolName"]
        for kind, data in await events_to_the_end(stream)
        if kind == "tool_call" and data["status"] == "awaiting_approval"
    ]
    assert asked == ["run_shell_command", "list_directory"]


async def test_calls_that_wait_together_are_answered_one_by_one(mock: Served):
    """G-69."""
    parallel = (
        "Run exactly these shell commands at the same time, as parallel tool calls: `echo a` and `echo b`"
    )
    stream = await mock.asking(parallel)
    await stream.until(b'"awaiting_approval"', 2)
    first, second = [each["callId"] for each in (await mock.task(stream.task))["pendingApprovals"]]

    assert told(await answered(mock, stream.task, second, {"outcome": "cancel"})) == (200, None)
    (left,) = (await mock.task(stream.task))["pendingApprovals"]
    assert left["callId"] == first
    assert told(await answered(mock, stream.task, first, {"outcome": "proceed_once"})) == (200, None)
    results = {
        data["callId"]: data["status"]
        for kind, data in await events_to_the_end(stream)
        if kind == "tool_result"
    }
    assert results == {first: "success", second: "cancelled"}


# -- cancellation -------------------------------------------------------------------------------------------


async def test_a_finished_task_cannot_be_cancelled(mock: Served):
    """G-71."""
    done, _ = await mock.run("What is 2+2?")
    failed, _ = await mock.run(FAILS)
    cancelled = await mock.create()
    await mock.call("DELETE", f"{TASKS}/{cancelled}")

    refused = [await mock.call("DELETE", f"{TASKS}/{task}") for task in (done, failed, cancelled)]

    assert {told(each) for each in refused} == {CONFLICT}


async def test_a_task_that_awaits_an_approval_is_cancelled_and_its_streams_say_so(mock: Served):
    """G-72, G-73, G-74, G-75, G-46 and G-53."""
    stream = await mock.asking(f"Say `before`. Then {SHELL[0].lower()}{SHELL[1:]}")

    assert (await mock.call("DELETE", f"{TASKS}/{stream.task}")).status == 200
    events = await events_to_the_end(stream)

    kind, error = events[-1]
    assert (kind, error["code"]) == ("error", "CANCELLED")
    assert error["message"]
    assert [kind for kind, _ in events].count("done") == 0
    assert "executing" not in [data.get("status") for kind, data in events if kind == "tool_call"]
    task = await mock.task(stream.task)
    assert (task["status"], task["error"]) == ("cancelled", None)
    assert task["completedAt"] is not None
    assert task["output"] is not None
    assert (await mock.call("GET", f"{TASKS}/{stream.task}/artifacts")).status == 200
    assert (await shown(mock, stream.task))[0]["role"] == "user"


# -- follow-ups ---------------------------------------------------------------------------------------------


async def test_an_unfinished_task_takes_no_follow_up(mock: Served):
    """G-59."""
    stream, pending = await mock.asking(), await mock.create()

    for task in (stream.task, pending):
        reply = await mock.call("POST", f"{TASKS}/{task}/messages", json={"message": "More"})
        assert told(reply) == CONFLICT
    stream.leave()


@pytest.mark.parametrize(
    "body",
    [
        # G-13
        {"message": "More", "env": {}},
        {"message": "More", "secrets": {}},
        {"message": "More", "autoExecute": True},
        {"message": "More", "systemPrompt": "p"},
        # G-11
        {},
        {"message": ""},
    ],
    ids=str,
)
async def test_a_follow_up_has_a_message_and_no_option(mock: Served, body: Any):
    reply = await mock.call("POST", f"{TASKS}/{await mock.finished()}/messages", json=body)

    assert told(reply) == INVALID


async def test_a_follow_up_runs_after_a_failure_and_after_a_cancellation(mock: Served):
    """G-60 and G-45."""
    failed, _ = await mock.run(FAILS)
    error = (await mock.task(failed))["error"]
    cancelled = await mock.create()
    await mock.call("DELETE", f"{TASKS}/{cancelled}")

    assert error == "boom"
    for task in (failed, cancelled):
        await mock.say(task, "What is 2+2?")
        assert parse(await mock.stream(task))[-1][0] == "done"
        assert (await mock.task(task))["status"] == "completed"


async def test_a_follow_up_keeps_the_first_message_and_the_options_and_shows_its_own_output(mock: Served):
    """G-39, G-62, G-43 and G-44."""
    task, _ = await mock.run("What is 2+2?", autoExecute=False, systemPrompt="p", env={"A": "b"})
    first = await mock.task(task)

    await mock.say(task, SHELL)
    stream = await mock.follow(task)
    await stream.until(b"awaiting_approval")
    meanwhile = await mock.task(task)
    await mock.approve(task)
    await stream.rest()
    last = await mock.task(task)

    assert (first["completedAt"] is None, meanwhile["completedAt"]) == (False, None)
    for name in ("message", "autoExecute", "systemPrompt", "env"):
        assert meanwhile[name] == last[name] == first[name]
    assert first["output"]["content"] not in last["output"]["content"]
    assert [call["toolName"] for call in last["output"]["toolCalls"]] == ["run_shell_command"]


# -- history and sessions -----------------------------------------------------------------------------------


async def test_an_answer_is_in_the_history_when_it_is_finished_with_its_calls(mock: Served):
    """X-18 and G-49."""
    stream = await mock.asking()

    assert [each["role"] for each in await shown(mock, stream.task)] == ["user"]
    await mock.approve(stream.task)
    await stream.rest()
    (call,) = [call for each in await shown(mock, stream.task) for call in each.get("toolCalls", ())]
    assert {"args", "output"} <= call.keys()


async def test_a_session_expires_after_half_an_hour_and_a_restored_one_has_a_new_id(tmp_path: Any):
    """G-63."""
    assert Settings().session_idle == 1800
    async with serving(tmp_path, clock=MANUAL) as mock:

        async def session_after(by: str) -> str:
            await mock.did("advance_clock", by=by)
            await mock.say(task, SHELL)
            reading = asyncio.ensure_future(mock.stream(task))
            await mock.did("advance_clock", by="20s")
            await reading
            return str((await mock.task(task))["sessionId"])

        task = await mock.create(SHELL)
        reading = asyncio.ensure_future(mock.stream(task))
        await mock.did("advance_clock", by="20s")
        await reading
        first = (await mock.task(task))["sessionId"]

        assert await session_after("29m") == first
        assert await session_after("31m") != first
