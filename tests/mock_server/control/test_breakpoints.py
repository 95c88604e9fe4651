"""Breakpoints through the control plane."""

import asyncio

import pytest

from tests.fakes.served import Served

PLAYBOOK = "name: work\nwhen: {message: work}\nsteps: [{say: one}, {run: {command: ls}}, {say: two}]\n"


async def begun(mock: Served) -> str:
    await mock.did("put_playbook", name="work", yaml=PLAYBOOK)
    return await mock.create("work")


async def heard(mock: Served, task: str) -> str:
    async with asyncio.timeout(20):
        return (await mock.stream(task)).decode()


@pytest.mark.parametrize("event", ["status", "content", "tool_call", "tool_result", "done"])
async def test_a_task_is_paused_before_an_event_until_it_is_released(mock: Served, event: str) -> None:
    number = (await mock.did("set_breakpoint", event=event))["number"]
    task = await begun(mock)
    stream = asyncio.create_task(heard(mock, task))
    paused = await mock.did("wait_for_breakpoint", number=number)
    timeline = [each.get("event") for each in (await mock.did("show_timeline", task=task))["timeline"]]

    assert (paused["task"], paused["before"], paused["state"]) == (task, event, "paused")
    assert event not in timeline
    assert (await mock.task(task))["status"] == "running"
    released = await mock.did("release_breakpoint", number=number)
    assert released["state"] == "released"
    assert f"event: {event}\n" in await stream
    assert (await mock.task(task))["status"] == "completed"


async def test_a_breakpoint_that_is_never_released_ends_by_its_limit(mock: Served) -> None:
    number = (await mock.did("set_breakpoint", event="content|tool_call", limit="20ms"))["number"]
    task = await begun(mock)

    assert "event: done" in await heard(mock, task)
    [one] = (await mock.did("list_breakpoints"))["breakpoints"]
    assert (one["state"], one["before"]) == ("timed_out", "content")
    late = await mock.ask("release_breakpoint", number=number)
    assert (late.status, "ended by its limit of 0.02 s" in late.message) == (409, True)


async def test_a_paused_task_can_be_cancelled_and_reset_releases(mock: Served) -> None:
    async def paused() -> tuple[str, "asyncio.Task[str]"]:
        number = (await mock.did("set_breakpoint", event="tool_call"))["number"]
        task = await begun(mock)
        stream = asyncio.create_task(heard(mock, task))
        await mock.did("wait_for_breakpoint", number=number)
        return task, stream

    task, stream = await paused()
    assert (await mock.call("DELETE", f"/api/v1/tasks/{task}")).status == 200
    assert "CANCELLED" in await stream
    _, stream = await paused()
    await mock.did("reset", scope=["faults"])

    assert "event: done" in await stream
    assert (await mock.did("list_breakpoints"))["breakpoints"] == []


@pytest.mark.parametrize(
    ("operation", "fields", "code", "told"),
    [
        ("set_breakpoint", {"event": "tool_cal"}, 400, "did you mean tool_call?"),
        ("set_breakpoint", {"event": "heartbeat"}, 400, "event must be one of"),
        ("set_breakpoint", {"event": "done", "limit": "1h"}, 400, "limit must be above 0 and at most 10m"),
        ("set_breakpoint", {"event": "done", "limit": "soon"}, 400, "limit must be a time, for example 30s"),
        ("release_breakpoint", {"number": 99}, 404, "There is no breakpoint 99 in this project"),
    ],
)
async def test_a_mistake_is_refused_in_words(
    mock: Served, operation: str, fields: dict[str, object], code: int, told: str
) -> None:
    refused = await mock.ask(operation, **fields)

    assert (refused.status, told in refused.message) == (code, True)


async def test_a_wait_for_a_task_that_does_not_come_ends(mock: Served) -> None:
    number = (await mock.did("set_breakpoint", event="done"))["number"]
    refused = await mock.ask("wait_for_breakpoint", number=number, timeout="10ms")

    assert refused.status == 409
    assert f"No task reached breakpoint {number}, before done" in refused.message
