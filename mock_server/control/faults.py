"""Faults on request: the catalogue, what is armed, arming and clearing, for a project or the whole server.

With `?scope=server` a fault is armed for all callers, including those without credentials. On a server that
was started without faults every one of these routes answers CONFLICT, and the catalogue is never loaded.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.control.router import ControlCall, Handlers, by_name
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.armed import Armed
    from sigmic_conformance.mock_server.faults.engine import Faults

OFF = "Faults are off; start the server without --no-faults"


def handlers(faults: "Faults | None") -> Handlers:
    """Return the handlers about faults; without any they refuse."""

    async def list_faults(_call: ControlCall) -> Any:
        await with_catalogue(faults)
        from sigmic_conformance.mock_server.faults.catalogue import load_catalogue  # noqa: PLC0415 - only where faults are on
        from sigmic_conformance.mock_server.faults.trigger import conditions_as_json, situations_as_json  # noqa: PLC0415 - as above

        return {
            "faults": [fault.as_json() for fault in load_catalogue().values()],
            "conditions": conditions_as_json(),
            "situations": situations_as_json(),
        }

    async def show_fault(call: ControlCall) -> Any:
        await with_catalogue(faults)
        from sigmic_conformance.mock_server.faults.catalogue import BadFaultSpec, find  # noqa: PLC0415 - as above

        try:
            return find(call.path["id"]).as_json()
        except BadFaultSpec as problem:
            raise ApiError(ErrorCode.NOT_FOUND, str(problem)) from None

    async def list_armed_faults(call: ControlCall) -> Any:
        armed = (await with_catalogue(faults)).active(None if call.is_server_wide else call.project_id)
        shown = [each for each in armed if each.project is None or not call.is_server_wide]
        return {"active": _shown(shown), "unfired": [each.number for each in shown if each.fired == 0]}

    async def arm_fault(call: ControlCall) -> Any:
        return _arm(await with_catalogue(faults), call, {})

    async def arm_fault_once(call: ControlCall) -> Any:
        return _arm(await with_catalogue(faults), call, {"times": 1})

    async def clear_faults(call: ControlCall) -> Any:
        armed = await with_catalogue(faults)
        clear = partial(
            armed.clear,
            None if call.is_server_wide else call.project_id,
            server_wide=call.is_server_wide,
        )
        return {"cleared": _shown(clear(id=call.query.get("fault"), number=call.query.get("number")))}

    return by_name(list_faults, show_fault, list_armed_faults, arm_fault, arm_fault_once, clear_faults)


async def with_catalogue(faults: "Faults | None") -> "Faults":
    """Return the faults of a server, with their catalogue read; raises CONFLICT when there are none."""
    if faults is None:
        raise ApiError(ErrorCode.CONFLICT, OFF)
    # In a thread: some hundred rows of YAML, which the first of these calls has to wait for.
    await asyncio.to_thread(_read_catalogue)
    return faults


def _read_catalogue() -> None:
    from sigmic_conformance.mock_server.faults.catalogue import load_catalogue  # noqa: PLC0415 - as above
    from sigmic_conformance.mock_server.faults.trigger import situations_as_json  # noqa: PLC0415 - as above

    load_catalogue()
    situations_as_json()


def _arm(faults: "Faults", call: ControlCall, implied: dict[str, Any]) -> Any:
    """Arm what the body names; `with` holds parameters of the fault and conditions of its trigger."""
    from sigmic_conformance.mock_server.faults.catalogue import BadFaultSpec, specify  # noqa: PLC0415 - as above

    try:
        asked = specify(call.body["fault"], {**implied, **call.body["with"]})
    except BadFaultSpec as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
    return faults.arm(asked, None if call.is_server_wide else call.project_id).as_json()


def _shown(armed: "Iterable[Armed]") -> list[dict[str, Any]]:
    return [each.as_json() for each in armed]
