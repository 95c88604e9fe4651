"""/breakpoints: pause a task before an event, look, and release it (docs/guides/test-your-client.md)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from sigmic_mock.control.fields import one_of
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.faults.breakpoints import Breakpoint, Breakpoints, State
from sigmic_mock.runtime.clock.mode import read_duration
from sigmic_spec.document import Document

_LONGEST = 600.0
_OF_HISTORY = frozenset({"history_message", "history_done"})


def handlers(breakpoints: Breakpoints, document: Document) -> Handlers:
    """Return the handlers."""
    events = [name for name in document.event_schemas if name not in _OF_HISTORY]

    async def set_breakpoint(call: ControlCall) -> Any:
        for each in call.body["event"].split("|"):
            one_of("event", each, events)
        made = breakpoints.set(
            call.project_id,
            call.body["event"],
            task=call.body.get("task"),
            limit=_seconds("limit", call.body),
        )
        return made.as_json()

    async def list_breakpoints(call: ControlCall) -> Any:
        return {"breakpoints": [each.as_json() for each in breakpoints.of(call.project_id)]}

    async def wait_for_breakpoint(call: ControlCall) -> Any:
        found = _found(breakpoints, call)
        try:
            await asyncio.wait_for(found.reached.wait(), _seconds("timeout", call.body))
        except TimeoutError:
            told = f"No task reached breakpoint {found.number}, before {found.event}, within the timeout"
            raise ApiError(ErrorCode.CONFLICT, told) from None
        return found.as_json()

    async def release_breakpoint(call: ControlCall) -> Any:
        found = _found(breakpoints, call)
        if found.state is State.TIMED_OUT:
            told = f"Breakpoint {found.number} ended by its limit of {found.limit:g} s; set a longer limit"
            raise ApiError(ErrorCode.CONFLICT, told)
        breakpoints.release(found)
        return found.as_json()

    return by_name(set_breakpoint, list_breakpoints, wait_for_breakpoint, release_breakpoint)


def _found(breakpoints: Breakpoints, call: ControlCall) -> Breakpoint:
    """Return the breakpoint that a call names; raises NOT_FOUND."""
    for each in breakpoints.of(call.project_id):
        if str(each.number) == call.path["number"]:
            return each
    raise ApiError(ErrorCode.NOT_FOUND, f"There is no breakpoint {call.path['number'][:20]} in this project")


def _seconds(name: str, body: Mapping[str, Any]) -> float:
    seconds = read_duration(name, body[name])
    if not 0 < seconds <= _LONGEST:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"{name} must be above 0 and at most 10m")
    return seconds
