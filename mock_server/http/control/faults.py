"""Faults on request: the catalogue, what is armed, arming and clearing, for a project or the whole server.

With `?scope=server` a fault is armed for everybody: callers without credentials meet it too.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.faults.catalogue import BadOrder, find, load_catalogue, order
from sigmic_conformance.mock_server.faults.engine import Armed, Faults
from sigmic_conformance.mock_server.http.control.router import ControlCall, ControlRoute


def routes(faults: Faults) -> Iterable[ControlRoute]:
    """Return the routes about faults."""

    async def catalogue(_call: ControlCall) -> Any:
        return {"faults": [fault.as_json() for fault in load_catalogue().values()]}

    async def show(call: ControlCall) -> Any:
        try:
            return find(call.path["id"]).as_json()
        except BadOrder as problem:
            raise ApiError(ErrorCode.NOT_FOUND, str(problem)) from None

    async def active(call: ControlCall) -> Any:
        armed = faults.active(None if call.is_server_wide else call.project_id)
        shown = [each for each in armed if each.project is None or not call.is_server_wide]
        return {"active": _shown(shown), "unfired": [each.number for each in shown if each.fired == 0]}

    async def arm(call: ControlCall) -> Any:
        return _arm(faults, call, {})

    async def arm_next(call: ControlCall) -> Any:
        return _arm(faults, call, {"times": 1})

    async def clear(call: ControlCall) -> Any:
        clear = faults.clear_server_wide if call.is_server_wide else partial(faults.clear, call.project_id)
        gone = clear(id=call.query.get("fault"))
        return {"cleared": _shown(gone)}

    return (
        ControlRoute("GET", "/faults", catalogue, scoped=False),
        ControlRoute("GET", "/faults/catalogue/{id}", show, scoped=False),
        ControlRoute("GET", "/faults/active", active, query=("scope",)),
        ControlRoute("POST", "/faults", arm, ("fault", "with"), ("scope",)),
        ControlRoute("POST", "/faults/next", arm_next, ("fault", "with"), ("scope",)),
        ControlRoute("DELETE", "/faults", clear, query=("fault", "scope")),
    )


def _arm(faults: Faults, call: ControlCall, implied: dict[str, Any]) -> Any:
    """Arm what the body names; `with` holds parameters of the fault and conditions of its trigger."""
    values = call.body.get("with", {})
    if not isinstance(values, dict):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "with must be an object")
    try:
        asked = order(call.text("fault"), {**implied, **values})
    except BadOrder as problem:
        raise ApiError(ErrorCode.VALIDATION_ERROR, str(problem)) from None
    return faults.arm(asked, None if call.is_server_wide else call.project_id).as_json()


def _shown(armed: Iterable[Armed]) -> list[dict[str, Any]]:
    return [each.as_json() for each in armed]
