"""Tests of the streams that are refused, replayed in part, or left without heartbeats."""

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
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


async def test_a_finished_task_has_no_stream(house: FaultyHouse) -> None:
    task_id = await house.finish()
    house.arm("stream.refused-when-finished")

    with pytest.raises(ApiError) as refusal:
        await house.listen(task_id)
    assert refusal.value.code is ErrorCode.NOT_FOUND


async def test_a_sixth_stream_is_refused_and_asked_about_only_then(house: FaultyHouse, waiting: str) -> None:
    armed = house.arm("phase.few-readers")
    for _ in range(5):
        await house.listen(waiting)
    assert armed.fired == 0

    with pytest.raises(ApiError):
        await house.listen(waiting)
    assert armed.fired == 1


async def test_a_pending_task_is_called_idle(house: FaultyHouse) -> None:
    task_id = await house.create()
    house.arm("phase.pending-is-idle")

    stream = await house.listen(task_id)

    assert stream.finished
    assert stream.payloads("history_done") == [{"messageCount": 1, "isStreaming": False}]


async def test_a_waiting_task_is_called_idle_to_its_second_reader_alone(
    house: FaultyHouse, waiting: str
) -> None:
    house.arm("stream.second-is-idle")

    first, second = await house.listen(waiting), await house.listen(waiting)

    assert (first.finished, second.finished) == (0, 1)


async def test_the_history_is_told_to_nobody_after_a_stream_was_closed(
    house: FaultyHouse, waiting: str
) -> None:
    house.arm("phase.reconnect-without-history")

    again = await house.listen(waiting)

    assert again.names == ["history_done", "tool_call"]
    assert again.payloads("history_done") == [{"messageCount": 0, "isStreaming": True}]


async def test_two_open_streams_are_no_reconnection(house: FaultyHouse) -> None:
    task_id = await house.create()
    armed = house.arm("phase.reconnect-without-history")

    streams = [await house.listen(task_id) for _ in range(2)]

    assert [stream.names[0] for stream in streams] == ["history_message"] * 2
    assert armed.fired == 0


async def test_a_follow_up_is_not_replayed(house: FaultyHouse) -> None:
    task_id = await house.finish()
    house.arm("phase.follow-up-not-replayed")
    assert "history_message" in (await house.listen(task_id)).names

    await house.tasks.send_message(ALICE, task_id, "more")

    assert (await house.listen(task_id)).names == ["history_done"]


async def test_only_the_first_reader_gets_heartbeats(house: FaultyHouse, waiting: str) -> None:
    house.arm("heartbeat.first-missing")
    first, second = await house.listen(waiting), await house.listen(waiting)

    await house.clock.advance(15)

    assert (first.heartbeats, second.heartbeats) == (1, 0)
