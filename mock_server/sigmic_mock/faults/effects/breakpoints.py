"""The steps before which a breakpoint pauses a task: each is about to show an event."""

from typing import Any

from sigmic_mock.domain.events import Event
from sigmic_mock.domain.lifecycle import Input
from sigmic_mock.faults.effect import BREAKPOINT, before
from sigmic_mock.faults.engine import Here
from sigmic_mock.service.running_turn import RunningTurn
from sigmic_mock.service.tool_calls import ToolCalls
from sigmic_mock.service.turn_events import TurnEvents


@before(BREAKPOINT, at=TurnEvents.emit)
async def pause_before_event(here: Here, self: TurnEvents, event: Event) -> None:
    self.release()
    await here.faults.breakpoints.pause(here.subject, event.name, self._clock)


@before(BREAKPOINT, at=TurnEvents.say)
async def pause_before_text(here: Here, self: TurnEvents, _text: str) -> None:
    self.release()
    await here.faults.breakpoints.pause(here.subject, "content", self._clock)


@before(BREAKPOINT, at=ToolCalls.call)
async def pause_before_call(here: Here, self: ToolCalls, *_: Any) -> None:
    self._events.release()
    await here.faults.breakpoints.pause(here.subject, "tool_call", self._session.clock)


@before(BREAKPOINT, at=RunningTurn._finish)
async def pause_before_end(here: Here, self: RunningTurn, ending: Input, _error: object) -> None:
    event = "done" if ending is Input.COMPLETE else "error"
    await here.faults.breakpoints.pause(here.subject, event, self._clock)
