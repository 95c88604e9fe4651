"""Tests of the streams that are refused, replayed in part, or left without heartbeats."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import TaskStatus
from tests.fakes.faulty_house import FaultyHouse
from tests.fakes.house import ALICE
from tests.fakes.subscriber import RecordingSubscriber


@pytest.fixture
async def waiting(house: FaultyHouse) -> str:
    """Return a task that waits for an approval; nobody listens to it."""

    @house.agent.on("ask")
    async def _(turn) -> None:
        await turn.call_tool("run_shell_command", {"command": "x"})

    task_id = await house.create("ask", auto_execute=False)
    subscriber = RecordingSubscriber()
    first = await house.streams.subscribe(ALICE, task_id, subscriber)
    await house.until(task_id, TaskStatus.AWAITING_APPROVAL)
    first.close()
    return task_id


async def test_a_sixth_stream_is_refused_and_asked_about_only_then(house: FaultyHouse, waiting: str) -> None:
    armed = house.arm("phase.few-readers")
    for _ in range(5):
        await house.listen(waiting)
    assert armed.fired == 0

    with pytest.raises(ApiError):
        await house.listen(waiting)
    assert armed.fired == 1


async def test_two_open_streams_are_no_reconnection(house: FaultyHouse) -> None:
    task_id = await house.create()
    armed = house.arm("phase.reconnect-without-history")

    streams = [await house.listen(task_id) for _ in range(2)]

    assert [stream.names[0] for stream in streams] == ["history_message"] * 2
    assert armed.fired == 0
