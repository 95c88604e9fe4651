"""Faults on request: the catalogue, what is armed, arming, clearing and dry runs, for a project or for all.

With `?scope=server` a fault is armed also for callers without credentials. A server that was started without
faults does not load this module.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.faults.armed import Armed
from sigmic_mock.faults.catalogue import BadFaultSpec, find, load_catalogue, specify
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.fault import Fault
from sigmic_mock.faults.trigger import conditions_as_json, situations_as_json


def handlers(faults: Faults) -> Handlers:
    """Return the handlers about faults."""

    def all_shown(armed: Iterable[Armed]) -> list[dict[str, Any]]:
        return [{**each.as_json(), "over": faults.is_over(each)} for each in armed]

    async def list_faults(_call: ControlCall) -> Any:
        await _read()
        return {
            "faults": [fault.as_json() for fault in load_catalogue().values()],
            "conditions": conditions_as_json(),
            "situations": situations_as_json(),
        }

    async def show_fault(call: ControlCall) -> Any:
        return (await _found(call.path["id"])).as_json()

    async def list_armed_faults(call: ControlCall) -> Any:
        armed = faults.active(_project(call))
        shown = [each for each in armed if each.project is None or not call.is_server_wide]
        return {"active": all_shown(shown), "unfired": [each.number for each in shown if each.fired == 0]}

    async def arm_fault(call: ControlCall, **implied: Any) -> Any:
        await _read()
        try:
            asked = specify(call.body["fault"], {**implied, **call.body["with"]})
        except BadFaultSpec as problem:
            raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
        [armed] = all_shown([faults.arm(asked, _project(call))])
        return armed

    async def arm_fault_once(call: ControlCall) -> Any:
        return await arm_fault(call, times=1)

    async def clear_faults(call: ControlCall) -> Any:
        named, number = call.query.get("fault"), call.query.get("number")
        clear = partial(faults.clear, _project(call), server_wide=call.is_server_wide)
        cleared = clear(id=named if named is None else (await _found(named)).id, number=number)
        if number is not None and not cleared:
            whose = "all callers" if call.is_server_wide else "this project"
            raise ApiError(
                ErrorCode.NOT_FOUND,
                f"No fault with the number {number} is armed for {whose}; see /faults/active",
            )
        return {"cleared": all_shown(cleared)}

    return by_name(list_faults, show_fault, list_armed_faults, arm_fault, arm_fault_once, clear_faults)


def dry_run_handlers(faults: Faults) -> Handlers:
    """Return the handlers of dry runs."""

    async def begin_dry_run(call: ControlCall) -> Any:
        await _read()
        specs = [
            specify(fault.id, {})
            for fault in load_catalogue().values()
            if fault.kind.value == call.body["class"]
        ]
        faults.begin_dry_run(specs, call.project_id)
        return {"project": call.project_id, "faults": len(specs)}

    async def end_dry_run(call: ControlCall) -> Any:
        recorded = faults.end_dry_run(call.project_id)
        met = () if recorded is None else recorded.occasions()
        return {
            "project": call.project_id,
            "occasions": [
                {"fault": fault, "situation": situation, "count": count} for fault, situation, count in met
            ],
        }

    return by_name(begin_dry_run, end_dry_run)


async def _read() -> None:
    """Read the catalogue in a thread: hundreds of rows of YAML, which the first of these calls waits for."""
    await asyncio.to_thread(load_catalogue)
    await asyncio.to_thread(situations_as_json)


async def _found(id: str) -> Fault:
    await _read()
    try:
        return find(id)
    except BadFaultSpec as problem:
        raise ApiError(ErrorCode.NOT_FOUND, str(problem)) from None


def _project(call: ControlCall) -> str | None:
    return None if call.is_server_wide else call.project_id
