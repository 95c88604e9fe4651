"""/reset, /sessions, /streams: put a project back to nothing, end a session early, see who still listens."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal, Role
from sigmic_mock.service.platform import Platform

Part = Callable[[str], Awaitable[object]]
"""Resets one thing of a project, given its id."""


def handlers(platform: Platform, parts: Mapping[str, Part]) -> Handlers:
    """Return the handlers. `parts` are what can be reset, in the order in which it is done."""

    async def reset(call: ControlCall) -> dict[str, Any]:
        done = [name for name in parts if name in call.body.get("scope", parts)]
        for name in done:
            await parts[name](call.project_id)
        return {"project": call.project_id, "reset": done}

    async def expire_session(call: ControlCall) -> dict[str, Any]:
        task_id = call.path["task"]
        owner = Principal(
            project_id=call.project_id, api_key_id="control", username="control", role=Role.OWNER
        )
        view = await platform.tasks.get(owner, task_id)
        if not view.task.status.is_final:
            raise ApiError(
                ErrorCode.CONFLICT,
                f"The task is {view.task.status.value}: its session can expire only when the task is idle",
            )
        expired = platform.sessions.expire(task_id)
        # Let the work that ends its processes begin, then wait for it.
        await platform.sessions.ended(task_id)
        return {"task": task_id, "session": view.task.session_id, "expired": expired}

    async def list_streams(call: ControlCall) -> dict[str, Any]:
        tasks = platform.streams.open_in(call.project_id)
        return {"project": call.project_id, "open": [{"task": task} for task in tasks]}

    return by_name(list_streams, reset, expire_session)
