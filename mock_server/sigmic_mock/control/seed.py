"""/seed: draw a project's ids and random choices from a number, so that a run can be repeated to the byte."""

from typing import Any

from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.runtime.ids import ProjectIds


def handlers(ids: ProjectIds) -> Handlers:
    """Return the handlers."""

    async def show_seed(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, "seed": ids.seed_of(call.project_id)}

    async def change_seed(call: ControlCall) -> dict[str, Any]:
        ids.seed(call.project_id, call.body["seed"])
        return await show_seed(call)

    return by_name(show_seed, change_seed)
