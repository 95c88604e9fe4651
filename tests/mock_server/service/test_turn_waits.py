"""Tests of what a turn waits for, and what of it a snapshot takes along."""

import asyncio

from sigmic_conformance.mock_server.domain.model import ToolCall, ToolStatus
from sigmic_conformance.mock_server.service.turn_waits import TurnWaits, WaitState
from tests.fakes.clock import SteppedClock, settle

CALL = ToolCall(call_id="call_1", tool_name="tool", status=ToolStatus.EXECUTING)


async def test_a_wait_for_time_is_captured_with_what_is_left_and_is_over_when_it_has_passed() -> None:
    clock = SteppedClock()
    waits = TurnWaits(clock, "task")
    sleeping = asyncio.create_task(waits.sleep(10, CALL))
    await settle()
    await clock.advance(4)
    assert waits.capture() == WaitState(call=CALL, asks=False, seconds=6)

    await clock.advance(6)
    await sleeping
    assert waits.capture() is None


async def test_an_approval_that_nobody_gives_is_given_up_after_its_seconds_and_not_after_an_answer() -> None:
    clock = SteppedClock()
    waits, given_up = TurnWaits(clock, "task"), []
    with waits.asking(CALL, 10, lambda: given_up.append("late")):
        await clock.advance(10)
        assert waits.capture() == WaitState(call=CALL, asks=True, seconds=0)
    with waits.asking(CALL, 10, lambda: given_up.append("answered")):
        await clock.advance(9)
    await clock.advance(10)

    assert given_up == ["late"]


async def test_two_waits_at_once_are_not_captured() -> None:
    clock = SteppedClock()
    waits = TurnWaits(clock, "task")
    with waits.asking(CALL, 10, lambda: None):
        with waits.asking(CALL, 20, lambda: None):
            assert waits.capture() is None
        assert waits.capture() is not None
