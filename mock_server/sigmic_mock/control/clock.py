"""/clock: show a project's time, set how it moves, and move it (docs/guides/time.md)."""

from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.clock.mode import Mode, read_duration, read_instant, read_mode
from sigmic_mock.runtime.clock.project_clock import Advance, ClockRuns, Fired, ProjectClock
from sigmic_spec.nearest import unfit

_LONGEST_NUMBER = 12


def handlers(clocks: Clocks) -> Handlers:
    """Return the handlers."""

    async def show_clock(call: ControlCall) -> dict[str, Any]:
        return _state(clocks.of(call.project_id), call.project_id)

    async def change_clock(call: ControlCall) -> dict[str, Any]:
        if not call.body:
            raise ApiError(ErrorCode.VALIDATION_ERROR, "Send mode, now or both")
        clock = clocks.of(call.project_id)
        # Both are read before either is changed.
        mode = mode_of("mode", call.body["mode"]) if "mode" in call.body else None
        now = read_instant("now", call.body["now"]) if "now" in call.body else None
        if mode is not None:
            clock.set_mode(mode)
        if now is not None:
            clock.set_now(now)
        return _state(clock, call.project_id)

    async def advance_clock(call: ControlCall) -> dict[str, Any]:
        seconds = read_duration("by", call.body["by"])
        clock = clocks.of(call.project_id)
        try:
            return _advance(await clock.advance(seconds))
        except ClockRuns:
            message = (
                f"The clock moves by itself in mode {clock.mode}. First set it to manual:"
                " `sigmic-mock clock set manual`, or PUT /clock with mode manual"
            )
            raise ApiError(ErrorCode.CONFLICT, message) from None

    async def list_timers(call: ControlCall) -> dict[str, Any]:
        clock = clocks.of(call.project_id)
        return {"now": timestamp(clock.now()), "timers": [_fired(timer) for timer in clock.pending]}

    async def fire_timer(call: ControlCall) -> dict[str, Any]:
        return _advance(await _fire(clocks.of(call.project_id), call.path["number"]))

    return by_name(show_clock, change_clock, advance_clock, list_timers, fire_timer)


async def _fire(clock: ProjectClock, number: str) -> Advance:
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    fired = await clock.fire(int(number)) if is_number else None
    if fired is None:
        raise ApiError(ErrorCode.NOT_FOUND, "This timer is not pending: it fired or was cancelled")
    return fired


def _state(clock: ProjectClock, project_id: str) -> dict[str, Any]:
    return {
        "project": project_id,
        "mode": str(clock.mode),
        "now": timestamp(clock.now()),
        "timers": len(clock.pending),
        "busy": clock.activity.busy,
    }


def _advance(advance: Advance) -> dict[str, Any]:
    return {
        "now": timestamp(advance.now),
        "fired": [_fired(timer) for timer in advance.fired],
        "counts": dict(advance.counts),
        "settled": advance.settled,
    }


def _fired(fired: Fired) -> dict[str, Any]:
    return {
        "number": fired.number,
        "timer": fired.timer,
        "owner": fired.owner,
        "due": timestamp(fired.due),
    }


def mode_of(field: str, text: str) -> Mode:
    """Return the mode that a field names; raises VALIDATION_ERROR."""
    try:
        return read_mode(text)
    except ValueError as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, unfit(field, problem, text[:80])) from None
